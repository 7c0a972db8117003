import type { JsonObject } from '@loadwright/core/target';
import type { SagemakerScalingSettings } from './normal-form.js';
import type { ScaledResource } from './scaled-resource.js';
import { pascal } from './spelling.js';

/** A template of CloudFormation. */
export function cloudFormation(
  { target, policies, alarms }: SagemakerScalingSettings,
  { id, dimension }: ScaledResource,
): JsonObject {
  const { MinCapacity, MaxCapacity } = target!;
  const scalable: JsonObject = {
    Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
    Properties: {
      ServiceNamespace: 'sagemaker',
      ResourceId: id,
      ScalableDimension: dimension,
      MinCapacity,
      MaxCapacity,
    },
  };
  const policyResources = Object.entries(policies).map(([name, { PolicyType, configuration }]) => {
    const member =
      PolicyType === 'StepScaling'
        ? 'StepScalingPolicyConfiguration'
        : 'TargetTrackingScalingPolicyConfiguration';
    const Properties = {
      PolicyName: name,
      PolicyType,
      ScalingTargetId: { Ref: targetId },
      [member]: configuration,
    };
    return [pascal(name), { Type: 'AWS::ApplicationAutoScaling::ScalingPolicy', Properties }] as const;
  });
  const alarmResources = Object.entries(alarms).map(
    ([name, { policies: names, otherActions: _, ...alarm }]) => {
      const Properties = {
        AlarmName: name,
        ...alarm,
        AlarmActions: names.map((policy) => ({ Ref: pascal(policy) })),
      };
      return [`${pascal(names[0]!)}Alarm`, { Type: 'AWS::CloudWatch::Alarm', Properties }] as const;
    },
  );
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Scaling of ${id}, as Loadwright recommends it`,
    Resources: {
      [targetId]: scalable,
      ...Object.fromEntries(policyResources),
      ...Object.fromEntries(alarmResources),
    } as JsonObject,
  };
}

const targetId = 'ScalableTarget';
