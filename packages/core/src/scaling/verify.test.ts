import { describe, expect, it, vi } from 'vitest';
import type { ScalingDefinition } from '../target/scaling-contract.js';
import { handFormula, planScaling } from './plan/plan.js';
import { defaultAssumptions, type ScalingRules } from './simulator/model.js';
import { simulateScaling } from './simulator/simulate.js';
import { scoreRamp, verificationCost, verificationRamps, verifyScaling } from './verify.js';

const capacity = { requestsPerSecond: { low: 8.4, high: 8.8 }, serviceSeconds: 0.4 };
const objective = { p95Seconds: 2, failureShare: 0.001 };
const demand = {
  ...{ peakPerSecond: 120, basePerSecond: 20, rampSeconds: 600 },
  ...{ detectionSeconds: 0, startSeconds: 300 },
};

/** What a replay against such an endpoint would measure. */
function measure(load: ReturnType<typeof verificationRamps>[number], rules: ScalingRules) {
  const simulated = simulateScaling({
    ...{
      name: 'endpoint',
      rules,
      instances: rules.min,
      load,
      objective,
      seed: 5,
      assumptions: defaultAssumptions,
    },
    service: {
      ...{ serviceSeconds: 0.4, distribution: 'log-normal', slots: 4, queueLimit: 1000, timeoutSeconds: 60 },
      routing: 'even',
    },
  });
  return {
    simulated,
    intervals: simulated.points.map(({ at, p95, requests, failures }) => ({
      ...{ at, seconds: 10, p95Seconds: p95, requests, failures },
    })),
    counts: simulated.points.map(({ at, serving, desired }) => ({ at, current: serving, desired })),
  };
}

describe('the score of a replayed ramp', () => {
  const [fast] = verificationRamps(demand);

  it.each([
    ['the recommended policy', planScaling(capacity, demand, defaultAssumptions).rules, true],
    ['the hand formula', handFormula(capacity, demand), false],
  ])('tells how %s carries the fast ramp, as the simulation does', (_, rules, holds) => {
    const { simulated, intervals, counts } = measure(fast!, rules);
    const { score, ...ramp } = scoreRamp(fast!, intervals, counts, objective);
    expect(ramp.holds).toBe(holds);
    expect(score).toMatchObject({
      secondsOutside: simulated.score.secondsOutside,
      requests: simulated.score.requests,
      failures: simulated.score.failures,
      mostInstances: simulated.score.mostInstances,
    });
    expect(Math.abs(score.firstInstanceSeconds! - simulated.score.firstInstanceSeconds!)).toBeLessThanOrEqual(
      10,
    );
    expect(Math.abs(score.scaleInSeconds! - simulated.score.scaleInSeconds!)).toBeLessThanOrEqual(10);
    expect(score.instanceHours / simulated.score.instanceHours).toBeCloseTo(1, 1);
  });
});

it('what came due in the moment of its end is no part of a ramp, and what is allowed is forgiven', () => {
  const [load] = verificationRamps(demand);
  const end = 3900;
  const intervals = [
    { at: end, seconds: 10, p95Seconds: 3, requests: 200, failures: 0 },
    { at: end + 10, seconds: 10, p95Seconds: null, requests: 1, failures: 1 },
  ];
  const strict = scoreRamp(load!, intervals, [], objective);
  expect([strict.holds, strict.score.secondsOutside, strict.score.requests]).toEqual([false, 10, 200]);
  expect(scoreRamp(load!, intervals, [], objective, 10).holds).toBe(true);
});

describe('a verification', () => {
  it('is two ramps, and says what it takes', () => {
    const ramps = verificationRamps(demand);
    expect(ramps.map(({ rampSeconds }) => rampSeconds)).toEqual([600, 1200]);
    expect(verificationCost(ramps, 1 / 8.4, 1)).toEqual({
      seconds: 2 * 2700 + 2 * 600 + 2 * 1200,
      requests: 2 * (20 * 2100 + 120 * 600) + 70 * 3600,
      usDollars: expect.closeTo((9000 * 120) / 8.4 / 3600, 6),
    });
  });

  it('replays each ramp, counts the instances meanwhile, and changes nothing', async () => {
    let current = 1;
    const calls: string[] = [];
    const scaling = new Proxy({} as ScalingDefinition<null>, {
      get: (_, name) => () => {
        calls.push(String(name));
        const found = { otherScalers: [], busy: false };
        return Promise.resolve({ instances: { current, desired: current }, activities: [], ...found });
      },
    });
    const signal = new AbortController().signal;
    const context = { environment: {}, baseDirectory: '/', signal };
    const verified = await verifyScaling(
      { scaling, options: null, context, kind: 'fake', snapshotFile: '/dev/null' },
      {
        ...{ ramps: verificationRamps(demand), objective },
        replay: () => {
          current += 1;
          return Promise.resolve({
            startedAt: Date.now(),
            intervals: [{ at: 10, seconds: 10, p95Seconds: 3, requests: 5, failures: 0 }],
          });
        },
      },
    );
    expect(verified.map(({ holds, score }) => [holds, score.secondsOutside, score.mostInstances])).toEqual([
      [false, 10, 2],
      [false, 10, 3],
    ]);
    expect(new Set(calls)).toEqual(new Set(['describe', 'observe']));
  });

  it('makes no load on an endpoint that is suspended', async () => {
    const found = { otherScalers: [], busy: false, suspended: true, resource: 'endpoint/fraud' };
    const scaling = { describe: () => Promise.resolve(found) } as unknown as ScalingDefinition<null>;
    const context = { environment: {}, baseDirectory: '/', signal: new AbortController().signal };
    const replay = vi.fn();
    const ramps = verificationRamps(demand);
    const endpoint = { scaling, options: null, context, kind: 'fake', snapshotFile: '/dev/null' };
    await expect(verifyScaling(endpoint, { ramps, objective, replay })).rejects.toThrow(/fraud is suspended/);
    expect(replay).not.toHaveBeenCalled();
  });
});
