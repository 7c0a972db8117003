import type { ScalingPolicy } from '@aws-sdk/client-application-auto-scaling';
import { planNames } from '@loadwright/core/scaling';
import type {
  ScalingActivity,
  ScalingObservation,
  ScalingState,
  TargetContext,
} from '@loadwright/core/target';
import type { SagemakerOptions } from '../options.js';
import { ScalingApi } from './api.js';
import { alarmNames } from './names.js';
import {
  normalAlarm,
  normalPolicy,
  normalScheduledAction,
  normalTarget,
  type SagemakerScalingSettings,
} from './normal-form.js';
import { variantOf } from './scaled-resource.js';

export interface SagemakerScalingState extends ScalingState {
  readonly settings: SagemakerScalingSettings;
  /** ARNs of the policies by their names: for the actions of alarms. */
  readonly arns: Readonly<Record<string, string>>;
}

export async function describe(options: SagemakerOptions, context: TargetContext): Promise<ScalingState> {
  return ScalingApi.use(options, context, async (api) => {
    // The ARNs are no part of what can be put back.
    const { arns: _, ...state } = await readState(api, options);
    return state;
  });
}

export async function readState(api: ScalingApi, options: SagemakerOptions): Promise<SagemakerScalingState> {
  const size = await readSize(api, options);
  const [target, policies, scheduled] = await Promise.all([
    api.target(),
    api.policies(),
    api.scheduledActions(),
  ]);
  const arns = new Map(policies.map(({ PolicyARN, PolicyName }) => [PolicyARN!, PolicyName!]));
  const steps = policies.filter(({ PolicyType }) => PolicyType === 'StepScaling');
  const linked = steps.flatMap(({ Alarms = [] }) => Alarms.map(({ AlarmName }) => AlarmName!));
  // Of ours the policy may be gone already, after a crash.
  const alarms = await api.alarms([...new Set([...linked, ...alarmNames(api.resource)])]);
  const byName = <Item, Value>(
    items: readonly Item[],
    name: (item: Item) => string,
    value: (item: Item) => Value,
  ) =>
    Object.fromEntries(
      items
        .map((item) => [name(item), value(item)] as const)
        .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    );
  const normal = normalTarget(target);
  const suspended = normal?.SuspendedState;
  return {
    resource: api.resource.id,
    ...size,
    settings: {
      target: normal,
      policies: byName(policies, ({ PolicyName }) => PolicyName!, normalPolicy),
      alarms: byName(
        alarms,
        ({ AlarmName }) => AlarmName!,
        (alarm) => normalAlarm(alarm, arns),
      ),
      scheduledActions: byName(
        scheduled,
        ({ ScheduledActionName }) => ScheduledActionName!,
        normalScheduledAction,
      ),
    },
    ...conflictsOf(policies),
    suspended: suspended !== undefined && Object.values(suspended).some(Boolean),
    arns: Object.fromEntries([...arns].map(([arn, name]) => [name, arn])),
  };
}

/** Step policies of ours stand beside the one that tracks a target: they are made for it. */
const besideTracking: ReadonlySet<string> = new Set([planNames.jump, planNames.back, planNames.zero]);

/** A policy beside one that tracks a target. Step policies alone are no conflict: one goes up, and one down. */
function conflictsOf(policies: readonly ScalingPolicy[]): Pick<ScalingState, 'conflicts'> {
  const found = policies.filter(({ PolicyName }) => !besideTracking.has(PolicyName!));
  const isConflict =
    found.length > 1 && found.some(({ PolicyType }) => PolicyType === 'TargetTrackingScaling');
  if (!isConflict) return {};
  const names = found.map(({ PolicyName }) => PolicyName!).toSorted();
  return {
    conflicts: [`Of the policies ${names.join(', ')} the one that asks for the largest capacity wins.`],
  };
}

type Size = Pick<ScalingState, 'instances' | 'busy' | 'otherScalers'>;

export async function readSize(api: ScalingApi, options: SagemakerOptions): Promise<Size> {
  const endpoint = await api.endpoint();
  if (options.inferenceComponent !== undefined) {
    const component = await api.component(options.inferenceComponent);
    const { CurrentCopyCount: current = 0, DesiredCopyCount: desired = current } =
      component.RuntimeConfig ?? {};
    return {
      instances: { current, desired },
      busy: component.InferenceComponentStatus !== 'InService',
      otherScalers: [],
    };
  }
  const variant = variantOf(options, endpoint);
  const { CurrentInstanceCount: current = 0, DesiredInstanceCount: desired = current } = variant;
  const managed = variant.ManagedInstanceScaling;
  return {
    instances: { current, desired },
    busy: endpoint.EndpointStatus !== 'InService',
    otherScalers: [
      ...(managed?.Status === 'ENABLED'
        ? [
            `Managed instance scaling keeps ${managed.MinInstanceCount} to ${managed.MaxInstanceCount} instances.`,
          ]
        : []),
      ...(variant.InstancePools?.length
        ? ['The variant mixes instance types, so that a figure per instance has no single meaning.']
        : []),
    ],
  };
}

export async function observe(
  options: SagemakerOptions,
  context: TargetContext,
  since: number,
): Promise<ScalingObservation> {
  return ScalingApi.use(options, context, async (api) => {
    const { instances } = await readSize(api, options);
    const activities = await api.activities(since);
    return {
      instances,
      activities: activities.map((activity): ScalingActivity => {
        const reasons = activity.NotScaledReasons?.map(({ Code }) => Code!) ?? [];
        return {
          at: Number(activity.StartTime),
          status: reasons.length > 0 ? 'not-scaled' : (statuses[activity.StatusCode!] ?? 'failed'),
          description: activity.Description ?? '',
          cause: activity.Cause ?? '',
          ...(reasons.length > 0 && { notScaledReasons: reasons }),
        };
      }),
    };
  });
}

const statuses: Readonly<Record<string, ScalingActivity['status']>> = {
  Pending: 'pending',
  InProgress: 'in-progress',
  Successful: 'successful',
};
