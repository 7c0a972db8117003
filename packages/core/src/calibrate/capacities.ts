import { boundsOf, type ConditionBounds } from './bounds.js';
import type { Capacity, Condition, LevelClass, Tier } from './contract.js';
import type { PooledLevel } from './levels.js';

/** The conditions of all tiers, in the order of the tallies. */
export const conditionsOf = (tiers: readonly Tier[]): Condition[] =>
  tiers.flatMap(({ conditions }) => conditions);

/** The capacity of each tier: where the first of its conditions begins to break. */
export function capacitiesOf(
  levels: readonly PooledLevel[],
  tiers: readonly Tier[],
  confidence: number,
): Capacity[] {
  let index = 0;
  return tiers.map(({ name, conditions }) => {
    const bounds = conditions.map((condition) => boundsOf(levels, condition, index++, confidence));
    return together(name, conditions, bounds);
  });
}

function together(
  tier: string,
  conditions: readonly Condition[],
  bounds: readonly ConditionBounds[],
): Capacity {
  const least = (pick: (bound: ConditionBounds) => number | null) =>
    Math.min(...bounds.map((bound) => pick(bound) ?? Infinity));
  const orNull = (value: number) => (value === Infinity ? null : value);
  const estimate = orNull(least((bound) => bound.estimate));
  const lower = Math.min(...bounds.map((bound) => bound.lower));
  const upper = orNull(least((bound) => bound.upper));
  const provenLower = Math.min(...bounds.map((bound) => bound.provenLower ?? 0));
  const first = bounds.findIndex((bound) => bound.estimate !== null && bound.estimate === estimate);
  return {
    tier,
    estimate,
    // Another condition may end below the estimate of this one.
    interval: [upper === null ? lower : Math.min(lower, upper), upper],
    proven: {
      lower: provenLower === 0 ? null : provenLower,
      upper: orNull(least((bound) => bound.provenUpper)),
    },
    width: upper === null ? null : (upper - Math.min(lower, upper)) / ((upper + lower) / 2),
    brokenBy: first < 0 ? null : conditions[first]!.text,
  };
}

/** What a level is for each tier. */
export function classesOf({ rate }: PooledLevel, capacities: readonly Capacity[]): LevelClass[] {
  return capacities.map(({ proven }) => {
    if (proven.lower !== null && rate <= proven.lower) return 'lower';
    return proven.upper !== null && rate >= proven.upper ? 'upper' : 'undecided';
  });
}
