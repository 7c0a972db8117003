import { CreateSecurityGroupCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { AwsStandIn } from '@loadwright/aws-stand-in';
import type { Work } from '../ec2/work.js';

/** What the caller's own resources are called. */
export const ofTheCaller = 'of-the-caller';

/**
 * Makes a security group and an instance profile that a fleet adopts.
 *
 * @param actions what the role in the profile may do; without any there is no role
 */
export async function bringGroupAndProfile(
  { direct: { ec2, iam } }: AwsStandIn,
  actions: readonly string[] = [],
): Promise<Work['adopted']> {
  const isDefault = { Filters: [{ Name: 'is-default', Values: ['true'] }] };
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand(isDefault));
  const group = { GroupName: ofTheCaller, Description: 'of the caller', VpcId: Vpcs?.[0]?.VpcId };
  const { GroupId = '' } = await ec2.send(new CreateSecurityGroupCommand(group));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: ofTheCaller }));
  if (actions.length > 0) {
    const RoleName = ofTheCaller;
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}' }));
    const Statement = [{ Effect: 'Allow', Action: actions, Resource: '*' }];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'given', PolicyDocument }));
    const pair = { InstanceProfileName: ofTheCaller, RoleName };
    await iam.send(new AddRoleToInstanceProfileCommand(pair));
  }
  return { securityGroup: GroupId, instanceProfile: ofTheCaller };
}
