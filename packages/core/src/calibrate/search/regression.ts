import { deviance, type Point } from '../evidence.js';

/** Levels within this distance of the estimate, as a logarithm, are fitted. */
const reach = 0.15;
/**
 * Limits: beyond, near saturation, the ratio bends and depends on how long the trial was. A level that measured more counts as one of
 * which that alone is known: the line has to be beyond as well (a censored observation). To leave it out would choose levels by their
 * outcome, and the line would lose most of what shows its slope.
 */
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
  readonly lower: number;
  readonly upper: number;
}

/**
 * The interval of the rate where the ratio crosses its limit, if near it the logarithm of the ratio is linear in that of the
 * rate, as it is for the tail of a queue's times. By profile likelihood: what belongs to the interval are the rates for which
 * the best line through the limit there explains the levels hardly worse than the best line of all (Venzon and Moolgavkar
 * 1988, A method for computing profile-likelihood-based confidence intervals, Applied Statistics 37:87–94).
 *
 * @param critical Standard errors.
 * @returns undefined when the levels near the estimate make no line: too few, or such that a nearly flat one explains them too.
 */
export function crossingOf(all: readonly Point[], estimate: number, critical: number): Crossing | undefined {
  const points = all.filter(
    ({ logRate, overloaded }) => !overloaded && Math.abs(logRate - estimate) <= reach,
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
  // A nearly flat line, which explains the levels too, crosses anywhere.
  if (first === 0 || last === rates.length - 1) return undefined;
  return { estimate: rates[best]!, lower: rates[first]!, upper: rates[last]! };
}

/** Of the best line that goes through the limit at a rate. The deviance is convex in the slope. */
function devianceThrough(points: readonly Point[], rate: number): number {
  const of = (slope: number) =>
    points.reduce((total, { logRate, mean, weight }) => {
      const expected = Math.exp(slope * (logRate - rate));
      const isCensored = mean > mostLimits;
      if (isCensored && expected >= mostLimits) return total;
      return total + weight * deviance(isCensored ? mostLimits : mean, expected);
    }, 0);
  let [low, high] = slopes as readonly [number, number] as [number, number];
  while (high - low > 0.05) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3];
    if (of(left) < of(right)) high = right;
    else low = left;
  }
  return of((low + high) / 2);
}
