import { defaultAssumptions, fixedWays, lagOf, planNames, wayNames } from '@loadwright/core/scaling';
import {
  formatDuration,
  type InstanceCapacity,
  type ScalingCosts,
  type ScalingDemand,
  type ScalingReason,
} from '@loadwright/core/target';
import { alarmName } from './names.js';
import {
  normalAlarm,
  normalPolicy,
  notSuspended,
  type NormalAlarm,
  type NormalPolicy,
  type SagemakerScalingSettings,
} from './normal-form.js';
import type { ScaledResource } from './scaled-resource.js';

/** Nobody plans with instances that are full: arrivals come at random. */
const usedShare = 0.85;

/** How an endpoint with a queue is scaled, by what waits in it. */
export interface QueuePlan {
  readonly settings: Pick<SagemakerScalingSettings, 'target' | 'policies' | 'alarms'>;
  readonly rows: readonly ScalingReason[];
  readonly notes: readonly string[];
  readonly costs: ScalingCosts;
}

/**
 * Plans the scaling of an asynchronous endpoint. Its queue carries a ramp until instances come, so that none must be there before. What
 * AWS documents for it: target tracking of the backlog of an instance, and a step from zero, where there is a backlog and no instance:
 * https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
 *
 * @param tracking Name of the policy that tracks the target.
 */
export function planQueue(
  capacity: InstanceCapacity,
  demand: ScalingDemand,
  { resource, endpointName, tracking }: { resource: ScaledResource; endpointName: string; tracking: string },
): QueuePlan {
  const perInstance = capacity.requestsPerSecond.low;
  const lag = lagOf(defaultAssumptions.scaleOutAlarm, {
    ...defaultAssumptions,
    startSeconds: demand.startSeconds,
  });
  const full = (rate: number) => Math.ceil(rate / (usedShare * perInstance));
  const first = Math.max(1, full(demand.basePerSecond));
  const min = demand.fromZero ? 0 : first;
  const max = Math.max(first, full(demand.peakPerSecond));
  const target = Math.max(1, Math.floor(perInstance * demand.startSeconds));
  const scaleIn = Math.max(300, Math.ceil((lag.detectionSeconds + lag.startSeconds) / 60) * 60);
  const dimensions = [{ Name: 'EndpointName', Value: endpointName }];
  const step = {
    policies: { [planNames.zero]: stepFromZero(first, lag.cooldownSeconds) },
    alarms: { [alarmName(planNames.zero, resource)]: backlogAlarm(dimensions) },
  };
  return {
    settings: {
      target: { MinCapacity: min, MaxCapacity: max, SuspendedState: notSuspended },
      policies: {
        [tracking]: normalPolicy({
          PolicyType: 'TargetTrackingScaling',
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: target,
            CustomizedMetricSpecification: {
              ...{ MetricName: 'ApproximateBacklogSizePerInstance', Namespace: 'AWS/SageMaker' },
              ...{ Dimensions: dimensions, Statistic: 'Average' },
            },
            ScaleOutCooldown: lag.cooldownSeconds,
            ScaleInCooldown: scaleIn,
          },
        }),
        ...(demand.fromZero && step.policies),
      },
      alarms: demand.fromZero ? step.alarms : {},
    },
    rows: rowsOf({
      perInstance,
      demand,
      cooldownSeconds: lag.cooldownSeconds,
      first,
      min,
      max,
      target,
      scaleIn,
    }),
    notes: [
      'Requests wait in the queue while instances start: the time that they wait is no failure, and part of each response time.',
      ...(demand.fromZero
        ? [
            `A request that comes to no instance waits for about ${formatDuration(stepSeconds + demand.startSeconds)}.`,
          ]
        : []),
      `The start of an instance (${formatDuration(demand.startSeconds)}) is an assumption: measure it, and recommend again.`,
    ],
    costs: {
      ...{ units: 'instances', requestsPerUnit: perInstance },
      ways: [
        { name: wayNames.recommended, instances: [min, max] },
        ...fixedWays((share) => Math.ceil(demand.peakPerSecond / (share * perInstance))),
      ],
    },
  };
}

/** Two points of a minute, the one that had begun, and their publication. */
const stepSeconds = 3 * 60 + defaultAssumptions.publicationSeconds;

function stepFromZero(first: number, cooldownSeconds: number): NormalPolicy {
  return normalPolicy({
    PolicyType: 'StepScaling',
    StepScalingPolicyConfiguration: {
      AdjustmentType: 'ChangeInCapacity',
      Cooldown: cooldownSeconds,
      MetricAggregationType: 'Average',
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: first }],
    },
  });
}

/** The metric is 1 while requests wait and there is no instance. */
function backlogAlarm(dimensions: { Name: string; Value: string }[]): NormalAlarm {
  const arn = 'policy';
  return normalAlarm(
    {
      ...{ Namespace: 'AWS/SageMaker', MetricName: 'HasBacklogWithoutCapacity', Dimensions: dimensions },
      ...{ Statistic: 'Average', Period: 60, EvaluationPeriods: 2, DatapointsToAlarm: 2, Threshold: 1 },
      ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', TreatMissingData: 'missing' },
      AlarmActions: [arn],
    },
    new Map([[arn, planNames.zero]]),
  );
}

function rowsOf(plan: {
  readonly perInstance: number;
  readonly demand: ScalingDemand;
  readonly cooldownSeconds: number;
  readonly first: number;
  readonly min: number;
  readonly max: number;
  readonly target: number;
  readonly scaleIn: number;
}): ScalingReason[] {
  const { perInstance, demand, cooldownSeconds, first, min, max, target, scaleIn } = plan;
  const rate = `${perInstance}/s (lower end of the capacity)`;
  const row = (name: string, value: string, reason: string) => ({ name, value, reason });
  return [
    row(
      'strategy',
      'target tracking, backlog of an instance',
      'the queue holds what comes before instances do',
    ),
    row(
      'backlog target',
      `${target} an instance`,
      `${rate} × ${formatDuration(demand.startSeconds)}: what an instance works off while another one starts needs no other one`,
    ),
    row(
      'min',
      String(min),
      min === 0
        ? 'none without load; requests wait in the queue until the first instance serves'
        : `for ${demand.basePerSecond}/s at ${usedShare} of the capacity`,
    ),
    row('max', String(max), `for ${demand.peakPerSecond}/s at ${usedShare} of the capacity`),
    row('scale-out cooldown', formatDuration(cooldownSeconds), 'until the metric has seen the new instances'),
    row('scale-in cooldown', formatDuration(scaleIn), 'what was removed takes the whole lag to come back'),
    ...(demand.fromZero
      ? [
          row(
            'step',
            `+${first} instance${first === 1 ? '' : 's'}`,
            'when requests wait and there is no instance: the backlog of an instance has no value then',
          ),
        ]
      : []),
  ];
}
