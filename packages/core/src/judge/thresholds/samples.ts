import type { Threshold } from './parse.js';

/**
 * Values that must lie beyond a percentile. With fewer than five a single slow answer decides: the same rule of thumb
 * as for the expected counts of a χ² test (Cochran 1954).
 */
const beyond = 5;

/**
 * How many values a threshold needs; undefined when it asks for no percentile. p(100) is the maximum: it is what it is.
 */
export function valuesNeeded({ aggregation }: Threshold): number | undefined {
  const rank = aggregation.name === 'med' ? 50 : aggregation.percentile;
  return rank === undefined || rank >= 100 ? undefined : Math.ceil(beyond / (1 - rank / 100) - 1e-6);
}
