import {
  defaultAssumptions,
  instanceCosts,
  planNames,
  planScaling,
  type ScalingPolicy,
  type StepScalingPolicy,
  type TargetTrackingPolicy,
} from '@loadwright/core/scaling';
import {
  LoadwrightError,
  type InstanceCapacity,
  type ScalingDemand,
  type ScalingRecommendation,
  type ScalingState,
} from '@loadwright/core/target';
import type { SagemakerOptions } from '../options.js';
import { planQueue } from './asynchronous.js';
import { formats } from './formats.js';
import { alarmName } from './names.js';
import {
  normalAlarm,
  normalPolicy,
  notSuspended,
  type NormalAlarm,
  type SagemakerScalingSettings,
} from './normal-form.js';
import { resourceOf, type ScaledResource } from './scaled-resource.js';

/**
 * @param found What is there: a policy that tracks a target keeps its name, so that it is changed and not doubled, and scheduled
 * actions stay.
 */
export function recommend(
  options: SagemakerOptions,
  capacity: InstanceCapacity,
  demand: ScalingDemand,
  found?: ScalingState,
): ScalingRecommendation {
  if (options.async) return recommendQueue(options, capacity, demand, found);
  if (demand.fromZero && options.inferenceComponent === undefined) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      'An endpoint scales from zero only with inference components, or as an asynchronous one.',
      {
        hint: 'Name a component with inferenceComponent, give async, or keep at least one instance.',
      },
    );
  }
  const plan = planScaling(capacity, demand, defaultAssumptions);
  const { min, max } = plan.rules;
  const there = found?.settings as SagemakerScalingSettings | undefined;
  const resource = found ? { ...resourceOf(options), id: found.resource } : resourceOf(options);
  const named = plan.rules.policies.map((policy) => ({ ...policy, name: nameOf(policy, there) }));
  const settings: SagemakerScalingSettings = {
    target: { MinCapacity: min, MaxCapacity: max, SuspendedState: notSuspended },
    policies: Object.fromEntries(named.map((policy) => [policy.name, policyOf(policy, resource)])),
    alarms: Object.fromEntries(
      named
        .filter((policy) => policy.type === 'step')
        .map((policy) => [alarmName(policy.name, resource), alarmOf(policy, resource)]),
    ),
    scheduledActions: there?.scheduledActions ?? {},
  };
  return {
    settings,
    rows: plan.rows,
    formats: formats(settings, resource),
    costs: instanceCosts(capacity, demand),
    notes: [
      ...plan.notes,
      ...(demand.fromZero ? ['The endpoint itself needs managed instance scaling with a minimum of 0.'] : []),
      ...(min > 0
        ? [
            'An idle endpoint keeps its instances: without requests there are no data, and target tracking does nothing.',
          ]
        : []),
    ],
  };
}

function recommendQueue(
  options: SagemakerOptions,
  capacity: InstanceCapacity,
  demand: ScalingDemand,
  found?: ScalingState,
): ScalingRecommendation {
  const there = found?.settings as SagemakerScalingSettings | undefined;
  const resource = found ? { ...resourceOf(options), id: found.resource } : resourceOf(options);
  const { endpointName } = options;
  const tracking = trackingName(planNames.tracking, there);
  const plan = planQueue(capacity, demand, { resource, endpointName, tracking });
  const settings = { ...plan.settings, scheduledActions: there?.scheduledActions ?? {} };
  return { ...plan, settings, formats: formats(settings, resource) };
}

const nameOf = (policy: ScalingPolicy, there: SagemakerScalingSettings | undefined) =>
  policy.type === 'step' ? policy.name : trackingName(policy.name, there);

/** A policy that tracks a target keeps its name. */
function trackingName(own: string, there: SagemakerScalingSettings | undefined): string {
  const tracking = Object.entries(there?.policies ?? {}).filter(
    ([, { PolicyType }]) => PolicyType === 'TargetTrackingScaling',
  );
  return tracking.length === 1 ? tracking[0]![0] : own;
}

function policyOf(policy: ScalingPolicy, resource: ScaledResource) {
  return policy.type === 'step' ? stepOf(policy) : trackingOf(policy, resource);
}

function trackingOf(policy: TargetTrackingPolicy, { predefined }: ScaledResource) {
  return normalPolicy({
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: policy.target,
      PredefinedMetricSpecification: { PredefinedMetricType: predefined[policy.metric] as never },
      ScaleOutCooldown: policy.scaleOutCooldownSeconds,
      ScaleInCooldown: policy.scaleInCooldownSeconds,
      DisableScaleIn: policy.disableScaleIn,
    },
  });
}

const adjustments = {
  change: 'ChangeInCapacity',
  percent: 'PercentChangeInCapacity',
  exact: 'ExactCapacity',
} as const;

function stepOf(policy: StepScalingPolicy) {
  return normalPolicy({
    PolicyType: 'StepScaling',
    StepScalingPolicyConfiguration: {
      AdjustmentType: adjustments[policy.adjustment],
      Cooldown: policy.cooldownSeconds,
      MetricAggregationType: 'Average',
      StepAdjustments: policy.steps.map(({ lower, upper, adjust }) => ({
        ...(lower !== undefined && { MetricIntervalLowerBound: lower }),
        ...(upper !== undefined && { MetricIntervalUpperBound: upper }),
        ScalingAdjustment: adjust,
      })),
    },
  });
}

const comparisons = {
  above: 'GreaterThanThreshold',
  'at-least': 'GreaterThanOrEqualToThreshold',
  below: 'LessThanThreshold',
  'at-most': 'LessThanOrEqualToThreshold',
} as const;
const missing = {
  missing: 'missing',
  breaching: 'breaching',
  'not-breaching': 'notBreaching',
  ignore: 'ignore',
} as const;

function alarmOf({ name, alarm }: StepScalingPolicy, resource: ScaledResource): NormalAlarm {
  const arn = 'policy';
  return normalAlarm(
    {
      Namespace: 'AWS/SageMaker',
      MetricName: resource.metrics[alarm.metric],
      Dimensions: [...resource.dimensions],
      Statistic: alarm.metric === 'concurrency' ? 'Average' : 'Sum',
      Period: alarm.periodSeconds,
      EvaluationPeriods: alarm.of,
      DatapointsToAlarm: alarm.datapoints,
      Threshold: alarm.threshold,
      ComparisonOperator: comparisons[alarm.comparison],
      TreatMissingData: missing[alarm.missing],
      AlarmActions: [arn],
    },
    new Map([[arn, name]]),
  );
}
