import type { JsonObject } from '../values/json.js';
import type { Histogram } from '../locust/histogram.js';
import type {
  ExceptionStatistics,
  FailureSample,
  MetricDefinition,
  TestEvent,
} from '../locust/statistics.js';
import type { Sample } from '../measure/sample-contract.js';
import type { ObservedService } from './observed-service.js';

/** PASS: every threshold held. FAIL: one broke. INVALID: the measurement cannot be trusted. */
export type Verdict = 'PASS' | 'FAIL' | 'INVALID';

/** What a run found: `summary.json`. New members may be added; a change of meaning raises the version. */
export interface RunReport {
  readonly schemaVersion: 2;
  readonly name: string;
  readonly runId: string;
  readonly verdict: Verdict;
  /** Why the verdict is what it is, one sentence each; for PASS too. INVALID lists broken thresholds after its own. */
  readonly reasons: readonly string[];
  /** INVALID only: why the measurement cannot be trusted, with the rule behind each reason. */
  readonly problems?: readonly Problem[] | undefined;
  /**
   * What does not change the verdict and must be known beside it: rules that were broken and tolerated, and rules that
   * only ever warn, such as `stall`.
   */
  readonly warnings?: readonly Problem[] | undefined;
  /** True when the user stopped the run. The verdict is then INVALID. */
  readonly aborted: boolean;
  readonly target: {
    readonly kind: string;
    readonly host: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  /** `id`: its fleet id; absent in reports of version 1. */
  readonly fleet: { readonly kind: string; readonly id?: string | undefined; readonly workers: number };
  /** What the one request before the load showed; absent when the target makes none. */
  readonly preflight?: PreflightSummary | undefined;
  /** Present when the load could be changed by hand while it ran. */
  readonly interactive?: true | undefined;
  /** UTC, ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Measured time in which requests became due, in seconds; the grace period at the end is not part of it. */
  readonly loadSeconds: number;
  /**
   * Whole seconds at its start that are left out of every figure but the series and the accounting. Absent: all of it
   * was judged.
   */
  readonly warmUpSeconds?: number | undefined;
  readonly thresholds: readonly ThresholdResult[];
  readonly total: RequestSummary;
  /** By request name. */
  readonly requests: readonly RequestSummary[];
  /** Kind, unit and description of each metric in {@link RequestSummary.metrics}, by name. */
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  /** The books of the whole load, warm-up included. Absent in reports of version 1. */
  readonly accounting?: Accounting | undefined;
  readonly errors: readonly ErrorSummary[];
  /** A few failures of each kind in full, secrets redacted; all of them are in `failures.jsonl`. */
  readonly failureSamples: readonly FailureSample[];
  /** What was raised in the Locust file and is no outcome of a request. */
  readonly exceptions: readonly ExceptionStatistics[];
  /** What was done to the test while it ran, for instance in Locust's web UI. */
  readonly events: readonly TestEvent[];
  /** Times in which nothing was answered although requests were in flight. */
  readonly stalls: readonly Stall[];
  /** What the target counts beside the requests, for instance cache hits; absent when it counts nothing. */
  readonly counters?: Readonly<Record<string, number>>;
  /** Names of the families of counters of which members have counted: `entry_node_*`. Absent: there are none. */
  readonly families?: readonly string[];
  /** How unevenly the members of a family of counters are spread, by its name: `entry_node_*`. */
  readonly skews?: Readonly<Record<string, FamilySkew>>;
  /** What became of the arrivals; only with an arrival rate. */
  readonly arrivals?: ArrivalSummary | undefined;
  /** How the load generator itself did; absent when its runtime reported nothing. */
  readonly generator?: GeneratorSummary | undefined;
  /** What the service reported of itself; absent when it was not asked. */
  readonly observed?: ObservedService | undefined;
  readonly series: readonly Sample[];
  /**
   * The load by request name, warm-up included: of the six names with most requests, in at most 300 intervals. Absent:
   * there was one name, or the report is of an earlier version.
   */
  readonly requestSeries?: readonly RequestSeries[] | undefined;
  /** Times of all requests, as in `total`: pairs of milliseconds and count, sorted. */
  readonly distribution: Histogram;
  /** The same of their service times; only with an arrival rate. */
  readonly serviceDistribution?: Histogram | undefined;
  /** The configuration, resolved, secrets redacted. */
  readonly configuration: JsonObject;
  readonly bundleDigest: string;
  /** SHA-256 of the payloads; absent when the target has none, and in reports of earlier versions. */
  readonly payloadsDigest?: string | undefined;
  readonly versions: Readonly<Record<string, string>>;
  /** Absolute path of the results folder at the time of the run. */
  readonly resultsDirectory: string;
  /** Files of the results that the disk did not take, by their names in the folder. Absent: all were written. */
  readonly unwritten?: readonly string[] | undefined;
}

/** What the request before the load showed, or that it was left out. */
export type PreflightSummary =
  | { readonly skipped: true }
  | {
      readonly skipped?: undefined;
      /** One line for people: what was asked and what was answered. */
      readonly summary: string;
      /** Time from sending to the last byte of the answer. */
      readonly seconds: number;
      /** How often it was sent, the last time included. */
      readonly attempts: number;
      /** How long the service took until it answered; only when it was waited for. */
      readonly coldStartSeconds?: number | undefined;
    };

/**
 * What became of every request that was due, of the whole load: `due = succeeded + failed + dropped`, and none is in
 * flight at the end. Where that does not hold the run is INVALID.
 */
export interface Accounting {
  /** Requests that became due or, in the closed model, that a user began. */
  readonly due: number;
  /** Those whose first byte was handed to the kernel. */
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Never sent, because there was no room for them; only with an arrival rate. */
  readonly dropped: number;
  /** In flight when the last figures were read. */
  readonly inFlight: number;
  /** Whether the sums agree: of outcomes, of request names, and of the seconds. */
  readonly holds: boolean;
}

/** A time in which nothing was answered. In seconds since the load began. */
export interface Stall {
  readonly from: number;
  readonly to: number;
  /** The most requests that were in flight. */
  readonly inFlight: number;
}

/** Why a measurement cannot be trusted. */
export interface Problem {
  /** `generator-cpu`; every rule is listed in the documentation of verdicts. */
  readonly rule: string;
  /** One sentence, with the evidence. */
  readonly reason: string;
}

/** The open model: requests that were due, whether earlier ones were answered or not. */
export interface ArrivalSummary {
  readonly offered: number;
  /** Sent more than 10 ms late, because too many others were on their way or the generator was busy. */
  readonly late: number;
  /** Never sent: too many others were on their way for too long. */
  readonly dropped: number;
  /** The most requests that were waiting or on their way at a sample. */
  readonly mostInFlight: number;
}

/** The generator's own doing. Times in milliseconds. */
export interface GeneratorSummary {
  /** How late the event loops of the workers turned. */
  readonly lag?: Spread | undefined;
  /** What came before a request was sent, of the requests that went through it. */
  readonly phases?: {
    readonly connect?: Spread | undefined;
    readonly tls?: Spread | undefined;
    readonly wait?: Spread | undefined;
  };
  /** Requests that were sent again because the server had closed an idle connection. */
  readonly retriedIdle: number;
}

/** A histogram in a few figures. Times in milliseconds. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly maximum: number;
}

/** Times in milliseconds. */
export interface Latencies {
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly median: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  /** Absent in reports of earlier versions. */
  readonly p999?: number | undefined;
}

/**
 * The figures of one request name, or of all. With an arrival rate the times are response times (due → answered),
 * otherwise service times (sent → answered).
 */
export interface RequestSummary extends Latencies {
  readonly method: string;
  readonly name: string;
  /** Requests that became due or, in the closed model, that a user began. */
  readonly due: number;
  /** Those whose first byte was handed to the kernel. */
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Never sent, because there was no room for them: known of all requests together only. */
  readonly dropped: number;
  /** Those that ended: succeeded and failed ones. */
  readonly count: number;
  /** Failed ÷ ended, 0 to 1. */
  readonly failureRate: number;
  /** Ended requests, divided by the seconds in which they became due; null when that was less than a second. */
  readonly requestsPerSecond: number | null;
  /** Sent again because the server had closed an idle connection. */
  readonly retried: number;
  /** Service times; only with an arrival rate. */
  readonly service?: Latencies | undefined;
  /** Mean size of an answer's body. */
  readonly averageBytes: number;
  /**
   * How the requests ended, each in one: by the status code of its answer or, without a whole answer, by the kind of its failure;
   * `other` for what is beyond 100 different ones. Absent in reports of earlier versions.
   */
  readonly codes?: Readonly<Record<string, number>> | undefined;
  /** What the target measured, by the metric's name; {@link RunReport.metrics} says its kind and unit. */
  readonly metrics: Readonly<Record<string, MetricSummary>>;
}

/** The values of a metric, in its unit. A trend has `avg`, a counter `count`, a rate `total`. */
export type MetricSummary = TrendSummary | CounterSummary | RateSummary;

/** Many values in a few figures. */
export interface TrendSummary {
  readonly count: number;
  readonly avg: number;
  readonly min: number;
  readonly med: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** A number that only grows. */
export interface CounterSummary {
  readonly count: number;
  /** A second of the judged load; null when that was less than a second. */
  readonly rate: number | null;
}

/** How unevenly requests are spread over the members of a family, such as the nodes of a ring. */
export interface FamilySkew {
  /** How many members counted anything. */
  readonly members: number;
  /** What a member counted on average. */
  readonly mean: number;
  /** The counter of the member that counted most. */
  readonly largest: { readonly name: string; readonly count: number };
  /** Largest ÷ mean: 1 is even, {@link members} is all on one. */
  readonly skew: number;
}

/** How often something that was checked was so. */
export interface RateSummary {
  /** Hits ÷ total, 0 to 1. */
  readonly rate: number;
  readonly hits: number;
  readonly total: number;
}

/** One request name over time. */
export interface RequestSeries {
  readonly method: string;
  readonly name: string;
  readonly points: readonly RequestPoint[];
}

/** What became of the requests of a name that were due in an interval. */
export interface RequestPoint {
  /** Seconds since the load began, at the end of the interval. */
  readonly elapsedSeconds: number;
  readonly requestsPerSecond: number;
  readonly failuresPerSecond: number;
  /** As `codes` of {@link Sample}, a second. */
  readonly codesPerSecond?: Readonly<Record<string, number>> | undefined;
  /** As of {@link Sample}, in milliseconds; null when there were none. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** One threshold and what was measured. */
export interface ThresholdResult {
  /** `http_req_duration`, with its tag if it has one. */
  readonly metric: string;
  /** `p(95)<200` */
  readonly expression: string;
  readonly passed: boolean;
  /** Null when there was nothing to measure; then it did not pass. */
  readonly measured: number | null;
  /** `ms`, `requests/s`, `requests`, `share` (0 to 1), the unit of a metric, or `` for a plain number. */
  readonly unit: string;
  /** Present when nobody wrote it: it applies unless another one on its metric is written. */
  readonly isDefault?: true | undefined;
  /** How many values were measured. */
  readonly over?: number | undefined;
  /** How many of them are of requests that succeeded; only of times of requests. */
  readonly succeeded?: number | undefined;
  /**
   * After so many seconds of load it did not hold, and stopped the load (`abortOnFail`). It then did not pass, even if it
   * would have held again with the requests that were in flight.
   */
  readonly stoppedAfterSeconds?: number | undefined;
}

/** One kind of failure, with what to do about it. */
export interface ErrorSummary {
  readonly method: string;
  readonly name: string;
  /** `timeout`, `status`, `check`, …; `unknown` in reports of version 1. */
  readonly kind: string;
  readonly error: string;
  readonly occurrences: number;
  readonly hint?: string;
}
