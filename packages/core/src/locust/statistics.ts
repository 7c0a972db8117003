import type { ClockOffset } from '../clock.js';
import type { LoadPlan } from '../load/plan.js';
import type { Histogram } from './histogram.js';

/**
 * The master's statistics, as `loadwright_runtime` serves them on `GET /loadwright/statistics`: the merged figures of all
 * workers, cumulative for a test. They are Loadwright's own: nothing that is done to Locust's statistics changes them.
 */
export interface MasterStatistics {
  readonly version: 2;
  /** Locust's own state: ready, spawning, running, cleanup, stopping, stopped, missing. */
  readonly state: string;
  /** The master's clock, Unix time in seconds. */
  readonly time: number;
  readonly userCount: number;
  readonly workers: readonly WorkerStatistics[];
  /** Every metric that was declared or recorded, the built-in ones included, by name. */
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  /** All requests, those without a name and what belongs to the run as a whole included. */
  readonly total: RequestStatistics;
  readonly requests: readonly RequestStatistics[];
  readonly errors: readonly ErrorStatistics[];
  readonly exceptions: readonly ExceptionStatistics[];
  readonly failureSamples: readonly FailureSample[];
  readonly inFlight: InFlight;
  /** How late the workers' event loops turned, in milliseconds. */
  readonly lag: Histogram;
  /**
   * What is counted beside the requests, of all workers; a name that never came up is absent. Of the generator: `late`,
   * `retried_idle` (sent again because the server had closed an idle connection), `tls_resumed`, `unasked` (connections over which
   * came an answer that no request had asked for). All else is the target's.
   */
  readonly counters: Readonly<Record<string, number>>;
  /** What was done to this test, oldest first. */
  readonly events: readonly TestEvent[];
  /** The test that runs, or ran last; absent before the first. */
  readonly test?: TestStatistics | undefined;
  /** The work that comes before a worker is ready. */
  readonly setUp: SetUp;
  /** Present when this version of Locust is not one that Loadwright is tested with: a sentence. */
  readonly versionWarning?: string | undefined;
  /** Reports that no worker of this master sends, or that came twice: they were refused, and change no figure. */
  readonly refusedReports: number;
  /** Reports of workers that never came: what they reported is in no figure. */
  readonly missingReports: number;
  readonly locustVersion: string;
  readonly pythonVersion: string;
}

/** How values of a metric are put together: all of them, their sum, or the share of hits. */
export type MetricKind = 'trend' | 'counter' | 'rate';

/** What a metric is. */
export interface MetricDefinition {
  readonly kind: MetricKind;
  /** `ms` for times; empty for a plain number. */
  readonly unit: string;
  /** What it measures, in one line; may be empty. */
  readonly description: string;
}

/** Who or what ended a test. */
export type TestEnd = 'duration' | 'stop' | 'workers-lost' | 'other';

/** One test on the fleet. Times are Unix seconds of the master's clock. */
export interface TestStatistics {
  /** Counts the tests of a master, from 1: it distinguishes them. */
  readonly number: number;
  readonly startedAt: number;
  /** When the master ends it by itself; absent when it does not. */
  readonly endsAt?: number | undefined;
  /** When no request began any more; absent while it runs. */
  readonly endedAt?: number | undefined;
  /** When every worker had handed over its last figures, the grace period over; absent before. */
  readonly settledAt?: number | undefined;
  readonly endedBy?: TestEnd | undefined;
  /** The id of the run that judges it; absent when nobody does. */
  readonly runId?: string | undefined;
  /** What it carries out. */
  readonly load: LoadPlan;
}

/** Requests that were due or begun and have not ended. */
export interface InFlight {
  readonly count: number;
  readonly oldestSeconds: number;
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
  readonly inFlight: number;
  readonly oldestSeconds: number;
}

/** The values of a trend, in the metric's unit. */
export interface TrendStatistics {
  readonly count: number;
  readonly sum: number;
  /** Null for no values. */
  readonly minimum: number | null;
  readonly maximum: number;
  readonly histogram: Histogram;
}

/** How often something that was checked was so: `hits` of `total`. */
export interface RateStatistics {
  readonly hits: number;
  readonly total: number;
}

/**
 * The statistics of one request name, or of all: `due = succeeded + failed + dropped + in flight`. A request belongs to
 * the second in which it was due, and has one outcome.
 */
export interface RequestStatistics {
  readonly method: string;
  readonly name: string;
  /** Became due (open model), or was begun by a user (closed model). */
  readonly due: number;
  /** Its first byte was handed to the kernel. */
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Open model only: never sent for want of room. It has no name, so only the total counts it. */
  readonly dropped: number;
  /** Size of all answers' bodies. */
  readonly bytes: number;
  /** Of requests and of answers, heads included, without what TLS adds. Absent: a runtime of an earlier version. */
  readonly bytesSent?: number | undefined;
  readonly bytesReceived?: number | undefined;
  /**
   * How the requests ended, each in one: by the status code of its answer or, where there was no whole answer, by the kind of its
   * failure; `other` for what is beyond 100 different ones. Absent: a runtime of an earlier version.
   */
  readonly codes?: Readonly<Record<string, number>> | undefined;
  /** By the metric's name. */
  readonly trends: Readonly<Record<string, TrendStatistics>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly rates: Readonly<Record<string, RateStatistics>>;
}

/** What a request can fail by. */
export const failureKinds = [
  'connect',
  'tls',
  'timeout',
  'reset',
  'protocol',
  'status',
  'throttled',
  'check',
  'stream',
  'extract',
  'size',
  'payload',
  'credentials',
  'target',
  'unfinished',
] as const;

/** Failures of one kind, name and text. */
export interface ErrorStatistics {
  readonly method: string;
  readonly name: string;
  /** One of {@link failureKinds}, or one of a later version. */
  readonly kind: string;
  readonly error: string;
  readonly occurrences: number;
}

/** One exception that reached Locust's own list. */
export interface ExceptionStatistics {
  readonly message: string;
  readonly count: number;
  /** Ids of the workers that raised it. */
  readonly nodes: readonly string[];
}

/** One failure in full. What it holds of the answer and of the request is redacted and cut. */
export interface FailureSample {
  readonly method: string;
  readonly name: string;
  readonly kind: string;
  readonly error: string;
  /** Unix time in seconds. */
  readonly time: number;
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The beginning of the answer's body. */
  readonly body?: string | undefined;
  /** The row of the payloads that it was made from, from 1. */
  readonly requestRow?: number | undefined;
  /** The id that it carried, by which the service's own logs know it. */
  readonly requestId?: string | undefined;
  /** How long it took. */
  readonly seconds: number;
}

/** Something that was done, or that happened, to a test. */
export interface TestEvent {
  /** Unix time in seconds. */
  readonly time: number;
  /** `reset`, `edit`, `stop`, `start`, `scale`, `worker-lost`, … */
  readonly action: string;
  /** False when it was refused. */
  readonly accepted: boolean;
  /** Who or what, in a sentence. */
  readonly detail: string;
  /** Of `scale`: how many workers there are to be from then on. */
  readonly workers?: number | undefined;
}

/** The progress of the work before the workers are ready. */
export interface SetUp {
  readonly done: boolean;
  readonly workers: readonly {
    readonly id: string;
    /** What it does. */
    readonly text: string;
    /** 0 to 1. */
    readonly fraction: number;
  }[];
}
