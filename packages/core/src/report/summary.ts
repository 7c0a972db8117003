import type { JsonObject } from '../json.js';
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
  /** True when the user stopped the run. The verdict is then INVALID. */
  readonly aborted: boolean;
  readonly target: {
    readonly kind: string;
    readonly host: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly fleet: { readonly kind: string; readonly workers: number };
  /** UTC, ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Measured length of the load, in seconds. */
  readonly loadSeconds: number;
  readonly thresholds: readonly ThresholdResult[];
  readonly total: RequestSummary;
  /** By request name. */
  readonly requests: readonly RequestSummary[];
  readonly errors: readonly ErrorSummary[];
  /** What the target counts beside the requests, for instance cache hits; absent when it counts nothing. */
  readonly counters?: Readonly<Record<string, number>>;
  readonly series: readonly Sample[];
  /** Response times of all requests: pairs of milliseconds and count, sorted. */
  readonly distribution: readonly (readonly [milliseconds: number, count: number])[];
  /** The configuration, resolved, secrets redacted. */
  readonly configuration: JsonObject;
  readonly bundleDigest: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Absolute path of the results folder at the time of the run. */
  readonly resultsDirectory: string;
}

/** The figures of one request name, or of all. Times in milliseconds. */
export interface RequestSummary {
  readonly method: string;
  readonly name: string;
  readonly count: number;
  readonly failures: number;
  /** Failures ÷ requests, 0 to 1. */
  readonly failureRate: number;
  readonly requestsPerSecond: number;
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly median: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
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
