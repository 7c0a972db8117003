/**
 * The master's statistics, as `loadwright_runtime` serves them on `GET /loadwright/statistics?since=<Unix seconds>`:
 * the merged numbers of all workers. Unlike Locust's `/stats/requests` it is not cached, not cut at 500 names, and
 * carries the whole histogram, so any percentile can be read.
 */
export interface MasterStatistics {
  readonly version: 1;
  /** Locust's own state: ready, spawning, running, cleanup, stopping, stopped, missing. */
  readonly state: string;
  /** The master's clock, Unix time in seconds. */
  readonly time: number;
  readonly userCount: number;
  readonly workers: readonly WorkerStatistics[];
  readonly total: RequestStatistics;
  readonly requests: readonly RequestStatistics[];
  readonly errors: readonly ErrorStatistics[];
  /** What a target counts beside the requests, of all workers; a name that never came up is absent. */
  readonly counters?: Readonly<Record<string, number>> | undefined;
  readonly locustVersion: string;
  readonly pythonVersion: string;
}

/** One worker as the master sees it. */
export interface WorkerStatistics {
  readonly id: string;
  readonly state: string;
  readonly userCount: number;
  /** Percent of one core. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

/** The statistics of one request name, or of all. */
export interface RequestStatistics {
  readonly method: string;
  readonly name: string;
  /** Requests that ended, failures included. */
  readonly count: number;
  readonly failures: number;
  /** Sum of all response times, in milliseconds. */
  readonly totalMilliseconds: number;
  /** Null before the first answer. */
  readonly minimumMilliseconds: number | null;
  readonly maximumMilliseconds: number;
  readonly totalBytes: number;
  /** Histogram: pairs of response time in milliseconds and count, sorted by time. */
  readonly histogram: readonly (readonly [milliseconds: number, count: number])[];
  /** Pairs of Unix second and requests, not before `since`. */
  readonly requestsPerSecond: readonly (readonly [second: number, count: number])[];
  /** Pairs of Unix second and failures, not before `since`. */
  readonly failuresPerSecond: readonly (readonly [second: number, count: number])[];
}

/** One kind of failure. */
export interface ErrorStatistics {
  readonly method: string;
  readonly name: string;
  readonly error: string;
  readonly occurrences: number;
}
