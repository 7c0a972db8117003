import { boundsOf, type ConditionBounds } from './bounds.js';
import type { Capacity, Condition, LevelClass, Tier } from '../contract.js';
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

/**
 * A tier from its conditions, of which the first that breaks decides. Each estimate lies within the interval of its condition
 * ({@link boundsOf}), and the lowest of numbers that lie between pairs lies between the lowest ones of both sides: the estimate of
 * the tier lies within its interval. A condition that all levels broke has part in that with 0: how far the others reach beyond the
 * lowest level is no capacity.
 */
function together(
  tier: string,
  conditions: readonly Condition[],
  bounds: readonly ConditionBounds[],
): Capacity {
  const least = (pick: (bound: ConditionBounds) => number | null) =>
    Math.min(...bounds.map((bound) => pick(bound) ?? Infinity));
  const orNull = (value: number) => (value === Infinity ? null : value);
  const estimate = least((bound) => bound.estimate);
  const lower = Math.min(...bounds.map((bound) => bound.lower));
  const upper = orNull(least((bound) => bound.upper));
  const provenLower = Math.min(...bounds.map((bound) => bound.provenLower ?? 0));
  const first = bounds.findIndex((bound) => bound.estimate === estimate);
  return {
    tier,
    estimate: estimate === 0 ? null : orNull(estimate),
    interval: [lower, upper],
    proven: {
      lower: provenLower === 0 ? null : provenLower,
      upper: orNull(least((bound) => bound.provenUpper)),
    },
    width: upper === null ? null : (upper - lower) / ((upper + lower) / 2),
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
