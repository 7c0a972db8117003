import { BlockList } from 'node:net';
import { paginateDescribeNetworkAcls, type NetworkAcl, type NetworkAclEntry } from '@aws-sdk/client-ec2';
import type { Finding } from '@loadwright/core/fleet';
import type { Subnet } from '../../aws/account/network.js';
import type { Aws } from '../../aws/clients.js';
import { masterPort } from '../ports.js';
import type { PlacedNode } from './placed-node.js';

type Ports = readonly [from: number, to: number];

/** Packets that a network ACL sees on their way into a subnet or out of it: it keeps no state, so answers count too. */
interface Flow {
  readonly node: string;
  readonly subnetId: string;
  readonly egress: boolean;
  /** The address at the other end, as a range. */
  readonly peer: string;
  /** A range that has all such addresses: what is to be allowed. */
  readonly allow: string;
  readonly ports: Ports;
  readonly what: string;
}

/** Where the caller is seen, and the port of the web UI that it opens. */
export interface UiCaller {
  /** The node that has the web UI. */
  readonly name: string;
  readonly uiPort: number;
  /** Version 4. */
  readonly address: string;
}

const anywhere = '0.0.0.0/0';
const https: Ports = [443, 443];

/** Ports that tasks of Fargate connect from, as their definition says; machines take some more, see `60-loadwright.conf`. */
const portsOfNodes: Ports = [10_000, 65_535];

/** Ports that operating systems connect from: Linux from 32768 on, others from 49152 on. */
const portsOfCallers: Ports = [32_768, 65_535];

/** The entry that ends every network ACL, `*` in the console: it denies what no other has decided. */
const lastEntry = 32_767;

/**
 * Which entries of network ACLs keep the nodes of a fleet from what they fetch, workers from their master, or the caller from the
 * web UI.
 *
 * @param caller undefined when the web UI is not reached at a public address, or the caller's own is not known
 */
export async function aclFinding(
  aws: Aws,
  nodes: readonly PlacedNode[],
  subnets: readonly Subnet[],
  caller: UiCaller | undefined,
): Promise<string | Omit<Finding, 'subject'>> {
  const acls = await aclsOf(
    aws,
    subnets.map(({ id }) => id),
  );
  // Those that share a cause share a line: fifty machines may be in one subnet.
  const denied = new Map<string, { readonly remedy: string; readonly names: Set<string> }>();
  for (const flow of flowsOf(nodes, subnets, caller)) {
    const acl = acls.get(flow.subnetId);
    const entry = acl && denyingEntry(acl, flow);
    if (!entry) continue;
    const { RuleNumber = lastEntry } = entry;
    const why = `${acl.NetworkAclId} of ${flow.subnetId}: entry ${RuleNumber === lastEntry ? '*' : RuleNumber} denies ${portsText(flow.ports)} ${flow.egress ? 'out' : 'in'}, ${flow.what}`;
    const { names } = denied.get(why) ?? { names: new Set() };
    denied.set(why, { names: names.add(flow.node), remedy: remedyOf(aws, acl, RuleNumber, flow) });
  }
  const [first] = denied.values();
  if (!first) {
    const ids = [...new Set([...acls.values()].map(({ NetworkAclId }) => NetworkAclId))];
    return `${ids.join(', ')} ${ids.length === 1 ? 'lets' : 'let'} through what the fleet needs`;
  }
  return {
    state: 'problem',
    detail: 'network ACLs keep out what the fleet needs',
    evidence: [...denied].map(([why, { names }]) => `${why}: ${[...names].join(', ')}`),
    remedy: `${first.remedy}${denied.size > 1 ? ' Likewise for the others.' : ''} Or deploy another fleet in other subnets.`,
    next: [{ action: 'deploy-fleet' }],
  };
}

/** The network ACL of each subnet. */
async function aclsOf(aws: Aws, subnets: readonly string[]): Promise<ReadonlyMap<string, NetworkAcl>> {
  const found = new Map<string, NetworkAcl>();
  const Filters = [{ Name: 'association.subnet-id', Values: [...subnets] }];
  for await (const { NetworkAcls = [] } of paginateDescribeNetworkAcls({ client: aws.ec2 }, { Filters })) {
    for (const acl of NetworkAcls) {
      for (const { SubnetId = '' } of acl.Associations ?? []) found.set(SubnetId, acl);
    }
  }
  return found;
}

function flowsOf(
  nodes: readonly PlacedNode[],
  subnets: readonly Subnet[],
  caller: UiCaller | undefined,
): readonly Flow[] {
  const master = nodes.find(({ isMaster }) => isMaster);
  return nodes.flatMap((node) => [
    ...bothWays(node, { peer: anywhere }, { request: 'out', port: https, back: portsOfNodes }, [
      'to the registry, for its image',
      'answers of the registry',
    ]),
    ...(node.name === caller?.name
      ? bothWays(
          node,
          { peer: `${caller.address}/32` },
          { request: 'in', port: [caller.uiPort, caller.uiPort], back: portsOfCallers },
          [`from you (${caller.address}) to the web UI`, `answers of the web UI to you (${caller.address})`],
        )
      : []),
    // Within a subnet no network ACL looks at anything.
    ...(master && node !== master && node.subnetId !== master.subnetId
      ? betweenSubnets(node, master, subnets)
      : []),
  ]);
}

/** A worker and its master, each in a subnet of its own: two network ACLs, each of which sees both ways. */
function betweenSubnets(worker: PlacedNode, master: PlacedNode, subnets: readonly Subnet[]): Flow[] {
  const port: Ports = [masterPort, masterPort];
  const what = ['from workers to the master', 'from the master to workers'] as const;
  const end = ({ address, subnetId }: PlacedNode) => ({
    peer: `${address}/32`,
    allow: subnets.find(({ id }) => id === subnetId)?.cidr ?? `${address}/32`,
  });
  if (worker.address === undefined || master.address === undefined) return [];
  return [
    ...bothWays(worker, end(master), { request: 'out', port, back: portsOfNodes }, what),
    ...bothWays(
      { ...master, name: worker.name },
      end(worker),
      { request: 'in', port, back: portsOfNodes },
      what,
    ),
  ];
}

/** A connection as the network ACL of a node's subnet sees it. */
function bothWays(
  { name: node, subnetId }: PlacedNode,
  { peer, allow = peer }: { readonly peer: string; readonly allow?: string },
  { request, port, back }: { readonly request: 'in' | 'out'; readonly port: Ports; readonly back: Ports },
  [there, answer]: readonly [string, string],
): Flow[] {
  const common = { node, subnetId, peer, allow };
  const egress = request === 'out';
  return [
    { ...common, egress, ports: port, what: there },
    { ...common, egress: !egress, ports: back, what: answer },
  ];
}

/** The entry that denies some of its ports: entries are tried in the order of their numbers, and the first that matches decides. */
function denyingEntry({ Entries = [] }: NetworkAcl, flow: Flow): NetworkAclEntry | undefined {
  const entries = Entries.filter((entry) => isAbout(entry, flow)).sort(
    (a, b) => (a.RuleNumber ?? lastEntry) - (b.RuleNumber ?? lastEntry),
  );
  const [from, to] = flow.ports;
  const edges = entries.flatMap(({ PortRange: range }) => [range?.From ?? from, (range?.To ?? to) + 1]);
  for (const port of [from, ...edges.filter((edge) => edge > from && edge <= to)]) {
    const entry = entries.find(({ Protocol, PortRange: range }) =>
      // All protocols: all ports, whatever range is there.
      Protocol === '-1' ? true : (range?.From ?? 0) <= port && port <= (range?.To ?? 65_535),
    ) ?? { RuleNumber: lastEntry };
    if (entry.RuleAction !== 'allow') return entry;
  }
  return undefined;
}

/** Where the other end may be one of many addresses, an entry that allows some of them has the benefit of the doubt. */
function isAbout({ Egress, Protocol, CidrBlock, RuleAction }: NetworkAclEntry, flow: Flow): boolean {
  if (Egress !== flow.egress || !['-1', '6'].includes(Protocol ?? '') || CidrBlock === undefined)
    return false;
  return contains(CidrBlock, flow.peer) || (RuleAction === 'allow' && contains(flow.peer, CidrBlock));
}

function contains(range: string, other: string): boolean {
  const [[net = '', prefix], [address = '', otherPrefix]] = [range.split('/'), other.split('/')];
  const list = new BlockList();
  list.addSubnet(net, Number(prefix), 'ipv4');
  return Number(prefix) <= Number(otherPrefix) && list.check(address);
}

/** @param denies the number of the entry that is to be overruled */
function remedyOf(aws: Aws, acl: NetworkAcl, denies: number, { egress, ports, allow }: Flow): string {
  const used = new Set(
    (acl.Entries ?? []).filter(({ Egress }) => Egress === egress).map(({ RuleNumber }) => RuleNumber),
  );
  let free = denies - 1;
  while (used.has(free)) free -= 1;
  const place = `--network-acl-id ${acl.NetworkAclId} --${egress ? 'egress' : 'ingress'}`;
  const region = `--region ${aws.settings.region}`;
  if (free < 1) {
    return `Remove the entry: aws ec2 delete-network-acl-entry ${place} --rule-number ${denies} ${region}.`;
  }
  return `Allow it before that entry: aws ec2 create-network-acl-entry ${place} --rule-number ${free} --protocol tcp --port-range From=${ports[0]},To=${ports[1]} --cidr-block ${allow} --rule-action allow ${region}.`;
}

function portsText([from, to]: Ports): string {
  return from === to ? `port ${from}` : `ports ${from}–${to}`;
}
