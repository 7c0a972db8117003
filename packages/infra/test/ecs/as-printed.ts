import type { AwsEnvironment, AwsStandIn } from '@loadwright/aws-stand-in';
import type { IamStatement } from '@loadwright/core';
import type { EcsFleetOptions } from '../../src/ecs/options.js';
import { variablesFor } from '../ec2/quick-fleet.js';
import { quickFleet } from './account.js';

/** What a target needs. */
export const ofTarget = [
  { Effect: 'Allow', Action: ['sagemaker:InvokeEndpoint'], Resource: ['arn:aws:sagemaker:*:*:endpoint/x'] },
] as const;

/** The fleet of somebody who may do what the printed policy says, and nothing else. */
export async function asPrinted(aws: AwsStandIn, options: EcsFleetOptions) {
  const printed = await quickFleet(options).lasting!.permissions({ iamStatements: ofTarget });
  await aws.createPolicy({
    name: printed.boundary.name,
    path: printed.boundary.path,
    document: { Version: '2012-10-17', Statement: printed.boundary.statements },
  });
  // The base is the test's own.
  const base: IamStatement = {
    Effect: 'Allow',
    Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    Resource: ['*'],
  };
  const keys: AwsEnvironment = await aws.asUserWith([...printed.statements, base]);
  return quickFleet({ ...options, environment: { ...variablesFor(aws), ...keys } });
}
