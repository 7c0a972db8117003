import { describe, expect, it } from 'vitest';
import { makePairs } from '../../test/compared-run-fixture.js';
import { atMost, isWhole, p95, patience, service, sidesOf } from '../../test/error-rates.js';
import { uniformNumbers } from '../values/random.js';
import { compareRuns } from './compare.js';

function concludeP95({ baseline, candidate }: ReturnType<typeof makePairs>) {
  return compareRuns(baseline, candidate).figures.find(({ figure }) => figure === p95)!;
}

describe('of a service whose level is correlated (0.8), with 3 % between runs', () => {
  it(
    'six pairs of equal sides show "higher" in at most 2.5 % of comparisons, within chance',
    () => {
      const uniform = uniformNumbers(11);
      const count = isWhole ? 1000 : 60;
      let wrong = 0;
      for (let comparison = 0; comparison < count; comparison += 1)
        if (concludeP95(makePairs(6, service, service, uniform)).conclusion === 'higher') wrong += 1;
      expect(wrong / count).toBeLessThanOrEqual(isWhole ? 0.035 : atMost(0.025, count));
    },
    patience,
  );

  it(
    'the recommended number of pairs finds +10 % in 90 % of comparisons',
    () => {
      const uniform = uniformNumbers(12);
      const count = isWhole ? 100 : 8;
      const slower = { ...service, median: 22 };
      let found = 0;
      for (let comparison = 0; comparison < count; comparison += 1) {
        const { baseline, candidate } = makePairs(6, service, service, uniform);
        const { figures } = compareRuns(baseline, candidate, { margin: 0.1 });
        const pairs = figures.find(({ figure }) => figure === p95)!.pairsNeeded!;
        const after = compareRuns(...sidesOf(makePairs(pairs, service, slower, uniform)), { margin: 0.01 });
        if (after.figures.find(({ figure }) => figure === p95)!.conclusion === 'higher') found += 1;
      }
      expect(found / count).toBeGreaterThanOrEqual(isWhole ? 0.9 : 0.6);
    },
    patience,
  );
});
