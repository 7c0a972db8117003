import {
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import type { AwsStandIn } from '@loadwright/aws-stand-in';

/** Everything of a fleet that EC2 tags gets these tags as well. */
export async function retag(
  aws: AwsStandIn,
  made: readonly string[],
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const Resources = made.flatMap((resource) => /^ec2:[a-z-]+\/(.*)/.exec(resource)?.[1] ?? []);
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await aws.direct.ec2.send(new CreateTagsCommand({ Resources, Tags }));
}

export async function endMachine(aws: AwsStandIn, fleetId: string): Promise<void> {
  const { ec2 } = aws.direct;
  const Filters = [{ Name: 'tag:loadwright:fleet-id', Values: [fleetId] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  const InstanceIds = Reservations.flatMap(({ Instances = [] }) => Instances).map(
    ({ InstanceId = '' }) => InstanceId,
  );
  await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
}

/** A fleet of a later format that broke off: names alone. */
export async function makeNamesOfFormat2({ direct, region }: AwsStandIn, fleetId: string): Promise<void> {
  await direct.iam.send(
    new CreateRoleCommand({
      RoleName: `loadwright-ec2-2-${fleetId}`,
      Path: `/loadwright/ec2/${region}/`,
      AssumeRolePolicyDocument: '{}',
    }),
  );
  const Name = `/loadwright/ec2/2/${fleetId}/master/PASSWORD`;
  await direct.ssm.send(new PutParameterCommand({ Name, Value: 'x', Type: 'SecureString' }));
}

/** What a version left that knew no kinds. */
export async function makeGroupFromBeforeKinds(
  { direct: { ec2 } }: AwsStandIn,
  fleetId: string,
  expiresAt: Date,
): Promise<void> {
  const { Vpcs: [vpc] = [] } = await ec2.send(new DescribeVpcsCommand({}));
  const Tags = Object.entries({
    'loadwright:fleet-id': fleetId,
    'loadwright:version': '0.1.0',
    'loadwright:expires-at': expiresAt.toISOString(),
  }).map(([Key, Value]) => ({ Key, Value }));
  await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: `loadwright-${fleetId}`,
      Description: 'of an earlier version',
      VpcId: vpc?.VpcId,
      TagSpecifications: [{ ResourceType: 'security-group', Tags }],
    }),
  );
}
