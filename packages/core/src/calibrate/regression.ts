import { deviance, type Point } from './evidence.js';

/** Levels within this distance of the estimate, as a logarithm, are fitted. */
const reach = 0.15;
/** Limits: beyond, near saturation, the ratio bends and depends on how long the trial was. */
const mostLimits = 3;
/** Where the interval may end at most, from the estimate. */
const farthest = 0.4;
/** Steps in which the interval is looked for, as a logarithm. */
const step = 0.002;
/** Elasticities of the ratio that are thought of: of a queue at 85 % of its use it is about 17. */
const slopes = [0.5, 80] as const;
/** Fewer levels make no line. */
const leastPoints = 3;

/** Where a line crosses the limit. Logarithms of rates. */
export interface Crossing {
  readonly estimate: number;
  /** Null: beyond the levels that were fitted. */
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * The interval of the rate where the ratio crosses its limit, if near it the logarithm of the ratio is linear in that of the
 * rate, as it is for the tail of a queue's times. By profile likelihood: what belongs to the interval are the rates for which
 * the best line through the limit there explains the levels hardly worse than the best line of all (Venzon and Moolgavkar
 * 1988, A method for computing profile-likelihood-based confidence intervals, Applied Statistics 37:87–94).
 *
 * @param critical Standard errors.
 * @returns undefined when the levels near the estimate make no line.
 */
export function crossingOf(all: readonly Point[], estimate: number, critical: number): Crossing | undefined {
  const points = all.filter(
    ({ logRate, overloaded, mean }) =>
      !overloaded && mean <= mostLimits && Math.abs(logRate - estimate) <= reach,
  );
  if (points.length < leastPoints) return undefined;
  const count = Math.round(farthest / step);
  const rates = Array.from({ length: 2 * count + 1 }, (_, at) => estimate + (at - count) * step);
  const deviances = rates.map((rate) => devianceThrough(points, rate));
  const least = Math.min(...deviances);
  const best = deviances.indexOf(least);
  const isInside = (value: number) => value - least <= critical ** 2;
  const first = deviances.findIndex(isInside);
  const last = deviances.findLastIndex(isInside);
  // Far from what was measured a line is no knowledge.
  if (Math.abs(rates[best]! - estimate) > reach) return undefined;
  return {
    estimate: rates[best]!,
    lower: first === 0 ? null : rates[first]!,
    upper: last === rates.length - 1 ? null : rates[last]!,
  };
}

/** Of the best line that goes through the limit at a rate. The deviance is convex in the slope. */
function devianceThrough(points: readonly Point[], rate: number): number {
  const of = (slope: number) =>
    points.reduce(
      (total, { logRate, mean, weight }) =>
        total + weight * deviance(mean, Math.exp(Math.min(slope * (logRate - rate), 50))),
      0,
    );
  let [low, high] = slopes as readonly [number, number] as [number, number];
  while (high - low > 0.05) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3];
    if (of(left) < of(right)) high = right;
    else low = left;
  }
  return of((low + high) / 2);
}
