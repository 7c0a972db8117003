import { requestsOf } from '../thresholds/evaluate.js';
import { metricOf } from '../thresholds/parse.js';
import { valuesNeeded } from '../thresholds/samples.js';
import type { ValidityRule } from './rule.js';

/**
 * A name that never occurred is left to its threshold, which then does not hold: a misspelt name is no fault of the
 * measurement.
 */
export const percentileSamples: ValidityRule = {
  summary:
    'a threshold asks for p(N) of fewer than 5 ÷ (1 − N ÷ 100) requests: 100 for p(95), 5,000 for p(99.9)',
  check: ({ thresholds, statistics }) =>
    thresholds.flatMap((threshold) => {
      const needed = valuesNeeded(threshold);
      const requests = requestsOf(threshold, statistics);
      const count = (requests && metricOf(threshold).trend?.(requests)?.count) ?? 0;
      if (needed === undefined || count === 0 || count >= needed) return [];
      const what = threshold.declared ? 'values' : 'requests';
      return [
        `${threshold.key}: ${threshold.expression} needs at least ${needed} ${what}, ` +
          `measured ${count}: let the load last longer, or ask for a lower percentile.`,
      ];
    }),
};
