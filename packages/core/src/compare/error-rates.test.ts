import { describe, expect, it } from 'vitest';
import { makePairs, makeRun, type ServiceModel } from '../../test/compared-run-fixture.js';
import { uniformNumbers } from '../values/random.js';
import { compareRuns } from './compare.js';
import type { ComparedRun } from './contract.js';
import { standardFigures } from './figures.js';
import { JudgedSeconds } from './seconds.js';

/** All comparisons with `npm run test:statistics`, fewer in `npm test`. */
const isWhole = process.env['LOADWRIGHT_MATRIX'] !== undefined;
const service: ServiceModel = {
  correlation: 0.8,
  runVariation: 0.03,
  seconds: 60,
  perSecond: isWhole ? 100 : 40,
};
/** Of a test that makes millions of requests up, in milliseconds. */
const patience = isWhole ? 300_000 : 60_000;
const p95 = 'http_req_duration p(95)';

/** Shares are random themselves: three standard deviations above what is promised. */
const atMost = (share: number, count: number) => share + 3 * Math.sqrt((share * (1 - share)) / count);

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

  it(
    'what is required passes in at most 2.5 % of comparisons in which the true difference is the limit, and fails in no more',
    () => {
      const uniform = uniformNumbers(14);
      const count = isWhole ? 1000 : 20;
      const outcomes = { PASS: 0, FAIL: 0, INVALID: 0 };
      for (let comparison = 0; comparison < count; comparison += 1) {
        const pairs = makePairs(6, service, { ...service, median: 21 }, uniform);
        const { gates } = compareRuns(...sidesOf(pairs), { require: ['p(95)<+5%'] });
        outcomes[gates[0]!.outcome] += 1;
      }
      for (const outcome of ['PASS', 'FAIL'] as const)
        expect(outcomes[outcome] / count, outcome).toBeLessThanOrEqual(atMost(0.025, count));
    },
    patience,
  );

  // Up to 30 pairs for each of a hundred comparisons take twenty seconds: `npm test` has none, the matrix `statistics` all.
  it.runIf(isWhole)(
    'what is required is shown of equal sides in 90 % of comparisons with the number of pairs that is named',
    () => {
      const uniform = uniformNumbers(15);
      const count = 100;
      const required = { require: ['p(95)<+10%'] };
      let shown = 0;
      for (let comparison = 0; comparison < count; comparison += 1) {
        const { reasons } = compareRuns(...sidesOf(makePairs(2, service, service, uniform)), required);
        const [, named = '2'] = /(\d+) pairs would show it/.exec(reasons.join()) ?? [];
        // Of two pairs the variation is known so badly that hundreds may be named: more than these are not made.
        const pairs = makePairs(Math.min(Number(named), 30), service, service, uniform);
        if (compareRuns(...sidesOf(pairs), required).verdict === 'PASS') shown += 1;
      }
      // At least 90 %, within chance: that at most 10 % are not shown.
      expect(1 - shown / count).toBeLessThanOrEqual(atMost(0.1, count));
    },
    patience,
  );
});

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

const sidesOf = ({ baseline, candidate }: ReturnType<typeof makePairs>) => [baseline, candidate] as const;
