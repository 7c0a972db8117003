import type { Budget, Capacity, Cause, Forecast, Level, SearchEnd, SearchResult, Spent } from './contract.js';
import type { MeasuredTier } from './objectives.js';

/** What a calibration found: `calibration.json`. Rates in requests a second, times in milliseconds. */
export interface Calibration {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly id: string;
  readonly target: { readonly kind: string; readonly host: string };
  readonly fleet: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** `FOUND`: every tier has an interval with two limits. `INVALID`: the generator ended the search. Otherwise `OPEN`. */
  readonly outcome: 'FOUND' | 'OPEN' | 'INVALID';
  readonly tiers: readonly { readonly name: string; readonly conditions: readonly string[] }[];
  readonly capacities: readonly Capacity[];
  /** Of the intervals. */
  readonly confidence: number;
  readonly precision: number;
  readonly levels: readonly Level[];
  readonly causes: readonly Cause[];
  /** The resource of the service that was used most at the highest level that held; null: not observed. */
  readonly limitingResource: string | null;
  readonly budget: Budget;
  readonly spent: Spent;
  readonly forecast: Forecast;
  readonly end: SearchEnd;
  readonly resultsDirectory: string;
}

/** What a calibration is called, and what it was asked for. */
export interface CalibrationFacts extends Pick<
  Calibration,
  'name' | 'id' | 'target' | 'fleet' | 'budget' | 'precision'
> {
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly tiers: readonly MeasuredTier[];
  readonly directory: string;
}

/** The result of a search, as it is written. */
export function calibrationOf(found: SearchResult, facts: CalibrationFacts): Calibration {
  const { capacities, confidence, levels, causes, spent, end, forecast, trials } = found;
  const { startedAt, endedAt, tiers, directory, ...named } = facts;
  const isFound = capacities.every(({ interval: [lower, upper] }) => lower > 0 && upper !== null);
  return {
    schemaVersion: 1,
    ...named,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    outcome: isFound ? 'FOUND' : end === 'generator' ? 'INVALID' : 'OPEN',
    tiers: tiers.map(({ name, conditions }) => ({ name, conditions: conditions.map(({ text }) => text) })),
    ...{ capacities, confidence, levels, causes },
    limitingResource: limitingResource(trials),
    ...{ spent, forecast, end },
    resultsDirectory: directory,
  };
}

function limitingResource(trials: SearchResult['trials']): string | null {
  const [most] = trials
    .flatMap(({ resources }) => Object.entries(resources ?? {}))
    .sort(([, one], [, other]) => other - one);
  return most?.[0] ?? null;
}
