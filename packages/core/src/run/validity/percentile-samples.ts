import { requestsOf } from '../../thresholds/evaluate.js';
import type { Threshold } from '../../thresholds/parse.js';
import type { ValidityRule } from './rule.js';

/**
 * Values that must lie beyond a percentile. With fewer than five a single slow answer decides: the same rule of thumb
 * as for the expected counts of a χ² test (Cochran 1954).
 */
const beyond = 5;

/**
 * A name that never occurred is left to its threshold, which then does not hold: a misspelt name is no fault of the
 * measurement.
 */
export const percentileSamples: ValidityRule = {
  summary:
    'a threshold asks for p(N) of fewer than 5 ÷ (1 − N ÷ 100) requests: 100 for p(95), 5,000 for p(99.9)',
  check: ({ thresholds, statistics }) =>
    thresholds.flatMap((threshold) => {
      const rank = rankOf(threshold);
      const count = requestsOf(threshold, statistics)?.count ?? 0;
      // p(100) is the maximum: it is what it is.
      if (rank === undefined || rank >= 100 || count === 0) return [];
      const needed = Math.ceil(beyond / (1 - rank / 100) - 1e-6);
      if (count >= needed) return [];
      return [
        `${threshold.key}: ${threshold.expression} needs at least ${needed} requests, ` +
          `measured ${count}: let the load last longer, or ask for a lower percentile.`,
      ];
    }),
};

function rankOf({ aggregation }: Threshold): number | undefined {
  return aggregation.name === 'med' ? 50 : aggregation.percentile;
}
