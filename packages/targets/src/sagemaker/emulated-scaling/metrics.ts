/** What the emulator measures of itself, for CloudWatch to tell. */
export interface EmulatedInvocation {
  /** In milliseconds since 1970. */
  readonly at: number;
  /** From the head of the request until it was checked, and the cold start, in milliseconds. */
  readonly overhead: number;
  /** The rest of the time to the answer, the queue included, in milliseconds. */
  readonly latency: number;
  readonly status: number;
  /** Time of the cold start, in milliseconds; undefined: there was none. */
  readonly setup?: number | undefined;
}

/** Older ones are forgotten: a test asks within minutes. */
const keptMilliseconds = 3 * 3_600_000;

/** The invocations of an endpoint, and their figures by period. */
export class EmulatedMetrics {
  readonly #seconds = new Map<number, EmulatedInvocation[]>();
  readonly #serviceSeconds: number;
  readonly #slots: () => number;

  /**
   * @param serviceSeconds Mean time that a request keeps a slot busy.
   * @param slots How many requests are served at once.
   */
  constructor(serviceSeconds: number, slots: () => number) {
    this.#serviceSeconds = serviceSeconds;
    this.#slots = slots;
  }

  record(invocation: EmulatedInvocation): void {
    const second = Math.floor(invocation.at / 1000);
    const known = this.#seconds.get(second);
    if (known) known.push(invocation);
    else this.#seconds.set(second, [invocation]);
    for (const old of this.#seconds.keys()) {
      if (old * 1000 > invocation.at - keptMilliseconds) break;
      this.#seconds.delete(old);
    }
  }

  /**
   * Values of a metric by the beginnings of its periods, in seconds since 1970. A period without an invocation has no value, as
   * in CloudWatch.
   */
  values(
    metric: string,
    statistic: string,
    periodSeconds: number,
    from: number,
    to: number,
  ): [number, number][] {
    const values: [number, number][] = [];
    for (let begin = Math.floor(from / periodSeconds) * periodSeconds; begin < to; begin += periodSeconds) {
      const found: EmulatedInvocation[] = [];
      for (let second = begin; second < begin + periodSeconds; second += 1)
        found.push(...(this.#seconds.get(second) ?? []));
      const value = found.length === 0 ? undefined : this.#value(metric, statistic, found, periodSeconds);
      if (value !== undefined) values.push([begin, value]);
    }
    return values;
  }

  #value(
    metric: string,
    statistic: string,
    found: readonly EmulatedInvocation[],
    periodSeconds: number,
  ): number | undefined {
    const busy = (100 * found.length * this.#serviceSeconds) / (periodSeconds * this.#slots());
    switch (metric) {
      case 'Invocations':
        return found.length;
      case 'Invocation4XXErrors':
        return found.filter(({ status }) => status >= 400 && status < 500).length;
      case 'Invocation5XXErrors':
        return found.filter(({ status }) => status >= 500).length;
      case 'ModelLatency':
        return microseconds(
          found.map(({ latency }) => latency),
          statistic,
        );
      case 'OverheadLatency':
        return microseconds(
          found.map(({ overhead }) => overhead),
          statistic,
        );
      case 'ModelSetupTime':
        return microseconds(
          found.flatMap(({ setup }) => setup ?? []),
          statistic,
        );
      case 'ConcurrentRequestsPerModel':
        return found.reduce((sum, { latency }) => sum + latency / 1000, 0) / periodSeconds;
      case 'CPUUtilization':
      case 'MemoryUtilization':
        return Math.min(100, metric === 'CPUUtilization' ? busy : 20 + busy / 10);
      default:
        return undefined;
    }
  }
}

/** @param values in milliseconds */
function microseconds(values: readonly number[], statistic: string): number | undefined {
  if (values.length === 0) return undefined;
  if (statistic === 'SampleCount') return values.length;
  const sorted = values.toSorted((one, other) => one - other);
  if (statistic === 'p99') return 1000 * sorted[Math.ceil(sorted.length * 0.99) - 1]!;
  if (statistic === 'Maximum') return 1000 * sorted.at(-1)!;
  return (1000 * sorted.reduce((sum, value) => sum + value, 0)) / sorted.length;
}
