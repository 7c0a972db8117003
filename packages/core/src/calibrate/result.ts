import type { Budget, Capacity, Cause, Forecast, Level, SearchEnd, SearchResult, Spent } from './contract.js';
import type { ObservedService } from '../results/observed-service.js';
import { formatRatio } from '../values/format.js';
import { instancesCause } from './causes.js';
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
  /**
   * `FOUND`: every tier has an interval with two limits. `INVALID`: the generator ended the search, or the service had other numbers of
   * instances meanwhile, as it says itself. Otherwise `OPEN`.
   */
  readonly outcome: 'FOUND' | 'OPEN' | 'INVALID';
  readonly tiers: readonly { readonly name: string; readonly conditions: readonly string[] }[];
  readonly capacities: readonly Capacity[];
  /** Of the intervals. */
  readonly confidence: number;
  readonly precision: number;
  readonly levels: readonly Level[];
  readonly causes: readonly Cause[];
  /**
   * The resource of the service that was used most at the highest level that held, if that is at least seven tenths of it; else `queue`,
   * where its queue is full or most of the time is spent in it; null: none is so full, or none was observed.
   */
  readonly limitingResource: string | null;
  /** How much of each resource was used there, 0 to 1. Absent: not observed. */
  readonly resources?: Readonly<Record<string, number>>;
  /** What the service reported of itself during the trials. Absent: it was not asked. */
  readonly observed?: ObservedService;
  /** How many instances the service was to have, before the first trial and after the last; where only limits are set, the lower one. Absent: not known. */
  readonly instances?: InstancesAround;
  readonly budget: Budget;
  readonly spent: Spent;
  readonly forecast: Forecast;
  readonly end: SearchEnd;
  readonly resultsDirectory: string;
}

/** How many instances of a service there were. */
export interface InstancesAround {
  readonly before: number;
  readonly after: number;
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
  readonly observed?: ObservedService;
  readonly instances?: InstancesAround;
}

/** The result of a search, as it is written. */
export function calibrationOf(found: SearchResult, facts: CalibrationFacts): Calibration {
  const { capacities, confidence, levels, trials, spent, end, forecast } = found;
  const changed = instancesCause(trials, facts.instances);
  const causes = changed ? [changed, ...found.causes.filter(({ id }) => id !== changed.id)] : found.causes;
  const resources = resourcesAtCapacity(found);
  const { startedAt, endedAt, tiers, directory, ...named } = facts;
  const isFound = capacities.every(({ interval: [lower, upper] }) => lower > 0 && upper !== null);
  return {
    schemaVersion: 1,
    ...named,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    outcome: changed ? 'INVALID' : isFound ? 'FOUND' : end === 'generator' ? 'INVALID' : 'OPEN',
    tiers: tiers.map(({ name, conditions }) => ({ name, conditions: conditions.map(({ text }) => text) })),
    ...{ capacities, confidence, levels, causes },
    limitingResource: limitOf(resources) ?? (causes.some(({ id }) => id === 'queue') ? 'queue' : null),
    ...(resources && { resources }),
    ...{ spent, forecast, end },
    resultsDirectory: directory,
  };
}

/** The most that was used of each resource in the trials of the highest level that held; of all, where none did. */
function resourcesAtCapacity({ trials, levels }: SearchResult): Record<string, number> | undefined {
  const held = levels.findLast(({ classes }) => classes[0] === 'lower');
  const observed = trials.filter(({ rate, resources }) => resources && (!held || rate === held.rate));
  const used: Record<string, number> = {};
  for (const [name, share] of observed.flatMap(({ resources }) => Object.entries(resources!))) {
    used[name] = Math.max(used[name] ?? 0, share);
  }
  return Object.keys(used).length > 0 ? used : undefined;
}

/** What is used less does not limit: the figures of services are means of a minute, and a full resource shows as at least so much. */
const limitingShare = 0.7;

function limitOf(resources: Readonly<Record<string, number>> = {}): string | null {
  const [most] = Object.entries(resources).sort(([, one], [, other]) => other - one);
  return most && most[1] >= limitingShare ? most[0] : null;
}

/** What limits the service, as people read it. */
export function describeLimit({ limitingResource, resources = {} }: Calibration): string {
  const [most] = Object.entries(resources).sort(([, one], [, other]) => other - one);
  if (limitingResource === 'queue') return 'its queue';
  if (!most) return 'not observed';
  const used = `${most[0]}, ${formatRatio(most[1])} of it in use at the highest rate that held`;
  return limitingResource === null ? `none of those observed; used most: ${used}` : used;
}
