import {
  arrivalTimes,
  defaultAssumptions,
  loadSeconds,
  SimulatedEndpoint,
  type RampLoad,
  type SimulatedActivity,
} from '@loadwright/core/scaling';
import { expect, it, vi } from 'vitest';
import { EmulatedScaling } from './emulated-scaling.js';
import { scalingOptionsSchema } from './options.js';
import { rulesOf, type PutPolicy } from './rules.js';

/** A point of the metric that target tracking looks at, in seconds. */
const datapoint = 60;
const seed = 5;
/** So many seconds of the service in one of this machine. */
const timeScale = 800;

const target = {
  ...{ MinCapacity: 1, MaxCapacity: 20, CreationTime: 0 },
  SuspendedState: {},
};
const policy: PutPolicy = {
  ...{
    PolicyName: 'tracking',
    PolicyARN: 'arn:policy',
    PolicyType: 'TargetTrackingScaling',
    CreationTime: 0,
  },
  TargetTrackingScalingPolicyConfiguration: {
    TargetValue: 1200,
    PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
    ...{ ScaleOutCooldown: 300, ScaleInCooldown: 300 },
  },
};

const common = {
  basePerSecond: 15,
  peakPerSecond: 150,
  leadSeconds: 300,
  fallSeconds: 300,
  tailSeconds: 2100,
};
const ramps: readonly (readonly [string, RampLoad])[] = [
  ['fast', { ...common, rampSeconds: 120, holdSeconds: 1500 }],
  ['of ten minutes', { ...common, rampSeconds: 600, holdSeconds: 1200 }],
  ['slow', { ...common, rampSeconds: 1800, holdSeconds: 600 }],
];

/** Sends the load by a clock as that of a machine that looks at it every few milliseconds: never at the very moment. */
function emulate(load: RampLoad) {
  let steps = 0;
  const next = () => 0.3 + 0.7 * (steps++ % 11);
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const scaling = new EmulatedScaling({
    ...scalingOptionsSchema.parse({ timeScale }),
    ...{ endpointName: 'fraud', variant: 'AllTraffic', region: 'eu-west-1' },
    ...{ serviceTime: '25ms', distribution: 'exponential', concurrency: 8, queueLimit: 1000, seed },
  } as ConstructorParameters<typeof EmulatedScaling>[0]);
  scaling.target = target;
  scaling.policies.set(policy.PolicyName, policy);
  scaling.changed();
  const arrivals: number[] = [];
  for (const at of arrivalTimes(load, seed)) {
    while (scaling.seconds() < at) now += next();
    scaling.admit(performance.now());
    arrivals.push(scaling.endpoint.now);
  }
  while (scaling.seconds() < loadSeconds(load)) now += next();
  scaling.size();
  vi.restoreAllMocks();
  return { activities: scaling.endpoint.activities, arrivals };
}

/**
 * Simulates what arrived. A pause of this machine lasts `timeScale` times as long for the service, and moves requests from one minute to
 * the next: against the load as it was meant, the machine would be compared.
 */
function simulate(arrivals: readonly number[], until: number): readonly SimulatedActivity[] {
  const endpoint = new SimulatedEndpoint({
    ...{ seed: seed + 1, instances: 1, assumptions: defaultAssumptions },
    rules: rulesOf(target, [policy], []),
    service: {
      ...{ serviceSeconds: 0.025, distribution: 'exponential', slots: 8, queueLimit: 1000 },
      ...{ timeoutSeconds: 60, routing: 'even' },
    },
  });
  for (const at of arrivals) endpoint.admit(at);
  endpoint.advance(until);
  return endpoint.activities;
}

const changes = (activities: readonly SimulatedActivity[]) =>
  activities.filter(({ notScaled }) => notScaled === undefined);

it.each(ramps)(
  'the emulator has the instances of the simulator, within one datapoint: a ramp that is %s',
  (_, load) => {
    const { activities, arrivals } = emulate(load);
    const [emulated, simulated] = [changes(activities), changes(simulate(arrivals, loadSeconds(load)))];
    expect(simulated.some(({ from, to }) => to > from)).toBe(true);
    expect(simulated.some(({ from, to }) => to < from)).toBe(true);
    expect(differing(emulated, simulated, loadSeconds(load))).toBeLessThanOrEqual(datapoint);
  },
);

/** The longest time in seconds for which both have different numbers of instances at a stretch. */
function differing(
  one: readonly SimulatedActivity[],
  other: readonly SimulatedActivity[],
  until: number,
): number {
  const at = (changed: readonly SimulatedActivity[], second: number) =>
    changed.findLast((change) => change.at <= second)?.to ?? 1;
  let longest = 0;
  let since: number | undefined;
  for (let second = 0; second <= until; second += 1) {
    if (at(one, second) === at(other, second)) since = undefined;
    else longest = Math.max(longest, second - (since ??= second) + 1);
  }
  return longest;
}
