import {
  CreateNetworkAclEntryCommand,
  DeleteNetworkAclEntryCommand,
  DescribeNetworkAclsCommand,
  DescribeSubnetsCommand,
  ReplaceNetworkAclAssociationCommand,
  CreateNetworkAclCommand,
  type CreateNetworkAclEntryCommandInput,
} from '@aws-sdk/client-ec2';
import { useAws } from '@loadwright/aws-stand-in';
import { beforeEach, expect, it } from 'vitest';
import { Aws } from '../../src/aws/clients.js';
import { networkFindings } from '../../src/ecs/reach/network-findings.js';
import { resolveOptions } from '../../src/ecs/settings.js';
import { uiPort } from '../ec2/work.js';
import { optionsFor } from './account.js';

const aws = useAws();
const caller = '203.0.113.7';
let [subnet, other] = ['', ''];
let acl = '';

beforeEach(async () => {
  await aws().reset({ callerAddress: caller });
  const { ec2 } = aws().direct;
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  [subnet = '', other = ''] = Subnets.map(({ SubnetId }) => SubnetId ?? '');
  const { NetworkAcls = [] } = await ec2.send(new DescribeNetworkAclsCommand({}));
  acl = NetworkAcls[0]?.NetworkAclId ?? '';
});

interface Entry {
  readonly number: number;
  readonly action: 'allow' | 'deny';
  readonly egress?: boolean;
  readonly peer?: string;
  readonly ports?: readonly [number, number];
  readonly protocol?: string;
}

async function add(acl: string, { number, action, egress = false, peer, ports, protocol }: Entry) {
  const entry: CreateNetworkAclEntryCommandInput = {
    NetworkAclId: acl,
    RuleNumber: number,
    RuleAction: action,
    Egress: egress,
    CidrBlock: peer ?? '0.0.0.0/0',
    Protocol: protocol ?? (ports ? '6' : '-1'),
    ...(ports && { PortRange: { From: ports[0], To: ports[1] } }),
  };
  await aws().direct.ec2.send(new CreateNetworkAclEntryCommand(entry));
}

const remove = (RuleNumber: number, Egress: boolean) =>
  aws().direct.ec2.send(new DeleteNetworkAclEntryCommand({ NetworkAclId: acl, RuleNumber, Egress }));

/** What `doctor` finds of a master in one subnet, and of a worker in the same one or in another. */
async function found({ worker = subnet, access = 'http' as 'http' | 'session-manager' } = {}) {
  const common = { hasPublicAddress: true, securityGroups: [] };
  const master = { ...common, name: 'master i-1', isMaster: true, subnetId: subnet, address: '172.31.0.10' };
  const ui = { ...master, access, uiPort, mayBePrivate: false };
  const nodes = [master, { ...common, name: 'worker-1 i-2', subnetId: worker, address: '172.31.90.20' }];
  const { aws: settings, environment } = resolveOptions(optionsFor(aws()));
  const all = await networkFindings(new Aws(settings, new AbortController().signal), nodes, ui, environment);
  return all.find(({ subject }) => subject === 'network ACL');
}

const good = { state: 'good' };
const allow = 'aws ec2 create-network-acl-entry --network-acl-id';

/** Titles, entries beside the one that allows everything (100), what denies, and the number, ports and range of the remedy. */
const cases: [string, Entry[], string | undefined, string?][] = [
  ['has the entries of AWS', [], undefined],
  [
    'denies the port of the web UI',
    [{ number: 50, action: 'deny', ports: [uiPort - 80, uiPort], peer: '203.0.113.0/24' }],
    `entry 50 denies port ${uiPort} in, from you (${caller}) to the web UI: master i-1`,
    `--ingress --rule-number 49 --protocol tcp --port-range From=${uiPort},To=${uiPort} --cidr-block ${caller}/32 --rule-action allow --region eu-west-1`,
  ],
  [
    'denies the network of the caller',
    [{ number: 50, action: 'deny', peer: '203.0.113.0/24', protocol: '-1' }],
    `entry 50 denies port ${uiPort} in, from you (${caller}) to the web UI: master i-1`,
  ],
  ['denies another network', [{ number: 50, action: 'deny', peer: '198.51.100.0/24' }], undefined],
  ['denies another protocol', [{ number: 50, action: 'deny', protocol: '17' }], undefined],
  [
    'denies what it has allowed before',
    [
      { number: 60, action: 'deny', ports: [uiPort - 80, uiPort], peer: '203.0.113.0/24' },
      { number: 50, action: 'allow', ports: [uiPort, uiPort], peer: `${caller}/32` },
    ],
    undefined,
  ],
  [
    'denies answers to the caller',
    [{ number: 1, action: 'deny', egress: true, ports: [40_000, 40_100] }],
    `entry 1 denies ports 32768–65535 out, answers of the web UI to you (${caller}): master i-1`,
    `aws ec2 delete-network-acl-entry`,
  ],
  [
    'denies what nodes fetch',
    [
      { number: 50, action: 'deny', egress: true, ports: [1, 1023] },
      { number: 49, action: 'allow', egress: true, ports: [80, 80] },
    ],
    'entry 50 denies port 443 out, to the registry, for its image: master i-1, worker-1 i-2',
    '--egress --rule-number 48 --protocol tcp --port-range From=443,To=443 --cidr-block 0.0.0.0/0',
  ],
  [
    'lets some addresses of the registry through',
    [
      { number: 50, action: 'deny', egress: true, ports: [443, 443] },
      { number: 49, action: 'allow', egress: true, ports: [443, 443], peer: '10.0.0.0/8' },
    ],
    undefined,
  ],
];

it.each(cases)('doctor, of a network ACL that %s', async (_, entries, why, remedy) => {
  for (const entry of entries) await add(acl, entry);
  const finding = await found();
  expect(finding).toMatchObject(
    why === undefined ? good : { state: 'problem', evidence: [`${acl} of ${subnet}: ${why}`] },
  );
  if (remedy !== undefined) expect(finding?.remedy).toContain(remedy);
});

it('doctor names the entry that ends a network ACL, and asks for no web UI behind Session Manager', async () => {
  await remove(100, false);
  expect(await found()).toMatchObject({
    state: 'problem',
    evidence: [
      expect.stringContaining('entry * denies ports 10000–65535 in, answers of the registry'),
      expect.stringContaining(`entry * denies port ${uiPort} in`),
    ],
    remedy: expect.stringContaining(
      `${allow} ${acl} --ingress --rule-number 32766 --protocol tcp --port-range From=10000,To=65535 --cidr-block 0.0.0.0/0 --rule-action allow --region eu-west-1. Likewise for the others.`,
    ),
  });
  await add(acl, { number: 100, action: 'allow', ports: [10_000, 65_535] });
  expect(await found({ access: 'session-manager' })).toMatchObject(good);
});

it.each([
  ['to reach the master', true, [5557, 5557], 'from workers to the master'],
  ['answers of the master', false, [20_000, 20_000], 'from the master to workers'],
] as const)('doctor, of a network ACL that denies workers %s', async (_, egress, ports, what) => {
  const own = await aclOf(other);
  await add(own, { number: 10, action: 'deny', egress, ports, peer: '172.31.0.0/20' });
  const denied = `entry 10 denies ${egress ? 'port 5557 out' : 'ports 10000–65535 in'}, ${what}`;
  expect(await found({ worker: other })).toMatchObject({
    state: 'problem',
    evidence: [`${own} of ${other}: ${denied}: worker-1 i-2`],
    remedy: expect.stringMatching(/--rule-number 9 .* --cidr-block 172\.31\.\d+\.0\/20 /),
  });
  // Within a subnet nothing is looked at.
  await add(acl, { number: 10, action: 'deny', egress, ports, peer: '172.31.0.0/16' });
  expect(await found()).toMatchObject(good);
});

it('doctor, of a network ACL that keeps workers from the master', async () => {
  await add(acl, { number: 10, action: 'deny', ports: [5557, 5557], peer: '172.31.90.20/32' });
  expect(await found({ worker: other })).toMatchObject({
    evidence: [`${acl} of ${subnet}: entry 10 denies port 5557 in, from workers to the master: worker-1 i-2`],
  });
});

it('doctor does not know what a caller without the permission may not read', async () => {
  const fault = { kind: 'error', code: 'UnauthorizedOperation', status: 403 } as const;
  aws().inject({ at: 'ec2:DescribeNetworkAcls', times: Infinity, fault });
  expect(await found()).toMatchObject({
    state: 'unknown',
    detail: expect.stringContaining('A permission is missing'),
  });
});

/** A network ACL of a subnet's own, with an entry that allows everything. */
async function aclOf(subnetId: string): Promise<string> {
  const { ec2 } = aws().direct;
  const { NetworkAcls = [] } = await ec2.send(new DescribeNetworkAclsCommand({}));
  const VpcId = NetworkAcls[0]?.VpcId;
  const { NetworkAcl } = await ec2.send(new CreateNetworkAclCommand({ VpcId }));
  const NetworkAclId = NetworkAcl?.NetworkAclId ?? '';
  for (const egress of [true, false]) await add(NetworkAclId, { number: 100, action: 'allow', egress });
  const { Associations = [] } = NetworkAcls[0] ?? {};
  const AssociationId = Associations.find(({ SubnetId }) => SubnetId === subnetId)?.NetworkAclAssociationId;
  await ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId }));
  return NetworkAclId;
}
