import { BlockList, isIPv6 } from 'node:net';
import { DescribeSecurityGroupsCommand, type IpPermission } from '@aws-sdk/client-ec2';
import type { Finding } from '@loadwright/core/fleet';
import type { Environment } from '../../environment.js';
import { isPublic, type Access } from '../../aws/access.js';
import { lookUpOwnAddress } from '../../aws/account/address.js';
import { lookUpSubnets, type Subnet } from '../../aws/account/network.js';
import { findingOf, withoutRepetition } from '../../aws/check/finding.js';
import type { Aws } from '../../aws/clients.js';
import { aclFinding } from './network-acls.js';
import type { PlacedNode } from './placed-node.js';

/** Where the web UI of a fleet is. */
export interface UiPlace extends PlacedNode {
  readonly access: Access;
  readonly uiPort: number;
  readonly securityGroups: readonly string[];
  /** Is it meant to be reached at a private address where there is no public one? So on Fargate. */
  readonly mayBePrivate: boolean;
}

type Found = string | Omit<Finding, 'subject'>;

/**
 * What keeps the nodes of a fleet from the internet, and its caller from the web UI: routes, addresses, network ACLs and security
 * groups, as EC2 describes them now.
 *
 * @param nodes the master's among them, where it runs
 * @param ui undefined when no master runs: only the nodes are looked at
 * @param environment of the caller, whose own address is looked up
 */
export async function networkFindings(
  aws: Aws,
  nodes: readonly PlacedNode[],
  ui: UiPlace | undefined,
  environment: Environment,
): Promise<readonly Finding[]> {
  const findings: Promise<Finding>[] = [];
  const own = lookUpOwnAddress(aws, environment);
  own.catch(() => {});
  if (nodes.length > 0) {
    const ids = [...new Set(nodes.map(({ subnetId }) => subnetId))];
    const subnets = lookUpSubnets(aws, { subnets: ids, access: ui?.access ?? 'session-manager' });
    subnets.catch(() => {});
    findings.push(
      findingOf(aws, 'network', routes(subnets, nodes, ui), 'unknown'),
      findingOf(aws, 'network ACL', acls(aws, nodes, subnets, ui, own), 'unknown'),
    );
  }
  if (ui) findings.push(findingOf(aws, 'security group', ingress(aws, ui, own), 'unknown'));
  return withoutRepetition(await Promise.all(findings));
}

/** Is the web UI at an address inside the network of its master? There the caller is seen under one that no service on the internet knows. */
const isPrivate = ({ hasPublicAddress, mayBePrivate }: UiPlace) => hasPublicAddress === false && mayBePrivate;

async function acls(
  aws: Aws,
  nodes: readonly PlacedNode[],
  subnets: Promise<readonly Subnet[]>,
  ui: UiPlace | undefined,
  own: Promise<string>,
): Promise<Found> {
  const isOpened = ui !== undefined && isPublic(ui.access) && !isPrivate(ui);
  // An address that is not known is reported beside the security group.
  const address = isOpened ? await own.catch(() => undefined) : undefined;
  return aclFinding(aws, nodes, await subnets, ui && address !== undefined ? { ...ui, address } : undefined);
}

async function routes(
  found: Promise<readonly Subnet[]>,
  nodes: readonly PlacedNode[],
  ui: UiPlace | undefined,
): Promise<Found> {
  const subnets = await found;
  // Those that share a cause share a line: fifty machines may be in one subnet.
  const kept = new Map<string, string[]>();
  for (const node of nodes) {
    const subnet = subnets.find(({ id }) => id === node.subnetId);
    const why = subnet && keptBy(subnet, node, node.name === ui?.name ? ui : undefined);
    if (why !== undefined) kept.set(why, [...(kept.get(why) ?? []), node.name]);
  }
  const routed = subnets.map(
    ({ id, wayOut }) => `${id}: ${wayOut === 'other' ? 'NAT, or the like' : wayOut}`,
  );
  if (kept.size === 0) return `the default routes lead out (${routed.join(', ')})`;
  return {
    state: 'problem',
    detail: 'what leads to and from the internet is broken',
    evidence: [...kept].map(([why, names]) => `${why}: ${names.join(', ')}`),
    remedy:
      'Send 0.0.0.0/0 in the route table of the subnet to an internet gateway, or to a NAT gateway where machines have no public address. Or deploy another fleet in other subnets.',
    next: [{ action: 'deploy-fleet' }],
  };
}

/** Why a node does not get out, or nobody gets to the web UI on it. */
function keptBy(
  { id, wayOut }: Subnet,
  { hasPublicAddress }: PlacedNode,
  ui: UiPlace | undefined,
): string | undefined {
  if (wayOut === 'none') return `the subnet ${id} has no route to the internet`;
  if (wayOut === 'internet-gateway') {
    return hasPublicAddress === false
      ? `no public address, and the subnet ${id} leads out through an internet gateway alone`
      : undefined;
  }
  if (!ui || !isPublic(ui.access)) return undefined;
  if (hasPublicAddress === true)
    return `the subnet ${id} leads to no internet gateway, so nobody reaches the public address`;
  return ui.mayBePrivate ? undefined : 'no public address, so nobody reaches the web UI';
}

async function ingress(aws: Aws, ui: UiPlace, ownAddress: Promise<string>): Promise<Found> {
  if (!isPublic(ui.access)) return 'the web UI is reached through Session Manager, which needs no open port';
  const { securityGroups, uiPort } = ui;
  // Asked for none, EC2 describes all.
  if (securityGroups.length === 0) return { state: 'unknown', detail: 'EC2 shows none of the master' };
  const [{ SecurityGroups = [] }, own] = await Promise.all([
    aws.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [...securityGroups] })),
    ownAddress,
  ]);
  const rules = SecurityGroups.flatMap(({ IpPermissions = [] }) => IpPermissions).filter((rule) =>
    opens(rule, uiPort),
  );
  const ranges = rules.flatMap(({ IpRanges = [], Ipv6Ranges = [] }) => [
    ...IpRanges.flatMap(({ CidrIp }) => CidrIp ?? []),
    ...Ipv6Ranges.flatMap(({ CidrIpv6 }) => CidrIpv6 ?? []),
  ]);
  const lists = rules.flatMap(({ PrefixListIds = [] }) =>
    PrefixListIds.flatMap(({ PrefixListId }) => PrefixListId ?? []),
  );
  const allowed = [...ranges, ...lists];
  const detail = `${securityGroups.join(', ')} lets ${allowed.join(', ') || 'nobody'} in on port ${uiPort}`;
  if (isPrivate(ui) && allowed.length > 0) return `${detail}; the web UI is at a private address`;
  if (!isPrivate(ui) && includes(ranges, own)) return `${detail}; your address is ${own}`;
  const remedy = isPrivate(ui)
    ? 'Let the private range in that you call from, or deploy the fleet with access: session-manager.'
    : `Let your address in: aws ec2 authorize-security-group-ingress --group-id ${securityGroups[0]} --protocol tcp --port ${uiPort} --cidr ${own}/32 --region ${aws.settings.region}. Or deploy the fleet with access: session-manager, which needs no open port.`;
  if (lists.length > 0) {
    return {
      state: 'unknown',
      detail: `${detail}; your address is ${own}, and prefix lists are not read`,
      remedy,
    };
  }
  return {
    state: 'problem',
    detail: isPrivate(ui) ? detail : `${detail}, but your address is ${own}`,
    remedy,
  };
}

function opens({ IpProtocol, FromPort = -1, ToPort = -1 }: IpPermission, port: number): boolean {
  return IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= port && port <= ToPort);
}

/** @param address of version 4 */
function includes(ranges: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', prefix] = range.split('/');
    if (!isIPv6(net)) list.addSubnet(net, Number(prefix), 'ipv4');
  }
  return list.check(address);
}
