import { describe, expect, it } from 'vitest';
import { SimulatedEndpoint } from './endpoint.js';
import {
  defaultAssumptions,
  type ScalingAssumptions,
  type ScalingPolicy,
  type ScalingRules,
  type SimulatedService,
  type StepScalingPolicy,
  type TargetTrackingPolicy,
} from './model.js';

/** One request a second takes 100 ms of one of ten slots. */
const service: SimulatedService = {
  ...{ serviceSeconds: 0.1, distribution: 'constant', slots: 10, queueLimit: 1e6, timeoutSeconds: 60 },
  routing: 'even',
};

const tracking: TargetTrackingPolicy = {
  ...{ type: 'target-tracking', name: 'tracking', metric: 'invocations', target: 60 },
  ...{ scaleOutCooldownSeconds: 300, scaleInCooldownSeconds: 300, disableScaleIn: false },
};

const step: StepScalingPolicy = {
  ...{ type: 'step', name: 'step', adjustment: 'change', minimumChange: 1, cooldownSeconds: 300 },
  alarm: {
    ...{ metric: 'invocations', threshold: 100, comparison: 'above', missing: 'missing' },
    ...{ periodSeconds: 60, datapoints: 1, of: 1 },
  },
  steps: [
    { lower: 0, upper: 50, adjust: 2 },
    { lower: 50, adjust: 3 },
  ],
};

function start(
  policies: readonly ScalingPolicy[],
  rules: Partial<ScalingRules> & { instances?: number } = {},
  assumptions: Partial<ScalingAssumptions> = {},
): SimulatedEndpoint {
  const { instances = 1, ...limits } = rules;
  return new SimulatedEndpoint({
    ...{ service, instances, seed: 1 },
    rules: { min: 1, max: 10, policies, suspended: { in: false, out: false }, ...limits },
    assumptions: { ...defaultAssumptions, ...assumptions },
  });
}

/** Evenly spaced requests until a time. */
function send(endpoint: SimulatedEndpoint, perSecond: number, until: number): void {
  for (let at = endpoint.now; at < until; at += 1 / perSecond) endpoint.admit(at);
  endpoint.advance(until);
}

const changes = ({ activities }: SimulatedEndpoint) =>
  activities.filter(({ notScaled }) => notScaled === undefined).map(({ at, from, to }) => [at, from, to]);
const reasons = ({ activities }: SimulatedEndpoint) =>
  activities.filter(({ notScaled }) => notScaled !== undefined).map(({ at, notScaled }) => [at, notScaled]);

describe('target tracking', () => {
  it('goes out after three points of a minute above the target, and in proportion', () => {
    const endpoint = start([tracking]);
    send(endpoint, 3.5, 300);
    // Three minutes of points and two of publication.
    expect(changes(endpoint)).toEqual([[300, 1, 4]]);
    expect(endpoint.serving).toBe(1);
    send(endpoint, 3.5, 600);
    expect([endpoint.serving, endpoint.busy]).toEqual([4, false]);
  });

  it('is not moved by two points of three', () => {
    const endpoint = start([tracking]);
    for (let minute = 0; minute < 20; minute += 1)
      send(endpoint, minute % 3 === 0 ? 0.9 : 3, (minute + 1) * 60);
    expect(changes(endpoint)).toEqual([]);
  });

  it('goes in after fifteen points below nine tenths of the target', () => {
    const endpoint = start([tracking], { instances: 4 });
    send(endpoint, 1.5, 15 * 60 + 110);
    expect(changes(endpoint)).toEqual([]);
    send(endpoint, 1.5, 15 * 60 + 120);
    expect(changes(endpoint)).toEqual([[1020, 4, 2]]);
    const within = start([tracking], { instances: 4 });
    send(within, 4 * 0.95, 3600);
    expect(changes(within)).toEqual([]);
  });

  it('leaves an idle endpoint alone: no requests are no data', () => {
    const endpoint = start([tracking], { instances: 4 });
    endpoint.advance(7200);
    expect(changes(endpoint)).toEqual([]);
    expect(endpoint.alarms().map(({ alarm }) => alarm.state)).toEqual([
      'INSUFFICIENT_DATA',
      'INSUFFICIENT_DATA',
    ]);
    const zeros = start([tracking], { instances: 4 }, { silence: 'zero' });
    zeros.advance(7200);
    expect(changes(zeros)).toEqual([[1020, 4, 1]]);
  });

  it('sees concurrent requests within a minute', () => {
    const endpoint = start([{ ...tracking, metric: 'concurrency', target: 1 }]);
    send(endpoint, 20, 60);
    expect(changes(endpoint)).toEqual([[60, 1, 2]]);
  });

  it('cannot begin at zero', () => {
    const endpoint = start([tracking], { min: 0, instances: 0 });
    send(endpoint, 5, 1800);
    expect(changes(endpoint)).toEqual([]);
    expect(endpoint.admit(1800)).toBeUndefined();
  });

  it('goes in only when all policies agree, and out when one says so', () => {
    const other: TargetTrackingPolicy = { ...tracking, name: 'other', metric: 'concurrency', target: 0.04 };
    const endpoint = start([tracking, other], { instances: 4 });
    send(endpoint, 1.5, 3600);
    // By invocations two would do; by concurrency (0.0375 an instance) four are right.
    expect(changes(endpoint)).toEqual([]);
    send(endpoint, 3, 3700);
    expect(changes(endpoint)[0]).toEqual([3660, 4, 8]);
  });

  it('does not go in when that is disabled, and not at all while it is suspended', () => {
    const disabled = start([{ ...tracking, disableScaleIn: true }], { instances: 4 });
    send(disabled, 1, 3600);
    expect(changes(disabled)).toEqual([]);
    const suspended = start([tracking], { instances: 4, suspended: { in: true, out: true } });
    send(suspended, 1, 3600);
    send(suspended, 20, 5400);
    expect(changes(suspended)).toEqual([]);
  });
});

describe('a change under way', () => {
  it('lets no other begin, and says so', () => {
    const endpoint = start([tracking]);
    send(endpoint, 2, 310);
    send(endpoint, 20, 590);
    expect(changes(endpoint)).toEqual([[300, 1, 2]]);
    expect(reasons(endpoint)).toEqual([[480, 'TargetServicePutResourceAsUnscalable']]);
  });

  it('ends before its cooldown begins, in which only a larger one acts', () => {
    const endpoint = start([step], {}, { startSeconds: 120, publicationSeconds: 0 });
    send(endpoint, 2, 240);
    // The alarm lasts until the new instances serve, at 180 s; the same step again changes nothing.
    expect(changes(endpoint)).toEqual([[60, 1, 3]]);
    // The larger step of three adds the one that is missing.
    send(endpoint, 8, 300);
    expect(changes(endpoint)).toEqual([
      [60, 1, 3],
      [300, 3, 4],
    ]);
  });

  it('scales in again only after the cooldown, and out at once', () => {
    const endpoint = start([tracking], { instances: 8 });
    send(endpoint, 4.2, 1080);
    expect(changes(endpoint)).toEqual([[1020, 8, 5]]);
    send(endpoint, 1.5, 3600);
    const [, second] = changes(endpoint);
    expect(second![0]).toBeGreaterThanOrEqual(1020 + 60 + 300);
  });
});

describe('limits', () => {
  it('change the number of instances at once', () => {
    const endpoint = start([], { instances: 1 });
    endpoint.setRules({ ...endpoint.rules, min: 3 }, 100);
    expect([endpoint.desired, endpoint.busy]).toEqual([3, true]);
    endpoint.setRules({ ...endpoint.rules, max: 2, min: 1 }, 500);
    expect(endpoint.desired).toBe(2);
  });

  it('hold, and the reason is named', () => {
    const endpoint = start([tracking], { max: 2 });
    send(endpoint, 10, 1800);
    expect(endpoint.desired).toBe(2);
    expect(reasons(endpoint).at(-1)?.[1]).toBe('AlreadyAtMaxCapacity');
    send(endpoint, 0.5, 5400);
    expect(endpoint.desired).toBe(1);
    expect(reasons(endpoint).at(-1)?.[1]).toBe('AlreadyAtMinCapacity');
  });
});

describe('step scaling', () => {
  it.each([
    ['change', 2, 3, 5],
    ['percent', 50, 3, 4],
    ['percent', 20, 3, 4],
    ['exact', 7, 3, 7],
  ] as const)('by %s %d from %d to %d', (adjustment, adjust, from, to) => {
    const endpoint = start([{ ...step, adjustment, steps: [{ lower: 0, adjust }] }], { instances: from });
    send(endpoint, 10, 180);
    expect(endpoint.desired).toBe(to);
  });

  it('begins at zero, when requests fail for want of an instance', () => {
    const alarm = { ...step.alarm, metric: 'no-capacity', threshold: 1, comparison: 'at-least' } as const;
    const endpoint = start([{ ...step, alarm, steps: [{ lower: 0, adjust: 1 }] }], { min: 0, instances: 0 });
    send(endpoint, 0.1, 600);
    expect(changes(endpoint)).toEqual([[180, 0, 1]]);
    expect(endpoint.admit(600)?.served).toBe(true);
  });
});

describe('what users have measured', () => {
  it('a load of thirteen times the target: help after more than five minutes, instances gone after 15 to 25', () => {
    const endpoint = start([{ ...tracking, scaleOutCooldownSeconds: 10, scaleInCooldownSeconds: 100 }], {
      max: 13,
    });
    send(endpoint, 0.5, 1215);
    send(endpoint, 13, 3015);
    const [first] = changes(endpoint);
    expect(first![0]! - 1215).toBeGreaterThanOrEqual(270);
    send(endpoint, 0.5, 6000);
    const down = changes(endpoint).find(([, from, to]) => to! < from!);
    expect(down![0]! - 3015).toBeGreaterThan(15 * 60);
    expect(down![0]! - 3015).toBeLessThan(25 * 60);
  });
});
