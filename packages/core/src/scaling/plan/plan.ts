import type { InstanceCapacity, ScalingDemand, ScalingReason } from '../../target/scaling-contract.js';
import { formatDuration } from '../../values/duration.js';
import { formatFigure } from '../../values/format.js';
import type {
  ScalingAssumptions,
  ScalingPolicy,
  ScalingRules,
  StepScalingPolicy,
  TargetTrackingPolicy,
} from '../simulator/model.js';
import { cheapestHeadroom, jumpHeadroom, meanInstances, type Headroom } from './factor.js';
import { lagOf, type ScalingLag } from './lag.js';

/** Rules that carry a load, and why they are so. */
export interface ScalingPlan {
  readonly rules: ScalingRules;
  readonly headroom: Headroom;
  readonly strategy: 'tracking-invocations' | 'tracking-concurrency' | 'jump';
  readonly rows: readonly ScalingReason[];
  readonly notes: readonly string[];
}

/** Names of the policies that a plan sets. */
export const planNames = {
  tracking: 'loadwright-target',
  jump: 'loadwright-jump',
  back: 'loadwright-back',
  zero: 'loadwright-from-zero',
};

/** Points of the alarm that makes an endpoint jump: two of ten seconds, so that one burst does not. */
const jumpAlarm = { periodSeconds: 10, datapoints: 2, of: 2 } as const;

/** Back after as long as target tracking waits, and also when there is no request at all. */
const backAlarm = { periodSeconds: 60, datapoints: 15, of: 15 } as const;
/**
 * Of the load at which it jumps: back below that, or it would jump again. And clearly above the base: arrivals at random must stay below it
 * in fifteen minutes one after the other.
 */
const backShare = 0.9;

/**
 * Plans the scaling of an endpoint: of target tracking by invocations, by concurrency, and a jump to the peak, what costs least and
 * carries the ramp. The capacity that is planned with is the lower end of its interval.
 */
export function planScaling(
  capacity: InstanceCapacity,
  demand: ScalingDemand,
  assumptions: ScalingAssumptions,
): ScalingPlan {
  const perInstance = capacity.requestsPerSecond.low;
  const timed = { ...assumptions, startSeconds: demand.startSeconds };
  const slow = lagOf(timed.scaleOutAlarm, timed);
  const minuteLag = { ...slow, detectionSeconds: Math.max(slow.detectionSeconds, demand.detectionSeconds) };
  const candidates = [
    candidate('tracking-invocations', cheapestHeadroom(perInstance, demand, minuteLag), minuteLag),
    ...(capacity.serviceSeconds === undefined ? [] : fastCandidates(perInstance, demand, timed)),
  ];
  const cost = ({ headroom }: Candidate) => meanInstances(headroom, perInstance, demand);
  // Of equal ones the first: the simplest.
  const best = candidates.reduce((one, other) => (cost(other) < cost(one) ? other : one));
  const most = Math.ceil(demand.peakPerSecond / (best.headroom.factor * perInstance));
  // A jump goes to a fixed number: target tracking must not want more than that, or the two would pull at each other.
  const max = Math.max(
    best.strategy === 'jump' ? most : most + Math.ceil(most * 0.1),
    best.headroom.instances,
  );
  const policies = policiesOf(best, capacity, most, demand);
  const min = demand.fromZero ? 0 : best.headroom.instances;
  return {
    rules: { min, max, policies, suspended: { in: false, out: false } },
    headroom: best.headroom,
    strategy: best.strategy,
    rows: rowsOf(best, capacity, demand, { min, max, most, policies }),
    notes: notesOf(best, capacity, demand, perInstance),
  };
}

interface Candidate {
  readonly strategy: ScalingPlan['strategy'];
  readonly headroom: Headroom;
  readonly lag: ScalingLag;
}

const candidate = (strategy: Candidate['strategy'], headroom: Headroom, lag: ScalingLag): Candidate => ({
  strategy,
  headroom,
  lag,
});

function fastCandidates(perInstance: number, demand: ScalingDemand, timed: ScalingAssumptions): Candidate[] {
  const tracking = lagOf(timed.fastScaleOutAlarm, timed);
  const jump = lagOf(jumpAlarm, timed);
  return [
    candidate('tracking-concurrency', cheapestHeadroom(perInstance, demand, tracking), tracking),
    // It comes back to its base, which would be none: target tracking can go there by itself.
    ...(demand.fromZero ? [] : [candidate('jump', jumpHeadroom(perInstance, demand, jump), jump)]),
  ];
}

/** Requests a minute and instance, or requests in an instance, at a share of its capacity. */
function targetOf(
  metric: TargetTrackingPolicy['metric'],
  capacity: InstanceCapacity,
  factor: number,
): number {
  const rate = capacity.requestsPerSecond.low * factor;
  return rounded(metric === 'invocations' ? rate * 60 : rate * (capacity.serviceSeconds ?? NaN));
}

/** Three significant figures, downwards: a target that is too low is safe. */
function rounded(value: number): number {
  const scale = 10 ** (2 - Math.floor(Math.log10(value)));
  return Math.floor(value * scale + 1e-9) / scale;
}

function policiesOf(
  { strategy, headroom, lag }: Candidate,
  capacity: InstanceCapacity,
  most: number,
  demand: ScalingDemand,
): ScalingPolicy[] {
  const metric = strategy === 'tracking-concurrency' ? 'concurrency' : 'invocations';
  const tracking: TargetTrackingPolicy = {
    type: 'target-tracking',
    name: planNames.tracking,
    metric,
    target: targetOf(metric, capacity, headroom.factor),
    scaleOutCooldownSeconds: lag.cooldownSeconds,
    scaleInCooldownSeconds: scaleInCooldown(lag),
    // After a jump it would see too many instances, and take them back before the load comes.
    disableScaleIn: strategy === 'jump',
  };
  const step = (
    name: string,
    rest: Pick<StepScalingPolicy, 'alarm' | 'adjustment' | 'steps'>,
  ): StepScalingPolicy => ({
    ...{ type: 'step', name, minimumChange: 1, cooldownSeconds: lag.cooldownSeconds },
    ...rest,
  });
  const threshold = rounded((headroom.from / headroom.instances) * (capacity.serviceSeconds ?? NaN));
  return [
    tracking,
    ...(strategy === 'jump'
      ? [
          step(planNames.jump, {
            alarm: {
              ...jumpAlarm,
              metric: 'concurrency',
              threshold,
              comparison: 'above',
              missing: 'not-breaching',
            },
            adjustment: 'exact',
            steps: [{ lower: 0, adjust: most }],
          }),
          step(planNames.back, {
            alarm: {
              ...{ ...backAlarm, metric: 'invocations', comparison: 'below' },
              ...{ threshold: rounded((backShare * headroom.from * 60) / most), missing: 'breaching' },
            },
            adjustment: 'exact',
            steps: [{ upper: 0, adjust: headroom.instances }],
          }),
        ]
      : []),
    ...(demand.fromZero
      ? [
          step(planNames.zero, {
            alarm: {
              ...{ periodSeconds: 60, datapoints: 1, of: 1, metric: 'no-capacity', threshold: 1 },
              ...{ comparison: 'at-least', missing: 'missing' },
            },
            adjustment: 'change',
            steps: [{ lower: 0, adjust: headroom.instances }],
          }),
        ]
      : []),
  ];
}

/** What was removed takes the whole lag to come back. */
const scaleInCooldown = (lag: ScalingLag) =>
  Math.max(300, Math.ceil((lag.detectionSeconds + lag.startSeconds) / 60) * 60);

function rowsOf(
  { strategy, headroom, lag }: Candidate,
  capacity: InstanceCapacity,
  demand: ScalingDemand,
  {
    min,
    max,
    most,
    policies,
  }: { min: number; max: number; most: number; policies: readonly ScalingPolicy[] },
): ScalingReason[] {
  const { factor, from, to } = headroom;
  const wait = lag.detectionSeconds + lag.startSeconds;
  const minutes = wait / 60;
  const growth = (to / from) ** (1 / minutes) - 1;
  const rate = formatFigure(capacity.requestsPerSecond.low);
  const tracking = policies.find((policy) => policy.type === 'target-tracking')!;
  const concurrency =
    capacity.serviceSeconds === undefined ? undefined : targetOf('concurrency', capacity, factor);
  return [
    row('strategy', strategyNames[strategy], strategyReasons[strategy]),
    row(
      'factor',
      formatFigure(factor),
      strategy === 'jump'
        ? 'share of the capacity that is planned with; the rest is for chance'
        : `the load grows from ${formatFigure(from)}/s to ${formatFigure(to)}/s (${formatFigure(growth * 100)} % a minute) in the ` +
            `${formatDuration(wait)} until a new instance serves; at most 1 ÷ (1 + r)^L = ${formatFigure(Math.min(1, from / to))}, ` +
            'and what then starts must last until the next instances can come',
    ),
    row(
      'invocations target',
      `${targetOf('invocations', capacity, factor)} a minute and instance`,
      `${rate}/s (lower end of the capacity) × ${formatFigure(factor)} × 60`,
    ),
    ...(concurrency === undefined
      ? []
      : [
          row(
            'concurrency target',
            `${concurrency} an instance`,
            `${rate}/s × ${formatFigure(factor)} × ${formatFigure(capacity.serviceSeconds! * 1000)} ms (Little's law)`,
          ),
        ]),
    row('min', String(min), minReason(min, headroom, demand)),
    row(
      'max',
      String(max),
      `${most} for ${formatFigure(demand.peakPerSecond)}/s at the factor${max > most ? ', and a tenth more' : ''}`,
    ),
    row(
      'scale-out cooldown',
      formatDuration(tracking.scaleOutCooldownSeconds),
      'until the metric has seen the new instances',
    ),
    row(
      'scale-in cooldown',
      formatDuration(tracking.scaleInCooldownSeconds),
      'what was removed takes the whole lag to come back',
    ),
    ...policies.filter((policy) => policy.type === 'step').map(stepRow),
  ];
}

const row = (name: string, value: string, reason: string): ScalingReason => ({ name, value, reason });

const strategyNames = {
  'tracking-invocations': 'target tracking, invocations per instance',
  'tracking-concurrency': 'target tracking, concurrent requests (10 s)',
  jump: 'step scaling to the peak and back',
};
const strategyReasons = {
  'tracking-invocations': 'carries the ramp, and no other costs less',
  'tracking-concurrency': 'its metric comes every ten seconds: less headroom is needed than with invocations',
  jump: 'target tracking goes up in proportion and waits between two changes: it cannot follow this ramp as cheaply',
};

function minReason(min: number, { instances, to }: Headroom, demand: ScalingDemand): string {
  if (min === 0) return `none without load; the first request fails, and ${instances} start`;
  const isAll = to >= demand.peakPerSecond;
  return isAll
    ? 'the peak is there before a new instance could serve'
    : `carry ${formatFigure(to)}/s, which is the load when the first new instance serves`;
}

function stepRow(policy: ScalingPolicy): ScalingReason {
  if (policy.type !== 'step') throw new Error('not a step policy');
  const [first] = policy.steps;
  if (policy.name === planNames.back) {
    const when = `when an instance has fewer than ${policy.alarm.threshold} requests a minute for 15m, or none`;
    return row('step', `to ${first!.adjust} instances`, when);
  }
  return policy.adjustment === 'exact'
    ? row(
        'step',
        `to ${first!.adjust} instances`,
        `when ${policy.alarm.threshold} requests are in an instance for 20 s`,
      )
    : row(
        'step',
        `+${first!.adjust} instances`,
        'when requests fail for want of an instance: target tracking cannot begin at zero',
      );
}

function notesOf(
  { headroom }: Candidate,
  capacity: InstanceCapacity,
  demand: ScalingDemand,
  perInstance: number,
): string[] {
  const { low, high } = capacity.requestsPerSecond;
  const most = (rate: number) => Math.ceil(demand.peakPerSecond / (headroom.factor * rate));
  return [
    ...(high > low
      ? [`The peak takes ${most(high)} to ${most(low)} instances, by the interval of the capacity.`]
      : []),
    ...(headroom.instances * perInstance >= demand.peakPerSecond
      ? [
          'Scaling cannot carry this ramp: as many instances as the peak needs must be there before it. A scheduled action can add them.',
        ]
      : []),
    `The start of an instance (${formatDuration(demand.startSeconds)}) and the delay of the metrics are assumptions: measure them with a ramp, and recommend again.`,
  ];
}

/** The formula that AWS publishes: the highest rate of an instance × 0.5 × 60, and nothing else. */
export function handFormula(capacity: InstanceCapacity, demand: ScalingDemand): ScalingRules {
  const factor = 0.5;
  const perInstance = capacity.requestsPerSecond.low * factor;
  const policy: TargetTrackingPolicy = {
    type: 'target-tracking',
    name: 'hand-formula',
    metric: 'invocations',
    target: perInstance * 60,
    scaleOutCooldownSeconds: 300,
    scaleInCooldownSeconds: 300,
    disableScaleIn: false,
  };
  return {
    min: Math.max(1, Math.ceil(demand.basePerSecond / perInstance)),
    max: Math.ceil((demand.peakPerSecond / perInstance) * 1.1),
    policies: [policy],
    suspended: { in: false, out: false },
  };
}
