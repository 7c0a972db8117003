import type {
  ScalableTarget,
  ScalingPolicy,
  ScheduledAction,
} from '@aws-sdk/client-application-auto-scaling';
import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { LoadwrightError, type JsonObject, type JsonValue } from '@loadwright/core/target';

/** All of an endpoint's scaling that can be put back, in one form: defaults are written out, and what the service makes up is not there. */
export interface SagemakerScalingSettings extends JsonObject {
  /** Null: not registered. */
  readonly target: {
    readonly MinCapacity: number;
    readonly MaxCapacity: number;
    readonly SuspendedState: Suspended;
  } | null;
  /** By name. */
  readonly policies: Readonly<Record<string, NormalPolicy>>;
  /** Alarms of step policies, by name. */
  readonly alarms: Readonly<Record<string, NormalAlarm>>;
  /** By name. */
  readonly scheduledActions: Readonly<Record<string, JsonObject>>;
}

const members = ['target', 'policies', 'alarms', 'scheduledActions'] as const;

/** @throws LoadwrightError `CONFIG_INVALID` for settings in another form. */
export function settingsFrom(settings: JsonObject): SagemakerScalingSettings {
  const missing = members.filter((name) => typeof settings[name] !== 'object');
  if (missing.length === 0) return settings as SagemakerScalingSettings;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `settings: found ${Object.keys(settings).join(', ') || 'nothing'}, expected ${members.join(', ')}. Nothing was changed.`,
    { hint: 'Use those of a recommendation, or of a state that was described.' },
  );
}

export interface Suspended extends JsonObject {
  readonly DynamicScalingInSuspended: boolean;
  readonly DynamicScalingOutSuspended: boolean;
  readonly ScheduledScalingSuspended: boolean;
}

export interface NormalPolicy extends JsonObject {
  readonly PolicyType: 'TargetTrackingScaling' | 'StepScaling' | 'PredictiveScaling';
  readonly configuration: JsonObject;
}

/** As of PutMetricAlarm; in place of ARNs of policies their names. */
export interface NormalAlarm extends JsonObject {
  readonly policies: string[];
  readonly otherActions: string[];
}

export const notSuspended: Suspended = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
};
export const allSuspended: Suspended = {
  DynamicScalingInSuspended: true,
  DynamicScalingOutSuspended: true,
  ScheduledScalingSuspended: true,
};

/** Seconds of SageMaker's variants, where a policy does not say. */
const defaultCooldown = 300;

export function normalTarget(target: ScalableTarget | undefined): SagemakerScalingSettings['target'] {
  if (!target) return null;
  return {
    MinCapacity: target.MinCapacity!,
    MaxCapacity: target.MaxCapacity!,
    SuspendedState: { ...notSuspended, ...defined(target.SuspendedState) },
  };
}

/** What of a policy can be set. */
type PolicyMembers = Partial<
  Pick<
    ScalingPolicy,
    | 'PolicyType'
    | 'TargetTrackingScalingPolicyConfiguration'
    | 'StepScalingPolicyConfiguration'
    | 'PredictiveScalingPolicyConfiguration'
  >
>;

export function normalPolicy(policy: PolicyMembers): NormalPolicy {
  const type = policy.PolicyType as NormalPolicy['PolicyType'];
  if (type === 'TargetTrackingScaling') {
    const configuration = {
      DisableScaleIn: false,
      ScaleInCooldown: defaultCooldown,
      ScaleOutCooldown: defaultCooldown,
    };
    return {
      PolicyType: type,
      configuration: { ...configuration, ...defined(policy.TargetTrackingScalingPolicyConfiguration) },
    };
  }
  if (type === 'StepScaling') {
    const { StepAdjustments = [], ...rest } = policy.StepScalingPolicyConfiguration ?? {};
    const bound = (step: JsonObject) => Number(step['MetricIntervalLowerBound'] ?? -Infinity);
    const steps = StepAdjustments.map(defined).toSorted((one, other) => bound(one) - bound(other));
    return {
      PolicyType: type,
      configuration: {
        Cooldown: defaultCooldown,
        MetricAggregationType: 'Average',
        ...defined(rest),
        StepAdjustments: steps,
      },
    };
  }
  return { PolicyType: type, configuration: defined(policy.PredictiveScalingPolicyConfiguration) };
}

/** What of an alarm can be set; the rest is its state, and the service's own. */
const alarmMembers = [
  ...[
    'AlarmDescription',
    'ActionsEnabled',
    'OKActions',
    'InsufficientDataActions',
    'MetricName',
    'Namespace',
  ],
  ...[
    'Statistic',
    'ExtendedStatistic',
    'Dimensions',
    'Period',
    'Unit',
    'EvaluationPeriods',
    'DatapointsToAlarm',
  ],
  ...[
    'Threshold',
    'ComparisonOperator',
    'TreatMissingData',
    'EvaluateLowSampleCountPercentile',
    'Metrics',
    'ThresholdMetricId',
  ],
] as const;

/** @param names Names of the resource's policies by their ARNs. */
export function normalAlarm(alarm: MetricAlarm, names: ReadonlyMap<string, string>): NormalAlarm {
  const all = defined(alarm);
  const kept = Object.fromEntries(
    alarmMembers.flatMap((name) => (isEmpty(all[name]) ? [] : [[name, all[name]!]])),
  );
  const actions = alarm.AlarmActions ?? [];
  const byName = (one: JsonValue, other: JsonValue) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);
  return {
    ...{
      ActionsEnabled: true,
      TreatMissingData: 'missing',
      DatapointsToAlarm: alarm.EvaluationPeriods ?? null,
    },
    ...kept,
    Dimensions: (alarm.Dimensions ?? []).map(defined).toSorted(byName),
    policies: actions.flatMap((arn) => names.get(arn) ?? []).toSorted(),
    otherActions: actions.filter((arn) => !names.has(arn)).toSorted(),
  };
}

export function normalScheduledAction(action: ScheduledAction): JsonObject {
  const { Schedule, Timezone, StartTime, EndTime, ScalableTargetAction } = action;
  return defined({ Schedule, Timezone, StartTime, EndTime, ScalableTargetAction });
}

/** As JSON: without members that are undefined, dates as text. */
function defined(value: object | undefined): JsonObject {
  return JSON.parse(JSON.stringify(value ?? {})) as JsonObject;
}

const isEmpty = (value: JsonValue | undefined) =>
  value === undefined || (Array.isArray(value) && value.length === 0);
