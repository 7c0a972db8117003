import {
  paginateDescribeNetworkInterfaces,
  paginateDescribeSecurityGroups,
  type IpPermission,
  type NetworkInterface,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import type { Aws } from '../clients.js';
import { readTags, tagKeys } from '../fleet-identity.js';

/**
 * What of others keeps a security group from being removed, each with the command that frees it. Nothing of it is touched: a
 * rule of somebody's group, or the groups of their network interface, may be what their own access hangs on.
 */
export async function othersThatUse(aws: Aws, groupId: string): Promise<string[]> {
  const [group] = await groupsWith(aws, 'group-id', groupId);
  if (!group) return [];
  const [interfaces, allowing, reaching] = await Promise.all([
    interfacesIn(aws, group),
    groupsWith(aws, 'ip-permission.group-id', groupId),
    groupsWith(aws, 'egress.ip-permission.group-id', groupId),
  ]);
  const isOther = ({ GroupId }: SecurityGroup) => GroupId !== groupId;
  return [
    ...(await Promise.all(interfaces.map((one) => describeInterface(aws, group, one)))),
    ...allowing.filter(isOther).map((one) => describeRules(aws, groupId, one, 'ingress', one.IpPermissions)),
    ...reaching
      .filter(isOther)
      .map((one) => describeRules(aws, groupId, one, 'egress', one.IpPermissionsEgress)),
  ];
}

async function groupsWith(aws: Aws, Name: string, value: string): Promise<SecurityGroup[]> {
  const found: SecurityGroup[] = [];
  const Filters = [{ Name, Values: [value] }];
  for await (const page of paginateDescribeSecurityGroups({ client: aws.ec2 }, { Filters })) {
    found.push(...(page.SecurityGroups ?? []));
  }
  return found;
}

/** Those of the fleet's own machine go with it. */
async function interfacesIn(aws: Aws, { GroupId = '', Tags }: SecurityGroup): Promise<NetworkInterface[]> {
  const fleetId = readTags(Tags)[tagKeys.fleetId];
  const found: NetworkInterface[] = [];
  const Filters = [{ Name: 'group-id', Values: [GroupId] }];
  for await (const page of paginateDescribeNetworkInterfaces({ client: aws.ec2 }, { Filters })) {
    found.push(...(page.NetworkInterfaces ?? []));
  }
  return found.filter(({ TagSet }) => readTags(TagSet)[tagKeys.fleetId] !== fleetId);
}

async function describeInterface(
  aws: Aws,
  { GroupId, VpcId = '' }: SecurityGroup,
  { NetworkInterfaceId = '', Description = '', Attachment, Groups = [], RequesterManaged }: NetworkInterface,
): Promise<string> {
  const holder = Attachment?.InstanceId ?? Description;
  const name = `network interface ${NetworkInterfaceId}${holder ? ` (${holder})` : ''}`;
  if (RequesterManaged) {
    return `${name} is in it, and belongs to a service of AWS: take the group out of that service's own settings`;
  }
  const others = Groups.flatMap((one) => (one.GroupId === GroupId ? [] : (one.GroupId ?? [])));
  // A network interface is never without a group.
  const kept = others.length > 0 ? others : [await defaultGroup(aws, VpcId)];
  const command = `modify-network-interface-attribute --network-interface-id ${NetworkInterfaceId} --groups ${kept.join(' ')}`;
  return `${name} is in it: ${commandLine(aws, command)}`;
}

async function defaultGroup(aws: Aws, vpcId: string): Promise<string> {
  const groups = await groupsWith(aws, 'group-name', 'default');
  return groups.find(({ VpcId }) => VpcId === vpcId)?.GroupId ?? '<another group>';
}

function describeRules(
  aws: Aws,
  groupId: string,
  { GroupId = '', GroupName = '' }: SecurityGroup,
  direction: 'ingress' | 'egress',
  rules: readonly IpPermission[] = [],
): string {
  // The parts that name this group alone: what else a rule allows stays.
  const concerned = rules.flatMap(({ IpProtocol, FromPort, ToPort, UserIdGroupPairs = [] }) =>
    UserIdGroupPairs.some((pair) => pair.GroupId === groupId)
      ? [{ IpProtocol, FromPort, ToPort, UserIdGroupPairs: [{ GroupId: groupId }] }]
      : [],
  );
  const command = `revoke-security-group-${direction} --group-id ${GroupId} --ip-permissions '${JSON.stringify(concerned)}'`;
  return `security group ${GroupId} (${GroupName}) names it in a rule: ${commandLine(aws, command)}`;
}

function commandLine({ settings: { region, profile } }: Aws, command: string): string {
  return `aws ec2 ${command} --region ${region}${profile === undefined ? '' : ` --profile ${profile}`}`;
}
