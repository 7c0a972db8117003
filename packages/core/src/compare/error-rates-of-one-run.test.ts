import { describe, expect, it } from 'vitest';
import { makeRun } from '../../test/compared-run-fixture.js';
import { atMost, isWhole, p95, patience, service } from '../../test/error-rates.js';
import { uniformNumbers } from '../values/random.js';
import { compareRuns } from './compare.js';
import type { ComparedRun } from './contract.js';
import { standardFigures } from './figures.js';
import { JudgedSeconds } from './seconds.js';

describe('one run a side', () => {
  it.each([0, 0.8, 0.95])(
    'judges nothing by itself, and with the variation of earlier runs fails at most 2.5 % of equal services: correlation %d',
    (correlation) => {
      const uniform = uniformNumbers(13);
      const model = { ...service, correlation };
      const variation = variationOf(
        Array.from({ length: 20 }, (_, number) => makeRun(number, model, uniform)),
      );
      const count = isWhole ? 100 : 8;
      let failed = 0;
      for (let comparison = 0; comparison < count; comparison += 1) {
        const [baseline, candidate] = [1, 2].map((number) => [makeRun(number, model, uniform)]);
        const options = { failIf: ['p(95)>+0%'], resamples: 200 };
        if (comparison === 0) expect(compareRuns(baseline!, candidate!, options).verdict).toBe('INVALID');
        const known = { ...options, runVariation: variation };
        if (compareRuns(baseline!, candidate!, known).verdict === 'FAIL') failed += 1;
      }
      expect(failed / count).toBeLessThanOrEqual(atMost(0.025, count));
    },
    patience,
  );

  it.each([
    [0, 60],
    [0.8, 60],
    // What changes this slowly is shown by a longer run alone.
    ...(isWhole ? [[0.95, 300] as const] : []),
  ] as const)(
    'has an interval that misses what does not differ in at most 0.07 of comparisons: correlation %d, %d s',
    (correlation, seconds) => {
      const uniform = uniformNumbers(16);
      const model = { ...service, runVariation: 0, correlation, seconds, perSecond: 40 };
      const count = isWhole ? Math.ceil(12_000 / seconds) : 8;
      let missed = 0;
      for (let comparison = 0; comparison < count; comparison += 1) {
        const [baseline, candidate] = [1, 2].map((number) => [makeRun(number, model, uniform)]);
        const { figures } = compareRuns(baseline!, candidate!, { resamples: 200 });
        const [low, high] = figures.find(({ figure }) => figure === p95)!.interval!;
        if (low > 0 || high < 0) missed += 1;
      }
      expect(missed / count).toBeLessThanOrEqual(atMost(0.07, count));
    },
    patience,
  );
});

/** Standard deviation of p95 between runs, as a share: what a user knows of earlier runs. */
function variationOf(runs: readonly ComparedRun[]): number {
  const figure = standardFigures({}, [], false).find(({ text }) => text === p95)!;
  const logs = runs.map((run) => Math.log(new JudgedSeconds(run).measure(figure)!));
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  return Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logs.length - 1));
}
