import {
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  paginateDescribeRouteTables,
  paginateDescribeSubnets,
  type RouteTable,
  type Subnet as Ec2Subnet,
} from '@aws-sdk/client-ec2';
import { LoadwrightError } from '@loadwright/core/fleet';
import { isPublic, type Access } from '../access.js';
import type { Aws } from '../clients.js';

/** Where a machine may be. */
export interface Subnet {
  readonly id: string;
  readonly zone: string;
  readonly vpcId: string;
  /** Its addresses of version 4, as a range; undefined when it has none. */
  readonly cidr?: string | undefined;
  readonly wayOut: WayOut;
}

/**
 * Where its default route leads. Through an internet gateway only machines with a public address get out; `other` is a
 * NAT or transit gateway, an appliance …, which need none.
 */
export type WayOut = 'internet-gateway' | 'other' | 'none';

/** What of the network the user chose. */
export interface NetworkWish {
  readonly subnet?: string | undefined;
  /** Several, of one VPC. */
  readonly subnets?: readonly string[] | undefined;
  readonly vpc?: string | undefined;
  readonly securityGroup?: string | undefined;
  readonly access: Access;
  /** What the option is called that names subnets; `subnet` by default. */
  readonly subnetOption?: 'subnet' | 'subnets';
}

/**
 * The subnet of the user, or those of the default VPC.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when there is none, or when a security group of the user is elsewhere;
 *   an error of AWS when an id is unknown.
 */
export async function lookUpSubnets(aws: Aws, wish: NetworkWish): Promise<Subnet[]> {
  const { subnetOption: option = 'subnet' } = wish;
  const given = wish.subnets ?? (wish.subnet === undefined ? undefined : [wish.subnet]);
  const [vpcId, subnets, tables, groupVpcId] = await Promise.all([
    given === undefined ? (wish.vpc ?? defaultVpc(aws)) : undefined,
    describeSubnets(aws, given),
    routeTables(aws),
    wish.securityGroup === undefined ? undefined : vpcOfGroup(aws, wish.securityGroup),
  ]);
  const { region } = aws.settings;
  if (given === undefined && vpcId === undefined) {
    throw new LoadwrightError('PROVISIONING_FAILED', `There is no default VPC in ${region}.`, {
      hint: `Set the option ${option}, or make one: aws ec2 create-default-vpc --region ${region}`,
    });
  }
  const own = subnets.filter((subnet) => vpcId === undefined || subnet.VpcId === vpcId);
  if (own.length === 0) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `The ${wish.vpc === undefined ? 'default ' : ''}VPC ${vpcId} in ${region} has no subnet.`,
      {
        hint: `Set the option ${option}, or make one: aws ec2 create-default-subnet --region ${region} --availability-zone ${region}a`,
      },
    );
  }
  const [first] = own;
  const elsewhere = own.find(({ VpcId }) => VpcId !== first?.VpcId);
  if (elsewhere) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `fleet.subnets: found ${first?.SubnetId} of ${first?.VpcId} and ${elsewhere.SubnetId} of ${elsewhere.VpcId}, expected subnets of one VPC`,
      { hint: 'The machines of a fleet reach each other at their private addresses.' },
    );
  }
  if (groupVpcId !== undefined && first?.VpcId !== groupVpcId) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `The security group ${wish.securityGroup} is in ${groupVpcId}, but the subnet ${first?.SubnetId} in ${first?.VpcId}.`,
      {
        hint: `Set the option ${option} to one of ${groupVpcId}, or securityGroup to a group of ${first?.VpcId}.`,
      },
    );
  }
  return own.map(({ SubnetId = '', AvailabilityZone = '', VpcId = '', CidrBlock }) => ({
    id: SubnetId,
    zone: AvailabilityZone,
    vpcId: VpcId,
    cidr: CidrBlock,
    wayOut: wayOut(tableOf(tables, SubnetId, VpcId)),
  }));
}

/**
 * The subnets of which the zone has the machine, which can install Docker there and have its web UI reached.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when none is left.
 */
export function usableSubnets(
  subnets: readonly Subnet[],
  zones: readonly string[],
  wish: NetworkWish,
  instanceType: string,
): Subnet[] {
  const { subnetOption: option = 'subnet' } = wish;
  const offered = subnets.filter(({ zone }) => zones.includes(zone));
  if (offered.length === 0) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `The instance type ${instanceType} is not offered in ${listOf(subnets, 'zone')}.`,
      { hint: `Set ${option} to one of ${zones.join(', ')}, or choose another instanceType.` },
    );
  }
  const reachable = offered.filter(({ wayOut }) =>
    isPublic(wish.access) ? wayOut === 'internet-gateway' : wayOut !== 'none',
  );
  if (reachable.length > 0) return reachable;
  if (offered.some(({ wayOut }) => wayOut === 'other')) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `The subnet ${listOf(offered, 'id')} does not lead to the internet through an internet gateway: the web UI could not be reached.`,
      {
        hint: `Set access: 'session-manager', or ${option} to one of which the route table sends 0.0.0.0/0 to an internet gateway.`,
      },
    );
  }
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `No route leads from the subnet ${listOf(offered, 'id')} to the internet: neither could the machine fetch what it runs, nor be reached.`,
    {
      hint: `Set ${option} to one of which the route table sends 0.0.0.0/0 to an internet gateway, or to a NAT gateway with access: 'session-manager'; or add that route.`,
    },
  );
}

function listOf(subnets: readonly Subnet[], property: 'id' | 'zone'): string {
  return [...new Set(subnets.map((subnet) => subnet[property]))].join(', ');
}

async function defaultVpc(aws: Aws): Promise<string | undefined> {
  const Filters = [{ Name: 'is-default', Values: ['true'] }];
  const { Vpcs = [] } = await aws.ec2.send(new DescribeVpcsCommand({ Filters }));
  return Vpcs[0]?.VpcId;
}

/** All of the region when none is given: waiting for the VPC first would take longer. */
async function describeSubnets(aws: Aws, given: readonly string[] | undefined): Promise<Ec2Subnet[]> {
  if (given !== undefined) {
    const { Subnets = [] } = await aws.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...given] }));
    // In the order in which they were given.
    return Subnets.sort((a, b) => given.indexOf(a.SubnetId ?? '') - given.indexOf(b.SubnetId ?? ''));
  }
  const found: Ec2Subnet[] = [];
  const Filters = [{ Name: 'state', Values: ['available'] }];
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client: aws.ec2 }, { Filters })) {
    found.push(...Subnets);
  }
  return found;
}

async function routeTables(aws: Aws): Promise<RouteTable[]> {
  const found: RouteTable[] = [];
  for await (const { RouteTables = [] } of paginateDescribeRouteTables({ client: aws.ec2 }, {})) {
    found.push(...RouteTables);
  }
  return found;
}

async function vpcOfGroup(aws: Aws, id: string): Promise<string | undefined> {
  const { SecurityGroups = [] } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
  return SecurityGroups[0]?.VpcId;
}

/** A subnet without a table of its own has the main one of its VPC. */
function tableOf(tables: readonly RouteTable[], subnetId: string, vpcId: string): RouteTable | undefined {
  return (
    tables.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === subnetId)) ??
    tables.find(
      ({ VpcId, Associations = [] }) => VpcId === vpcId && Associations.some(({ Main }) => Main === true),
    )
  );
}

function wayOut(table: RouteTable | undefined): WayOut {
  const route = (table?.Routes ?? []).find(
    ({ DestinationCidrBlock, State }) => DestinationCidrBlock === '0.0.0.0/0' && State !== 'blackhole',
  );
  if (!route) return 'none';
  return route.GatewayId?.startsWith('igw-') === true ? 'internet-gateway' : 'other';
}
