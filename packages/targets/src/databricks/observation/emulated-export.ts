/** What the emulator knows of a request that it served. */
interface Served {
  /** On the clock of `performance.now`. */
  readonly at: number;
  /** From the head of the request to the answer, in milliseconds. */
  readonly latency: number;
}

/** The export of an endpoint's metrics: of the last minute, and of its histograms since the start. */
export class EmulatedExport {
  readonly #endpointName: string;
  readonly #concurrency: number;
  readonly #serviceMilliseconds: number;
  readonly #units: () => ReadonlyMap<string, number>;
  readonly #served: Served[] = [];
  #count = 0;
  #latency = 0;
  #waited = 0;

  /** @param units Of provisioned concurrency, by served entity. */
  constructor(
    endpointName: string,
    concurrency: number,
    serviceSeconds: number,
    units: () => ReadonlyMap<string, number>,
  ) {
    this.#units = units;
    this.#endpointName = endpointName;
    this.#concurrency = concurrency;
    this.#serviceMilliseconds = serviceSeconds * 1000;
  }

  record(latency: number): void {
    const at = performance.now();
    this.#served.push({ at, latency });
    while (this.#served[0] && this.#served[0].at < at - 60_000) this.#served.shift();
    this.#count += 1;
    this.#latency += latency;
    this.#waited += Math.max(0, latency - this.#serviceMilliseconds);
  }

  text(): string {
    const now = performance.now();
    const last = this.#served.filter(({ at }) => at >= now - 60_000);
    const use = Math.min(100, (100 * last.length * this.#serviceMilliseconds) / (60_000 * this.#concurrency));
    const units = [...this.#units()];
    const labelsOf = (entity: string) =>
      `{endpoint_name="${this.#endpointName}",served_entity_name="${entity}"}`;
    // All requests count for the first: no traffic is divided here.
    const labels = labelsOf(units[0]?.[0] ?? 'emulated-1');
    const gauge = (name: string, value: number) => [`# TYPE ${name} gauge`, `${name}${labels} ${value}`];
    const histogram = (name: string, sum: number) => [
      `# TYPE ${name} histogram`,
      `${name}_bucket${labels.replace('}', ',le="+Inf"}')} ${this.#count}`,
      `${name}_sum${labels} ${sum}`,
      `${name}_count${labels} ${this.#count}`,
    ];
    return [
      ...gauge('cpu_usage_percentage', use),
      ...gauge('mem_usage_percentage', 20 + use / 10),
      '# TYPE provisioned_concurrent_requests_total gauge',
      ...units.map(([entity, value]) => `provisioned_concurrent_requests_total${labelsOf(entity)} ${value}`),
      ...gauge('request_count_total', last.length),
      ...gauge('request_4xx_count_total', 0),
      ...gauge('request_5xx_count_total', 0),
      ...histogram('request_latency_ms', this.#latency),
      ...histogram('model_queue_time_ms', this.#waited),
      ...histogram('model_prediction_latency_ms', this.#latency - this.#waited),
      '# EOF\n',
    ].join('\n');
  }
}
