import type { ScalingPolicy as SimulatedPolicy, ScalingRules, StepAlarm } from '@loadwright/core/scaling';

/** Application Auto Scaling's side of an endpoint, in its own words. */
export interface RegisteredTarget {
  MinCapacity: number;
  MaxCapacity: number;
  SuspendedState: Record<string, boolean>;
  readonly CreationTime: number;
}

export interface PutPolicy {
  readonly PolicyName: string;
  readonly PolicyARN: string;
  readonly PolicyType: string;
  readonly CreationTime: number;
  readonly TargetTrackingScalingPolicyConfiguration?: Record<string, unknown>;
  readonly StepScalingPolicyConfiguration?: Record<string, unknown>;
}

export type PutAlarm = Readonly<Record<string, unknown>> & {
  readonly AlarmName: string;
  readonly AlarmActions?: readonly string[];
};

const metrics: Readonly<Record<string, StepAlarm['metric']>> = {
  InvocationsPerInstance: 'invocations',
  InvocationsPerCopy: 'invocations',
  ConcurrentRequestsPerModel: 'concurrency',
  ConcurrentRequestsPerCopy: 'concurrency',
  NoCapacityInvocationFailures: 'no-capacity',
};
const comparisons: Readonly<Record<string, StepAlarm['comparison']>> = {
  GreaterThanThreshold: 'above',
  GreaterThanOrEqualToThreshold: 'at-least',
  LessThanThreshold: 'below',
  LessThanOrEqualToThreshold: 'at-most',
};
const missing: Readonly<Record<string, StepAlarm['missing']>> = {
  missing: 'missing',
  breaching: 'breaching',
  notBreaching: 'not-breaching',
  ignore: 'ignore',
};
const adjustments = {
  ChangeInCapacity: 'change',
  PercentChangeInCapacity: 'percent',
  ExactCapacity: 'exact',
} as const;

/** The rules of the simulator that say the same. */
export function rulesOf(
  target: RegisteredTarget | undefined,
  policies: readonly PutPolicy[],
  alarms: readonly PutAlarm[],
): ScalingRules {
  if (!target) return { min: 0, max: Infinity, policies: [], suspended: { in: false, out: false } };
  const { SuspendedState: suspended } = target;
  return {
    min: target.MinCapacity,
    max: target.MaxCapacity,
    policies: policies.flatMap((policy) => policyOf(policy, alarms) ?? []),
    suspended: {
      in: suspended['DynamicScalingInSuspended'] ?? false,
      out: suspended['DynamicScalingOutSuspended'] ?? false,
    },
  };
}

function policyOf(policy: PutPolicy, alarms: readonly PutAlarm[]): SimulatedPolicy | undefined {
  const tracking = policy.TargetTrackingScalingPolicyConfiguration;
  if (tracking) {
    const { PredefinedMetricType: metric } = (tracking['PredefinedMetricSpecification'] ?? {}) as Record<
      string,
      string
    >;
    // A metric of one's own, such as the backlog of a queue, has no data here.
    if (metric === undefined) return undefined;
    return {
      type: 'target-tracking',
      name: policy.PolicyName,
      metric: metric.includes('Concurrent') ? 'concurrency' : 'invocations',
      target: Number(tracking['TargetValue']),
      scaleOutCooldownSeconds: Number(tracking['ScaleOutCooldown'] ?? 300),
      scaleInCooldownSeconds: Number(tracking['ScaleInCooldown'] ?? 300),
      disableScaleIn: tracking['DisableScaleIn'] === true,
    };
  }
  const step = policy.StepScalingPolicyConfiguration!;
  const alarm = alarms.find(({ AlarmActions = [] }) => AlarmActions.includes(policy.PolicyARN));
  // Nothing asks a policy without an alarm, or whose alarm has no data.
  if (!alarm || metrics[String(alarm['MetricName'])] === undefined) return undefined;
  return {
    type: 'step',
    name: policy.PolicyName,
    alarm: alarmOf(alarm),
    adjustment: adjustments[step['AdjustmentType'] as keyof typeof adjustments],
    steps: (step['StepAdjustments'] as Record<string, number>[]).map((adjustment) => ({
      ...(adjustment['MetricIntervalLowerBound'] !== undefined && {
        lower: adjustment['MetricIntervalLowerBound'],
      }),
      ...(adjustment['MetricIntervalUpperBound'] !== undefined && {
        upper: adjustment['MetricIntervalUpperBound'],
      }),
      adjust: adjustment['ScalingAdjustment']!,
    })),
    minimumChange: Number(step['MinAdjustmentMagnitude'] ?? 1),
    cooldownSeconds: Number(step['Cooldown'] ?? 300),
  };
}

function alarmOf(alarm: PutAlarm): StepAlarm {
  return {
    metric: metrics[String(alarm['MetricName'])]!,
    threshold: Number(alarm['Threshold']),
    comparison: comparisons[String(alarm['ComparisonOperator'])] ?? 'above',
    missing: missing[String(alarm['TreatMissingData'] ?? 'missing')]!,
    periodSeconds: Number(alarm['Period']),
    datapoints: Number(alarm['DatapointsToAlarm'] ?? alarm['EvaluationPeriods']),
    of: Number(alarm['EvaluationPeriods']),
  };
}
