/** One point of the time series: what happened in one second. In a report a second is the workers' own. */
export interface Sample {
  /** Seconds since the load began, at the end of the second. */
  readonly elapsedSeconds: number;
  readonly users: number;
  /** Requests that ended in a second, failures included. */
  readonly requestsPerSecond: number;
  readonly failuresPerSecond: number;
  /** Requests that were due or begun and have not ended; null in reports of version 1. */
  readonly inFlight: number | null;
  /** Age of the oldest of them; null in reports of version 1. */
  readonly oldestSeconds: number | null;
  /**
   * Percentiles of the times of requests, in milliseconds; null when there were none. In a report of the requests that
   * were due in this second, live of the answers since the last sample. With an arrival rate response times, otherwise
   * service times.
   */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly workers: readonly { readonly id: string; readonly state: string; readonly cpuPercent: number }[];
  /** Totals since the load began. */
  readonly totalRequests: number;
  readonly totalFailures: number;
  /** In a report: bytes of the bodies of answers, of the requests that were due in this second. */
  readonly bytesPerSecond?: number | undefined;
  /** Bytes of requests and of answers, heads included; in a report of the requests that were due in this second. */
  readonly bytesSentPerSecond?: number | undefined;
  readonly bytesReceivedPerSecond?: number | undefined;
  /**
   * How requests ended, by the status code of the answer or, without a whole answer, by the kind of the failure: in a report
   * those that were due in this second, live those that ended, a second. Absent: none did, or the runtime is of an earlier version.
   */
  readonly codes?: Readonly<Record<string, number>> | undefined;
  /** In a report: percentiles of the time to the first byte of an answer, in milliseconds. */
  readonly firstByte?:
    { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null } | undefined;
  /** In a report: requests that were due in this second and failed, by kind. Absent: none did. */
  readonly failureKinds?: Readonly<Record<string, number>> | undefined;
  /** p99 of the workers' event-loop lag since the last sample, in milliseconds. Absent: it was not reported. */
  readonly lagP99?: number | null | undefined;
  /** What the target measured in this second, all names together, by the metric's name; in a report only. */
  readonly metrics?: Readonly<Record<string, MetricPoint>> | undefined;
  /** What happened to the service in this second, as charts mark it; in a report of a run with `--observe` only. */
  readonly marks?: readonly string[] | undefined;
  /** Only with an arrival rate. */
  readonly open?: OpenSample | undefined;
}

/** The values of a metric in one second, in its unit: of a trend, a rate or a counter. */
export type MetricPoint =
  | { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null }
  | { readonly rate: number | null }
  | { readonly perSecond: number };

/** What a sample of the open model shows besides. */
export interface OpenSample {
  /** Requests due in a second, as planned. */
  readonly offeredPerSecond: number;
  /** Totals since the load began. */
  readonly late: number;
  readonly dropped: number;
  /** Percentiles of the service times since the last sample, in milliseconds. */
  readonly service: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };
}
