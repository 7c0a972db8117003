import { describe, expect, it } from 'vitest';
import { defaultAssumptions } from '../simulator/model.js';
import { simulateScaling } from '../simulator/simulate.js';
import { cheapestHeadroom, headroomOf } from './factor.js';
import { lagOf } from './lag.js';
import { handFormula, planScaling } from './plan.js';

const capacity = { requestsPerSecond: { low: 100, high: 110 }, serviceSeconds: 0.05 };
const demand = {
  ...{ peakPerSecond: 3000, basePerSecond: 300, rampSeconds: 3600 },
  ...{ detectionSeconds: 300, startSeconds: 300 },
};
const plan = (changes: object = {}, of: object = {}) =>
  planScaling({ ...capacity, ...of }, { ...demand, ...changes }, defaultAssumptions);
const rowOf = (planned: ReturnType<typeof plan>, name: string) =>
  planned.rows.find((row) => row.name === name);

describe('the factor', () => {
  const lag = lagOf(defaultAssumptions.scaleOutAlarm, defaultAssumptions);

  it.each([600, 1800, 3600, 7200, 14_400])('is at most 1 / (1 + r)^L with a ramp of %d s', (rampSeconds) => {
    const { factor, from, to } = cheapestHeadroom(100, { ...demand, rampSeconds }, lag);
    const minutes = (lag.detectionSeconds + lag.startSeconds) / 60;
    const growth = (to / from) ** (1 / minutes) - 1;
    if (to < demand.peakPerSecond) expect(factor).toBeLessThanOrEqual(1 / (1 + growth) ** minutes + 1e-9);
  });

  it('0.5 carries a doubling within the lag', () => {
    const rise = {
      basePerSecond: 100,
      peakPerSecond: 10_000,
      rampSeconds: 99 * (lag.detectionSeconds + lag.startSeconds),
    };
    expect(
      headroomOf(2, 100, rise, { ...lag, startSeconds: lag.startSeconds })?.factor ?? 0,
    ).toBeLessThanOrEqual(0.5);
    const alone = { ...lag, startSeconds: 0, cooldownSeconds: 0 };
    const doubling = { basePerSecond: 100, peakPerSecond: 200, rampSeconds: alone.detectionSeconds };
    expect(headroomOf(2, 100, doubling, alone)?.factor).toBe(0.85);
    expect(
      headroomOf(2, 100, { ...doubling, peakPerSecond: 1e4, rampSeconds: 99 * alone.detectionSeconds }, alone)
        ?.factor,
    ).toBe(0.5);
  });

  it('asks for more instances, or a lower target, the faster the ramp is', () => {
    const mean = [600, 1200, 2400, 4800, 9600].map((rampSeconds) => {
      const { instances, factor } = cheapestHeadroom(100, { ...demand, rampSeconds }, lag);
      return 0.75 * instances + (0.25 * 30) / factor;
    });
    expect(mean).toEqual(mean.toSorted((a, b) => b - a));
    expect(mean[0]).toBeGreaterThan(mean.at(-1)! * 1.5);
  });
});

describe('a plan', () => {
  it('says the target, its factor, and the reason', () => {
    const planned = plan({}, { serviceSeconds: undefined });
    const { factor } = planned.headroom;
    expect(planned.strategy).toBe('tracking-invocations');
    expect(planned.rules.policies).toMatchObject([
      { type: 'target-tracking', metric: 'invocations', target: expect.closeTo(100 * factor * 60, -2) },
    ]);
    expect(rowOf(planned, 'factor')?.reason).toMatch(
      /the load grows from [\d,.]+\/s to [\d,.]+\/s \([\d.]+ % a minute\) in the 11m/,
    );
    expect(planned.notes[0]).toMatch(/The peak takes \d+ to \d+ instances/);
  });

  it('asks for the concurrency of Little’s law', () => {
    const planned = plan();
    expect(rowOf(planned, 'concurrency target')?.value).toBe(
      `${Math.floor(planned.headroom.factor * 500) / 100} an instance`,
    );
  });

  it('takes steps where target tracking cannot follow', () => {
    const planned = plan({ rampSeconds: 900 });
    expect(planned.strategy).toBe('jump');
    expect(planned.rules.policies).toMatchObject([
      { type: 'target-tracking', disableScaleIn: true },
      { type: 'step', adjustment: 'exact', steps: [{ lower: 0, adjust: 36 }] },
      { type: 'step', adjustment: 'exact', alarm: { missing: 'breaching' }, steps: [{ upper: 0 }] },
    ]);
    expect(planned.rules.min).toBeLessThan(30);
  });

  it('says when nothing can follow', () => {
    const planned = plan({ rampSeconds: 60 });
    expect(planned.rules.min * 100).toBeGreaterThanOrEqual(3000);
    expect(planned.notes.join(' ')).toContain('as many instances as the peak needs must be there before it');
  });

  it('begins at zero with a step', () => {
    const planned = plan({ fromZero: true, basePerSecond: 0 });
    expect(planned.rules.min).toBe(0);
    expect(planned.rules.policies).toHaveLength(2);
    expect(planned.rules.policies.at(-1)).toMatchObject({ type: 'step', alarm: { metric: 'no-capacity' } });
  });
});

it.each([1, 2, 3, 4])('comes back from its jump when the load has gone, by chance number %d', (seed) => {
  const slow = { requestsPerSecond: { low: 10, high: 10 }, serviceSeconds: 0.32 };
  const [base, peak] = [15, 150];
  const ramp = { basePerSecond: base, peakPerSecond: peak, rampSeconds: 600 };
  const { rules, strategy } = planScaling(
    slow,
    { ...ramp, detectionSeconds: 0, startSeconds: 300 },
    defaultAssumptions,
  );
  const { score } = simulateScaling({
    ...{ name: 'jump', rules, assumptions: defaultAssumptions, instances: rules.min, seed },
    load: { ...ramp, leadSeconds: 300, holdSeconds: 600, fallSeconds: 300, tailSeconds: 2400 },
    service: {
      ...{ slots: 4, serviceSeconds: 0.34, distribution: 'log-normal', routing: 'even' },
      ...{ queueLimit: 100_000, timeoutSeconds: 60 },
    },
    objective: { p95Seconds: 1.6, failureShare: 0.001 },
  });
  expect([strategy, score.secondsOutside]).toEqual(['jump', 0]);
  // The fall, a quarter of an hour below the threshold, and what the alarm and the change take.
  expect(score.scaleInSeconds).toBeLessThan(1800);
});

it('the hand formula is half of the highest rate × 60', () => {
  expect(handFormula(capacity, demand).policies).toMatchObject([{ target: 3000 }]);
});
