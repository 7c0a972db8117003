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
   * Conditions that the runs have to show: `p(95)<+5%` is "no worse than 5 %". The comparison fails when they show the contrary,
   * and is INVALID when they show neither. Default: none.
   */
  readonly require?: readonly string[];
  /**
   * The smallest difference that matters, as a share of the baseline: 0.05 is 5 %; of shares a tenth of it: 0.5
   * percentage points. Default 0.05.
   */
  readonly margin?: number;
  /**
   * Standard deviation between runs of the same thing, as a share: of the figures of earlier runs that were as long. Two single runs cannot show
   * it; without it a single run a side is not judged by {@link failIf} and {@link require}.
   */
  readonly runVariation?: number;
  /** Chance with which {@link FigureComparison.pairsNeeded} find a difference of the margin: 0.5 to below 1. Default 0.9. */
  readonly power?: number;
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

/**
 * What a difference is, as far as the runs show it. `same`: the whole interval is within the margin. `no-worse`: it may be better,
 * and is not worse by as much as the margin.
 */
export type Conclusion = 'higher' | 'lower' | 'same' | 'no-worse' | 'undecided';

/** One figure on both sides. Differences are shares of the baseline (0.05: 5 % more), of shares: differences of both. */
export interface FigureComparison {
  /** `http_req_duration p(95)`, with the request name if it has one. */
  readonly figure: string;
  /** `ms`, `requests/s`, `share` (0 to 1), the unit of a metric, or `` for a plain number. */
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
  /** Pairs of runs that would find a difference of the margin with the wanted power; absent for single runs. */
  readonly pairsNeeded?: number;
}

/** The share of one status code of the requests that ended, on both sides. */
export interface CodeComparison extends FigureComparison {
  /** The status code of the answer or, without a whole answer, the kind of the failure; `figure` is the same for people. */
  readonly code: string;
}

/** `failIf`: fails a comparison that shows it. `require`: passes only a comparison that shows it. */
export type GateKind = 'failIf' | 'require';

/** A condition of {@link CompareOptions.failIf} or {@link CompareOptions.require}, judged. */
export interface GateResult {
  readonly kind: GateKind;
  /** As written. */
  readonly expression: string;
  readonly figure: string;
  /**
   * FAIL: the figure is on the wrong side of the limit, and chance does not explain it. INVALID: it could not be judged, or the
   * runs show neither what is required nor the contrary.
   */
  readonly outcome: 'PASS' | 'FAIL' | 'INVALID';
  /** Whether the outcome is PASS. */
  readonly passed: boolean;
  /** Null: it could not be judged. */
  readonly judged: {
    /**
     * Probability of such a difference if the true one is exactly the limit; of what is required, on the side of the limit on
     * which it is.
     */
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
  /** As {@link CompareOptions.runVariation} gave it. Absent of single runs: what they show is of these two runs alone. */
  readonly runVariation?: number;
  readonly figures: readonly FigureComparison[];
  /** How requests ended: every code that a run has. Empty: the runs are of a version that did not count them. */
  readonly codes: readonly CodeComparison[];
  readonly gates: readonly GateResult[];
}
