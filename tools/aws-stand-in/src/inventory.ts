import {
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeVolumesCommand,
} from '@aws-sdk/client-ec2';
import { ListInstanceProfilesCommand, ListPoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListSchedulesCommand } from '@aws-sdk/client-scheduler';
import { DescribeParametersCommand, GetParametersByPathCommand } from '@aws-sdk/client-ssm';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { DirectClients } from './account.js';

/** Everything that exists in the account and could have been left behind, as `ec2:instance/i-…`, sorted. */
export async function readInventory({
  ec2,
  iam,
  logs,
  s3,
  scheduler,
  ssm,
}: DirectClients): Promise<string[]> {
  const [
    instances,
    volumes,
    interfaces,
    groups,
    keyPairs,
    spot,
    roles,
    profiles,
    policies,
    buckets,
    parameters,
    schedules,
    logGroups,
  ] = await Promise.all([
    ec2.send(new DescribeInstancesCommand({})),
    ec2.send(new DescribeVolumesCommand({})),
    ec2.send(new DescribeNetworkInterfacesCommand({})),
    ec2.send(new DescribeSecurityGroupsCommand({})),
    ec2.send(new DescribeKeyPairsCommand({})),
    ec2.send(new DescribeSpotInstanceRequestsCommand({})),
    iam.send(new ListRolesCommand({})),
    iam.send(new ListInstanceProfilesCommand({})),
    iam.send(new ListPoliciesCommand({ Scope: 'Local' })),
    s3.send(new ListBucketsCommand({})),
    ssm.send(new DescribeParametersCommand({})),
    scheduler.send(new ListSchedulesCommand({})),
    logs.send(new DescribeLogGroupsCommand({})),
  ]);
  const named = (kind: string, names: readonly (string | undefined)[]) =>
    names.map((name) => `${kind}/${name}`);
  return [
    ...named(
      'ec2:instance',
      (instances.Reservations ?? [])
        .flatMap(({ Instances = [] }) => Instances)
        .filter(({ State }) => State?.Name !== 'terminated')
        .map(({ InstanceId }) => InstanceId),
    ),
    ...named(
      'ec2:volume',
      (volumes.Volumes ?? []).map(({ VolumeId }) => VolumeId),
    ),
    ...named(
      'ec2:network-interface',
      (interfaces.NetworkInterfaces ?? []).map(({ NetworkInterfaceId }) => NetworkInterfaceId),
    ),
    ...named(
      'ec2:security-group',
      (groups.SecurityGroups ?? [])
        .filter(({ GroupName }) => GroupName !== 'default')
        .map(({ GroupId }) => GroupId),
    ),
    ...named(
      'ec2:key-pair',
      (keyPairs.KeyPairs ?? []).map(({ KeyName }) => KeyName),
    ),
    ...named(
      'ec2:spot-request',
      (spot.SpotInstanceRequests ?? [])
        .filter(({ State }) => State === 'open' || State === 'active')
        .map(({ SpotInstanceRequestId }) => SpotInstanceRequestId),
    ),
    ...named(
      'iam:role',
      (roles.Roles ?? []).map(({ RoleName }) => RoleName),
    ),
    ...named(
      'iam:instance-profile',
      (profiles.InstanceProfiles ?? []).map(({ InstanceProfileName }) => InstanceProfileName),
    ),
    ...named(
      'iam:policy',
      (policies.Policies ?? []).map(({ PolicyName }) => PolicyName),
    ),
    ...named(
      's3:bucket',
      (buckets.Buckets ?? []).map(({ Name }) => Name),
    ),
    ...named(
      'ssm:parameter',
      (parameters.Parameters ?? []).map(({ Name }) => Name),
    ),
    ...named(
      'scheduler:schedule',
      (schedules.Schedules ?? []).map(({ Name }) => Name),
    ),
    ...named(
      'logs:group',
      (logGroups.logGroups ?? []).map(({ logGroupName }) => logGroupName),
    ),
  ].sort();
}

/** The secrets below `/loadwright/`, at most ten; names of users are none. */
export async function readSecrets({ ssm }: DirectClients): Promise<string[]> {
  const { Parameters = [] } = await ssm.send(
    new GetParametersByPathCommand({ Path: '/loadwright/', Recursive: true, WithDecryption: true }),
  );
  return Parameters.filter(({ Name }) => !/_USERNAME$|\/CERTIFICATE$/.test(Name ?? '')).map(
    ({ Value = '' }) => Value,
  );
}
