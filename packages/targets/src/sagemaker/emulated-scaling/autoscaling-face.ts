import { randomUUID } from 'node:crypto';
import type { EmulatedScaling } from './emulated-scaling.js';
import { ServiceError, validationError, type Members, type Operation } from './service-error.js';

/** Application Auto Scaling, as far as an endpoint's scaling needs it. */
export function autoScalingFace(scaling: EmulatedScaling): Readonly<Record<string, Operation>> {
  const { dimension } = scaling;
  const where = {
    ...{ ServiceNamespace: 'sagemaker', ResourceId: scaling.resourceId, ScalableDimension: dimension },
  };
  const isOurs = (input: Members) =>
    input['ResourceId'] === undefined || input['ResourceId'] === scaling.resourceId;
  const requireTarget = (input: Members) => {
    if (scaling.target && isOurs(input)) return;
    throw new ServiceError(
      'ObjectNotFoundException',
      `No scalable target registered for service namespace: sagemaker, resource ID: ${String(input['ResourceId'])}, scalable dimension: ${dimension}`,
    );
  };
  return {
    RegisterScalableTarget(input) {
      if (!isOurs(input)) throw validationError(`Could not find endpoint of ${String(input['ResourceId'])}`);
      const before = scaling.target;
      const MinCapacity = (input['MinCapacity'] as number | undefined) ?? before?.MinCapacity;
      const MaxCapacity = (input['MaxCapacity'] as number | undefined) ?? before?.MaxCapacity;
      if (MinCapacity === undefined || MaxCapacity === undefined) {
        throw validationError('Both minimum and maximum capacity are required for a new scalable target.');
      }
      if (MinCapacity > MaxCapacity)
        throw validationError('Maximum capacity cannot be less than minimum capacity');
      const SuspendedState = {
        ...before?.SuspendedState,
        ...(input['SuspendedState'] as Record<string, boolean> | undefined),
      };
      scaling.target = {
        MinCapacity,
        MaxCapacity,
        SuspendedState,
        CreationTime: before?.CreationTime ?? scaling.seconds(),
      };
      scaling.changed();
      return {
        ScalableTargetARN: `arn:aws:application-autoscaling:${scaling.region}:123456789012:scalable-target/emulated`,
      };
    },
    DeregisterScalableTarget(input) {
      requireTarget(input);
      scaling.target = undefined;
      scaling.policies.clear();
      scaling.scheduledActions.clear();
      scaling.changed();
      return {};
    },
    DescribeScalableTargets(input) {
      const ids = input['ResourceIds'] as string[] | undefined;
      const isAsked = ids === undefined || ids.includes(scaling.resourceId);
      return {
        ScalableTargets:
          scaling.target && isAsked
            ? [{ ...where, ...scaling.target, RoleARN: 'arn:aws:iam::123456789012:role/emulated' }]
            : [],
      };
    },
    PutScalingPolicy(input) {
      requireTarget(input);
      const PolicyName = input['PolicyName'] as string;
      const PolicyType = input['PolicyType'] as string;
      const { TargetTrackingScalingPolicyConfiguration, StepScalingPolicyConfiguration } = input as Record<
        string,
        Record<string, unknown> | undefined
      >;
      const before = scaling.policies.get(PolicyName);
      // A policy that is put again keeps its ARN.
      const PolicyARN =
        before?.PolicyARN ??
        `arn:aws:autoscaling:${scaling.region}:123456789012:scalingPolicy:${randomUUID()}:resource/sagemaker/${scaling.resourceId}:policyName/${String(PolicyName)}`;
      scaling.policies.set(PolicyName, {
        ...{ PolicyName, PolicyType, PolicyARN, CreationTime: before?.CreationTime ?? scaling.seconds() },
        ...(TargetTrackingScalingPolicyConfiguration && { TargetTrackingScalingPolicyConfiguration }),
        ...(StepScalingPolicyConfiguration && { StepScalingPolicyConfiguration }),
      });
      scaling.changed();
      return { PolicyARN, Alarms: scaling.alarmsOfPolicy(PolicyARN) };
    },
    DeleteScalingPolicy(input) {
      requireTarget(input);
      if (!scaling.policies.delete(input['PolicyName'] as string)) {
        throw new ServiceError(
          'ObjectNotFoundException',
          `No scaling policy found: ${String(input['PolicyName'])}`,
        );
      }
      scaling.changed();
      return {};
    },
    DescribeScalingPolicies(input) {
      const names = input['PolicyNames'] as string[] | undefined;
      return {
        ScalingPolicies: [...scaling.policies.values()]
          .filter(({ PolicyName }) => isOurs(input) && (names?.includes(PolicyName) ?? true))
          .map((policy) => ({ ...where, ...policy, Alarms: scaling.alarmsOfPolicy(policy.PolicyARN) })),
      };
    },
    PutScheduledAction(input) {
      requireTarget(input);
      const { ServiceNamespace: _, ResourceId: __, ScalableDimension: ___, ...action } = input;
      scaling.scheduledActions.set(input['ScheduledActionName'] as string, action);
      return {};
    },
    DescribeScheduledActions(input) {
      return {
        ScheduledActions: isOurs(input)
          ? [...scaling.scheduledActions.values()].map((action) => ({ ...where, ...action, CreationTime: 0 }))
          : [],
      };
    },
    DescribeScalingActivities(input) {
      const withReasons = input['IncludeNotScaledActivities'] === true;
      return { ScalingActivities: isOurs(input) ? scaling.activities(withReasons, where) : [] };
    },
  };
}
