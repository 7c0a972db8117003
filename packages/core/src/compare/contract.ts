import type { RunReport } from '../results/summary.js';
import type { Series } from '../series/index.js';

/** A run that is compared: its report, and its measurements second by second. */
export interface ComparedRun {
  readonly report: RunReport;
  readonly series: Series;
}

/** How two sides are compared. */
export interface CompareOptions {
  /** Conditions that fail the comparison: `p(95)>+5%`, `http_req_failed rate>+0.5pp`. Default: none. */
  readonly failIf?: readonly string[];
  /**
   * The smallest difference that matters, as a share of the baseline: 0.05 is 5 %; of shares a tenth of it: 0.5
   * percentage points. Default 0.05.
   */
  readonly margin?: number;
  /**
   * Standard deviation between runs of the same thing, as a share, known from earlier runs. Two single runs cannot show
   * it; without it a single run a side is not judged by {@link failIf}.
   */
  readonly runVariation?: number;
  /** Resamples of the bootstrap. Default 2,000. */
  readonly resamples?: number;
  /** Of the bootstrap: the same seed gives the same figures. Default 1. */
  readonly seed?: number;
}

/**
 * `paired`: runs that were made in turn, t-test on the differences of neighbours. `grouped`: several runs a side, not in
 * turn, t-test on two samples. `single`: one run a side, block bootstrap over the seconds of both.
 */
export type CompareMethod = 'paired' | 'grouped' | 'single';

/** What a difference is, as far as the runs show it. */
export type Conclusion = 'higher' | 'lower' | 'same' | 'undecided';

/** One figure on both sides. Differences are shares of the baseline (0.05: 5 % more), of shares: differences of both. */
export interface FigureComparison {
  /** `http_req_duration p(95)`, with the request name if it has one. */
  readonly figure: string;
  /** `ms`, `requests/s`, the unit of a metric, or `` for a share. */
  readonly unit: string;
  /** `ratio`: differences are shares of the baseline. `difference`: both are shares themselves, 0 to 1. */
  readonly scale: 'ratio' | 'difference';
  /** Geometric mean over the runs of a side, of shares the mean; null: not measured in all runs. */
  readonly baseline: number | null;
  readonly candidate: number | null;
  /** Null: it cannot be estimated, for instance because a value is 0. */
  readonly difference: number | null;
  /** Limits of the 95 % confidence interval of the difference. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly conclusion: Conclusion;
  /** Which direction is worse: `higher` for times and failures, `lower` for throughput; absent where nobody knows. */
  readonly worse?: 'higher' | 'lower';
  /** Pairs of runs that would find a difference of the margin in 9 of 10 comparisons; absent for single runs. */
  readonly pairsNeeded?: number;
}

/** The share of one status code of the requests that ended, on both sides. */
export interface CodeComparison extends FigureComparison {
  /** The status code of the answer or, without a whole answer, the kind of the failure; `figure` is the same for people. */
  readonly code: string;
}

/** A condition of {@link CompareOptions.failIf}, judged. */
export interface GateResult {
  /** As written. */
  readonly expression: string;
  readonly figure: string;
  /** False: the figure is beyond the limit, and chance does not explain it. */
  readonly passed: boolean;
  /** Null: it could not be judged. */
  readonly judged: {
    /** Probability of such a difference if the true one is exactly the limit. */
    readonly pValue: number;
    /** What it was held against: Holm's share of 2.5 %. */
    readonly level: number;
  } | null;
}

/** What a comparison found. */
export interface Comparison {
  /** INVALID: the runs cannot be compared, or a condition could not be judged. Absent: no condition was given. */
  readonly verdict?: 'PASS' | 'FAIL' | 'INVALID';
  /** Why the verdict is what it is, one sentence each. */
  readonly reasons: readonly string[];
  /** What has to be known beside the figures. */
  readonly notes: readonly string[];
  readonly method: CompareMethod;
  readonly baseline: readonly string[];
  readonly candidate: readonly string[];
  readonly margin: number;
  readonly figures: readonly FigureComparison[];
  /** How requests ended: every code that a run has. Empty: the runs are of a version that did not count them. */
  readonly codes: readonly CodeComparison[];
  readonly gates: readonly GateResult[];
}
