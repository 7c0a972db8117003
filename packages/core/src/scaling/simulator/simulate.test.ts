import { describe, expect, it } from 'vitest';
import { handFormula, planScaling } from '../plan/plan.js';
import { defaultAssumptions, type ScalingRules, type SimulatedService } from './model.js';
import { simulateScaling, type SimulationResult } from './simulate.js';

const service: SimulatedService = {
  ...{ serviceSeconds: 0.4, distribution: 'log-normal', slots: 4, queueLimit: 1000, timeoutSeconds: 60 },
  routing: 'even',
};
/** 84 % of what its slots could serve: there the 95th percentile is within 2 s. */
const capacity = { requestsPerSecond: { low: 8.4, high: 8.8 }, serviceSeconds: 0.4 };
const objective = { p95Seconds: 2, failureShare: 0.001 };

function demandOf(rampMinutes: number) {
  return {
    ...{ peakPerSecond: 120, basePerSecond: 20, rampSeconds: rampMinutes * 60 },
    ...{ detectionSeconds: 0, startSeconds: 300 },
  };
}

function run(rampMinutes: number, by: 'hand' | 'plan'): SimulationResult {
  const demand = demandOf(rampMinutes);
  const rules =
    by === 'hand' ? handFormula(capacity, demand) : planScaling(capacity, demand, defaultAssumptions).rules;
  const load = {
    ...{ basePerSecond: 20, peakPerSecond: 120, rampSeconds: demand.rampSeconds },
    ...{ leadSeconds: 300, holdSeconds: 900, fallSeconds: 300, tailSeconds: 2400 },
  };
  return simulateScaling({
    ...{ name: by, service, rules, assumptions: defaultAssumptions, instances: rules.min },
    ...{ load, objective, seed: 3 },
  });
}

describe('a ramp', () => {
  it.each([3, 10, 20, 40])('of %d minutes is carried as recommended', (minutes) => {
    const { score } = run(minutes, 'plan');
    expect(score).toMatchObject({ secondsOutside: 0, failures: 0 });
    expect(score.scaleInSeconds).toBeGreaterThan(15 * 60);
  });

  it.each([3, 10, 20])('of %d minutes is too fast for the hand formula', (minutes) => {
    expect(run(minutes, 'hand').score.secondsOutside).toBeGreaterThan(300);
  });

  it('of an hour is carried by the hand formula too', () => {
    expect(run(60, 'hand').score.secondsOutside).toBe(0);
  });

  it('gives the same result for the same seed', () => {
    expect(run(3, 'plan')).toEqual(run(3, 'plan'));
  });
});

describe('a constant load', () => {
  it('has the latency that queueing theory says, and costs its instances', () => {
    const rules: ScalingRules = { min: 1, max: 1, policies: [], suspended: { in: false, out: false } };
    const { points, score } = simulateScaling({
      ...{ name: 'M/M/1', rules, assumptions: defaultAssumptions, instances: 1, objective, seed: 1 },
      service: { ...service, slots: 1, serviceSeconds: 0.05, distribution: 'exponential' },
      load: {
        ...{ basePerSecond: 10, peakPerSecond: 10, leadSeconds: 7200 },
        ...{ rampSeconds: 0, holdSeconds: 0, fallSeconds: 0, tailSeconds: 0 },
      },
    });
    const mean = (pick: 'p50' | 'p95') =>
      points.reduce((sum, point) => sum + point[pick]!, 0) / points.length;
    // The sojourn time of M/M/1 is exponential with the rate µ − λ = 10/s. A percentile of some 100 correlated times is biased.
    expect(mean('p50') / (Math.log(2) / 10)).toBeCloseTo(1, 0.7);
    expect(mean('p95') / (Math.log(20) / 10)).toBeCloseTo(1, 0.7);
    expect(score.instanceHours).toBeCloseTo(2, 6);
    expect(Math.abs(score.requests - 72_000)).toBeLessThan(4 * Math.sqrt(72_000));
  });

  it('of too many requests is refused before it begins', () => {
    const load = { ...{ basePerSecond: 1e6, peakPerSecond: 1e6, leadSeconds: 3600 }, rampSeconds: 0 };
    const rules = handFormula(capacity, demandOf(10));
    expect(() =>
      simulateScaling({
        ...{
          name: 'large',
          service,
          rules,
          assumptions: defaultAssumptions,
          instances: 1,
          objective,
          seed: 1,
        },
        load: { ...load, holdSeconds: 0, fallSeconds: 0, tailSeconds: 0 },
      }),
    ).toThrow('too many to simulate');
  });
});
