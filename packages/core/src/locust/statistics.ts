import type { ClockOffset } from '../clock.js';
import type { LoadPlan } from '../load/plan.js';
import type { Histogram } from './histogram.js';

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
  /**
   * What is counted beside the requests, of all workers; a name that never came up is absent. Of the generator:
   * `arrivals` (requests that were due), `late` and `dropped` ones, `retried_idle` (sent again because the server had
   * closed an idle connection), `interrupted` (under way when the load stopped), `tls_resumed`. All else is the target's.
   */
  readonly counters?: Readonly<Record<string, number>> | undefined;
  /** What came before a request was sent. A request that needed no new connection has no `connect` and no `tls`. */
  readonly phases?: PhaseHistograms | undefined;
  /** How late the workers' event loops turned, in milliseconds. */
  readonly lag?: Histogram | undefined;
  /** The test that runs, or ran last; absent before the first. */
  readonly test?: TestStatistics | undefined;
  readonly locustVersion: string;
  readonly pythonVersion: string;
}

/** One test on the fleet. Times are Unix seconds of the master's clock. */
export interface TestStatistics {
  readonly startedAt: number;
  /** When the master ends it by itself; absent when it does not. */
  readonly endsAt?: number | undefined;
  /** Absent while it runs. */
  readonly endedAt?: number | undefined;
  /** What it carries out. */
  readonly load: LoadPlan;
}

/** Times before a request was sent, of all requests, in milliseconds. */
export interface PhaseHistograms {
  readonly connect?: Histogram | undefined;
  readonly tls?: Histogram | undefined;
  /** Until a connection was free, or made. */
  readonly wait?: Histogram | undefined;
}

/** One worker as the master sees it. */
export interface WorkerStatistics {
  readonly id: string;
  readonly state: string;
  readonly userCount: number;
  /** Percent of one core. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  /** How far the service's clock is ahead of the worker's, by the `Date` of an answer; absent before one had it. */
  readonly clockOffset?: ClockOffset | undefined;
}

/** The statistics of one request name, or of all. */
export interface RequestStatistics {
  readonly method: string;
  readonly name: string;
  /** Requests that ended, failures included. */
  readonly count: number;
  readonly failures: number;
  /** Sum of all service times, in milliseconds. */
  readonly totalMilliseconds: number;
  /** Null before the first answer. */
  readonly minimumMilliseconds: number | null;
  readonly maximumMilliseconds: number;
  readonly totalBytes: number;
  /** Service times: from the first byte that is handed to the kernel to the last byte of the answer. */
  readonly histogram: Histogram;
  /** Open model only, response times: from when the request was due to the last byte of the answer. */
  readonly responseHistogram?: Histogram | undefined;
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
