import type { Histogram } from '../locust/histogram.js';

/**
 * One condition of an objective, as a ratio that is held against a limit: `p(95)<200` is the share of requests that take
 * 200 ms or longer, against 5 %; `rate<0.01` is failed requests ÷ ended ones, against 1 %.
 */
export interface Condition {
  /** As written, with its metric: `http_req_duration p(95)<200`. */
  readonly text: string;
  /** What the ratio must stay below, or above. */
  readonly limit: number;
  /** `below`: the condition breaks when the ratio grows. */
  readonly holds: 'below' | 'above';
  /** `latency`: a time of requests. `errors`: failures or drops. `other`: anything else. */
  readonly kind: 'latency' | 'errors' | 'other';
  /** The ratio is a share of requests, 0 to 1. */
  readonly isShare: boolean;
}

/** Conditions that have to hold together. A calibration finds the capacity of each tier. */
export interface Tier {
  /** As people call it; the conditions as written where nobody named it. */
  readonly name: string;
  readonly conditions: readonly Condition[];
}

/** What one condition counted: its ratio is `sum ÷ weight`. */
export interface Tally {
  readonly sum: number;
  readonly weight: number;
}

/** One second of a trial. */
export interface TrialSecond {
  /** One for each condition of all tiers, in their order: of the requests that were due in this second. */
  readonly tallies: readonly Tally[];
  /** Requests that were due in this second. */
  readonly due: number;
  /** Requests that ended in this second, whenever they were due. */
  readonly ended: number;
  /** Requests that are due or under way at the end of this second. */
  readonly inFlight: number;
}

/** What a trial is asked for. */
export interface TrialRequest {
  /** Requests a second. */
  readonly rate: number;
  /** Length of the load, `skipSeconds` included. */
  readonly seconds: number;
  /** Seconds at the start that are not judged: the service takes up the rate. */
  readonly skipSeconds: number;
  /** What the service needs to be idle again after the trial before, in seconds; without a load. */
  readonly restSeconds: number;
  /** Ends the trial early: what was measured so far is its result. */
  readonly signal: AbortSignal;
  /** To be called at the end of each second of the load, with those so far. */
  readonly onSeconds: (seconds: readonly Pick<TrialSecond, 'due' | 'ended' | 'inFlight'>[]) => void;
}

/** What a trial measured. */
export interface Trial {
  readonly rate: number;
  /** All seconds of the load in order, those that are not judged included. */
  readonly seconds: readonly TrialSecond[];
  /** Response times of the judged requests, in milliseconds. */
  readonly times: Histogram;
  /** Judged requests that failed, and that ended. */
  readonly failed: number;
  readonly ended: number;
  /** Requests that were sent, over the whole trial. */
  readonly requests: number;
  /** From the wish to the last answer, the rest before it included, in seconds. */
  readonly spentSeconds: number;
  /** Requests that the service still has when the trial is over: it was not waited for them. */
  readonly backlog: number;
  /** Why the generator did not offer this rate, a sentence each. Such a trial says nothing about the service. */
  readonly invalid: readonly string[];
  /** Share of the failed ones that the service refused for want of room, with 429 or 503. Absent: it is not known. */
  readonly refusedShare?: number;
  /** Instances of the service that were observed meanwhile, on average; and what waited in its queue. Absent: not observed. */
  readonly instances?: number;
  readonly queuedRequests?: number;
  /** How long requests waited there, in seconds. */
  readonly queuedSeconds?: number;
  /** Highest use of the service's resources that was observed, 0 to 1, by name. Empty: not observed. */
  readonly resources?: Readonly<Record<string, number>>;
}

/** Carries out trials. */
export interface Measurer {
  measure(request: TrialRequest): Promise<Trial>;
}

/** What a trial was for. */
export type TrialPurpose = 'warm-up' | 'bracket' | 'narrow' | 'refine';

/** A trial with what the search made of it. */
export interface RecordedTrial extends Trial {
  readonly purpose: TrialPurpose;
  readonly skipSeconds: number;
  /** It was stopped, because the backlog grew: the service does not hold this rate. */
  readonly overloaded: boolean;
}

/** What a calibration may spend. What is absent is not limited. */
export interface Budget {
  readonly seconds: number;
  readonly requests?: number;
  readonly usDollars?: number;
}

/** What has been spent. */
export interface Spent {
  readonly seconds: number;
  readonly requests: number;
  /** Absent: the price of the fleet is not known, or nothing has a price. */
  readonly usDollars?: number;
}

/** What things cost. */
export interface Prices {
  /** Of the fleet and of what else runs for the time. */
  readonly usDollarsPerHour: number;
  /** Of one request to the service. */
  readonly usDollarsPerRequest: number;
  /** What was spent before the first trial: the fleet while it started. Default 0. */
  readonly usDollarsBefore?: number;
}

/** How a search is carried out. */
export interface SearchOptions {
  readonly tiers: readonly Tier[];
  /** The rate of the first trial, in requests a second. */
  readonly startRate: number;
  /** No trial has a higher rate. */
  readonly highestRate: number;
  readonly budget: Budget;
  readonly prices?: Prices;
  /** Width of the interval that is wanted, as a share of its middle: 0.1 is 10 %. */
  readonly precision: number;
  /** Of the interval, for instance 0.9. */
  readonly confidence: number;
  /** Load at the first rate before anything is judged, in seconds. */
  readonly warmUpSeconds: number;
  readonly signal?: AbortSignal;
  /** Trials of an interrupted search, oldest first: it goes on from there. */
  readonly earlier?: readonly RecordedTrial[];
  readonly onEvent?: (event: SearchEvent) => void | Promise<void>;
}

/** What a search reports while it goes on. */
export type SearchEvent =
  | { readonly type: 'forecast'; readonly forecast: Forecast }
  | {
      readonly type: 'trial-started';
      readonly purpose: TrialPurpose;
      readonly rate: number;
      readonly seconds: number;
    }
  | { readonly type: 'trial'; readonly trial: RecordedTrial; readonly progress: SearchProgress };

/** What a budget can give. */
export interface Forecast {
  /** The estimated capacity that it is made for; absent before anything was measured. */
  readonly rate?: number;
  /** Width that is to be expected, as a share of the middle: about what half of all searches reach. Absent as long as no rate is known. */
  readonly width?: number;
  /** Width that nine of ten searches keep to; 2: perhaps nothing is proven to hold. Absent as long as no rate is known. */
  readonly atMost?: number;
  /** The lowest capacity, in requests a second, of which the budget gives the precision that was asked for, mostly. */
  readonly sufficientFrom: number;
  /**
   * Width that is to be expected of the fastest service that is tried, as a share of the middle: where no service is fast enough for the
   * precision, because requests or money end first. Absent: one is.
   */
  readonly narrowest?: number;
}

/** How far a search is. */
export interface SearchProgress {
  readonly spent: Spent;
  readonly capacities: readonly Capacity[];
}

/** The capacity of a tier, as far as it is known. Rates in requests a second. */
export interface Capacity {
  readonly tier: string;
  /**
   * Where the ratio of the condition that breaks first crosses its limit; always within {@link interval}, by the same fit. Null: no level
   * broke it, or all did.
   */
  readonly estimate: number | null;
  /** Limits of the confidence interval. Lower 0: nothing is proven to hold. Upper null: nothing is proven to break. */
  readonly interval: readonly [lower: number, upper: number | null];
  /** The highest level that is proven to hold, and the lowest that is proven to break it; null: none. */
  readonly proven: { readonly lower: number | null; readonly upper: number | null };
  /** (upper − lower) ÷ their middle; null without an upper limit. */
  readonly width: number | null;
  /** The condition that breaks first, or at all levels; null: none did. */
  readonly brokenBy: string | null;
}

/** What is known about a level: all trials of one rate. */
export interface Level {
  readonly rate: number;
  readonly trials: number;
  /** Judged, in seconds. */
  readonly seconds: number;
  readonly requests: number;
  /** One for each tier. */
  readonly classes: readonly LevelClass[];
  /** One for each condition of all tiers: the measured ratio; null: nothing was counted. */
  readonly ratios: readonly (number | null)[];
  /** In milliseconds; null without an answer. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** Failed ÷ ended. */
  readonly failed: number;
  /** Requests that ended in a second. */
  readonly throughput: number;
  /** Mean number of requests under way by Little's law: throughput × mean response time. */
  readonly concurrency: number;
  readonly overloaded: boolean;
  /** Why the generator did not offer it; empty: it did. */
  readonly invalid: readonly string[];
}

/** `lower`: proven to hold. `upper`: proven to break. */
export type LevelClass = 'lower' | 'upper' | 'undecided' | 'invalid';

/** What a search noticed about the service or the generator. */
export interface Cause {
  readonly id:
    | 'latency-before-throughput'
    | 'errors'
    | 'queue'
    | 'saturation'
    | 'slow-leak'
    | 'cold-start'
    | 'generator-too-small'
    | 'capacity-changes';
  /** A sentence with its figures. */
  readonly reason: string;
}

/** Why a search ended. */
export type SearchEnd = 'precision' | 'budget' | 'generator' | 'highest-rate' | 'nothing-holds' | 'aborted';

/** What a search found. */
export interface SearchResult {
  readonly capacities: readonly Capacity[];
  readonly confidence: number;
  /** By rate. */
  readonly levels: readonly Level[];
  readonly causes: readonly Cause[];
  readonly spent: Spent;
  readonly end: SearchEnd;
  readonly forecast: Forecast;
  readonly trials: readonly RecordedTrial[];
}
