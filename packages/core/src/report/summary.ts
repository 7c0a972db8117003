import type { JsonObject } from '../json.js';
import type { Histogram } from '../locust/histogram.js';
import type { Sample } from '../run/events.js';

/** PASS: every threshold held. FAIL: one broke. INVALID: the measurement cannot be trusted. */
export type Verdict = 'PASS' | 'FAIL' | 'INVALID';

/** What a run found: `summary.json`. New members may be added; a change of meaning raises the version. */
export interface RunReport {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly runId: string;
  readonly verdict: Verdict;
  /** Why the verdict is what it is, one sentence each; for PASS too. */
  readonly reasons: readonly string[];
  /** INVALID only: the same reasons, with the rule behind each. */
  readonly problems?: readonly Problem[] | undefined;
  /** Rules that were broken and tolerated: they would have made the run INVALID. */
  readonly warnings?: readonly Problem[] | undefined;
  /** True when the user stopped the run. The verdict is then INVALID. */
  readonly aborted: boolean;
  readonly target: {
    readonly kind: string;
    readonly host: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly fleet: { readonly kind: string; readonly workers: number };
  /** What the one request before the load showed; absent when the target makes none. */
  readonly preflight?: PreflightSummary | undefined;
  /** UTC, ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Measured length of the load, in seconds. */
  readonly loadSeconds: number;
  /**
   * Seconds at its start that are left out of every figure but the series. Absent: all of it was judged.
   */
  readonly warmUpSeconds?: number | undefined;
  readonly thresholds: readonly ThresholdResult[];
  readonly total: RequestSummary;
  /** By request name. */
  readonly requests: readonly RequestSummary[];
  readonly errors: readonly ErrorSummary[];
  /** What the target counts beside the requests, for instance cache hits; absent when it counts nothing. */
  readonly counters?: Readonly<Record<string, number>>;
  /** What became of the arrivals; only with an arrival rate. */
  readonly arrivals?: ArrivalSummary | undefined;
  /** How the load generator itself did; absent when its runtime told nothing. */
  readonly generator?: GeneratorSummary | undefined;
  readonly series: readonly Sample[];
  /** Times of all requests, as in `total`: pairs of milliseconds and count, sorted. */
  readonly distribution: Histogram;
  /** The same of their service times; only with an arrival rate. */
  readonly serviceDistribution?: Histogram | undefined;
  /** The configuration, resolved, secrets redacted. */
  readonly configuration: JsonObject;
  readonly bundleDigest: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Absolute path of the results folder at the time of the run. */
  readonly resultsDirectory: string;
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
  readonly count: number;
  readonly failures: number;
  /** Failures ÷ requests, 0 to 1. */
  readonly failureRate: number;
  readonly requestsPerSecond: number;
  /** Service times; only with an arrival rate. */
  readonly service?: Latencies | undefined;
  /** Mean size of an answer's body. */
  readonly averageBytes: number;
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
  /** `ms`, `requests/s`, `requests` or `` for a plain ratio. */
  readonly unit: string;
}

/** One kind of failure, with what to do about it. */
export interface ErrorSummary {
  readonly method: string;
  readonly name: string;
  readonly error: string;
  readonly occurrences: number;
  readonly hint?: string;
}
