import { capacitiesOf, classesOf, conditionsOf } from './capacities.js';
import { findCauses } from '../causes.js';
import type {
  Capacity,
  Forecast,
  Measurer,
  RecordedTrial,
  SearchEnd,
  SearchOptions,
  SearchResult,
  Spent,
  TrialPurpose,
} from '../contract.js';
import { describeLevel, poolLevels } from './levels.js';
import { forecastOf, secondsLeft, trialLength } from '../plan.js';
import { backlogSlope } from './slope.js';
import { clearly, isBroken, nextLevel } from './steer.js';
import { percentile } from '../../locust/histogram.js';

/**
 * Finds the highest rates at which the tiers hold: doubles the rate until they break, narrows the bracket by short trials, and
 * repeats trials beside the estimate until the intervals are as narrow as wanted or the budget is spent.
 *
 * A pure search: it knows of the service what `measure` answers, and has no clock of its own.
 */
export async function searchCapacity(measurer: Measurer, options: SearchOptions): Promise<SearchResult> {
  return new Search(measurer, options).carryOut();
}

class Search {
  readonly #measurer: Measurer;
  readonly #options: SearchOptions;
  readonly #trials: RecordedTrial[] = [];
  /** Of the search that was interrupted, not yet taken over. */
  readonly #earlier: RecordedTrial[];
  readonly #signal: AbortSignal;
  #capacities: readonly Capacity[];
  #forecast: Forecast;
  #restSeconds = 0;

  constructor(measurer: Measurer, options: SearchOptions) {
    this.#measurer = measurer;
    this.#options = options;
    this.#earlier = [...(options.earlier ?? [])];
    this.#signal = options.signal ?? new AbortController().signal;
    this.#capacities = capacitiesOf([], options.tiers, options.confidence);
    this.#forecast = forecastOf(options);
  }

  async carryOut(): Promise<SearchResult> {
    await this.#tell(this.#forecast);
    const end = (await this.#warmUp()) ?? (await this.#steer());
    return this.#result(this.#signal.aborted ? 'aborted' : end);
  }

  async #warmUp(): Promise<SearchEnd | undefined> {
    const { warmUpSeconds, startRate } = this.#options;
    if (warmUpSeconds <= 0) return undefined;
    const trial = await this.#try('warm-up', startRate, { seconds: warmUpSeconds, skipSeconds: 0 });
    return trial ? undefined : 'budget';
  }

  async #steer(): Promise<SearchEnd> {
    const totalSeconds = this.#options.budget.seconds;
    for (;;) {
      const next = nextLevel(this.#trials, this.#capacities, this.#forecast, this.#options);
      if ('end' in next) return next.end;
      const { purpose, rate } = next;
      if (purpose === 'refine' && this.#forecast.rate === undefined) {
        this.#forecast = forecastOf(this.#options, rate);
        await this.#tell(this.#forecast);
        // Where the budget gives less, the trials lie farther from the estimate.
        continue;
      }
      const kind = purpose === 'refine' ? 'refine' : 'bracket';
      const trial = await this.#try(
        purpose,
        rate,
        trialLength(kind, rate, { totalSeconds, fillSeconds: this.#fillSeconds() }),
      );
      if (!trial) return 'budget';
    }
  }

  /** Makes one trial. @returns undefined when the budget or the caller ends the search. */
  async #try(
    purpose: TrialPurpose,
    rate: number,
    length: { seconds: number; skipSeconds: number },
  ): Promise<RecordedTrial | undefined> {
    const trial = this.#earlier.shift() ?? (await this.#measure(purpose, rate, length));
    if (!trial) return undefined;
    this.#trials.push(trial);
    const { tiers, confidence, onEvent } = this.#options;
    this.#capacities = capacitiesOf(poolLevels(this.#trials), tiers, confidence);
    await onEvent?.({
      type: 'trial',
      trial,
      progress: { spent: this.#spent(), capacities: this.#capacities },
    });
    return trial;
  }

  async #measure(
    purpose: TrialPurpose,
    rate: number,
    { seconds: wanted, skipSeconds }: { seconds: number; skipSeconds: number },
  ): Promise<RecordedTrial | undefined> {
    if (this.#signal.aborted) return undefined;
    const restSeconds = this.#restSeconds;
    const left = Math.floor(secondsLeft(rate, this.#options, this.#spent()) - restSeconds);
    const seconds = Math.min(wanted, left);
    if (seconds < Math.min(wanted, skipSeconds + 2)) return undefined;
    const enough = new AbortController();
    const fillSeconds = this.#fillSeconds();
    await this.#options.onEvent?.({ type: 'trial-started', purpose, rate, seconds });
    const trial = await this.#measurer.measure({
      ...{ rate, seconds, skipSeconds, restSeconds },
      signal: AbortSignal.any([enough.signal, this.#signal]),
      onSeconds: (soFar) => {
        if (backlogSlope(soFar, fillSeconds).grows) enough.abort();
      },
    });
    // What the caller ended says nothing for certain.
    if (this.#signal.aborted) return undefined;
    const overloaded = trial.invalid.length === 0 && backlogSlope(trial.seconds, fillSeconds).grows;
    this.#restSeconds = restAfter(trial);
    return { ...trial, purpose, skipSeconds, overloaded };
  }

  /** How long requests take: the p99 of the highest level that held, in seconds. */
  #fillSeconds(): number {
    const { tiers } = this.#options;
    const held = poolLevels(this.#trials).filter((level) => {
      let first = 0;
      return tiers.every((tier) => {
        first += tier.conditions.length;
        return !isBroken(level, tier, first - tier.conditions.length, clearly);
      });
    });
    return (percentile(held.at(-1)?.trials.at(-1)?.times ?? [], 0.99) ?? 0) / 1000;
  }

  #spent(): Spent {
    const seconds = this.#trials.reduce((sum, trial) => sum + trial.spentSeconds, 0);
    const requests = this.#trials.reduce((sum, trial) => sum + trial.requests, 0);
    const { prices } = this.#options;
    if (!prices) return { seconds, requests };
    const { usDollarsPerHour, usDollarsPerRequest, usDollarsBefore = 0 } = prices;
    return {
      seconds,
      requests,
      usDollars: usDollarsBefore + (seconds / 3600) * usDollarsPerHour + requests * usDollarsPerRequest,
    };
  }

  async #tell(forecast: Forecast): Promise<void> {
    await this.#options.onEvent?.({ type: 'forecast', forecast });
  }

  #result(end: SearchEnd): SearchResult {
    const { tiers, confidence } = this.#options;
    const conditions = conditionsOf(tiers);
    const valid = poolLevels(this.#trials).map((level) =>
      describeLevel(level, conditions, classesOf(level, this.#capacities), []),
    );
    const tried = new Set(valid.map(({ rate }) => rate));
    const invalid = this.#trials
      .filter((trial) => trial.invalid.length > 0 && !tried.has(trial.rate))
      .map((trial) =>
        describeLevel(
          { rate: trial.rate, trials: [trial], overloaded: false },
          conditions,
          tiers.map(() => 'invalid' as const),
          trial.invalid,
        ),
      );
    return {
      capacities: this.#capacities,
      confidence,
      levels: [...valid, ...invalid].sort((one, other) => one.rate - other.rate),
      causes: findCauses(this.#trials, this.#capacities, tiers),
      spent: this.#spent(),
      end,
      forecast: this.#forecast,
      trials: this.#trials,
    };
  }
}

/** How long a service needs for the requests that it still has: at the speed that it showed. In seconds. */
function restAfter({ seconds, backlog }: Pick<RecordedTrial, 'seconds' | 'backlog'>): number {
  if (backlog <= 0 || seconds.length === 0) return 0;
  const perSecond = seconds.reduce((sum, { ended }) => sum + ended, 0) / seconds.length;
  return perSecond === 0 ? seconds.length : Math.ceil(backlog / perSecond);
}
