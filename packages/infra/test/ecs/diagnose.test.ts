import {
  AuthorizeSecurityGroupIngressCommand,
  DeleteRouteCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { DeregisterContainerInstanceCommand } from '@aws-sdk/client-ecs';
import { CannotStart, fakeMaster, useAws } from '@loadwright/aws-stand-in';
import type { Finding, Fleet } from '@loadwright/core/fleet';
import { describe, expect, it } from 'vitest';
import type { EcsFleetOptions } from '../../src/ecs/options.js';
import { Aws } from '../../src/aws/clients.js';
import { networkFindings } from '../../src/ecs/reach/network-findings.js';
import { resolveOptions } from '../../src/ecs/settings.js';
import { uiPort } from '../ec2/work.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';
import { ecsClients } from './clients.js';

const aws = useAws();

/** A fleet whose options are another command's, deployed with its own. */
async function deployed(options: EcsFleetOptions = {}): Promise<{ fleet: Fleet; fleetId: string }> {
  Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
  const fleet = quickFleet(optionsFor(aws(), { containerImage: await baseImage(aws()), ...options }));
  const request = await provisionRequest();
  await fleet.provision(request);
  // One that has just been deployed may lack what comes later.
  return { fleet: quickFleet(optionsFor(aws(), { startTimeout: '1s' })), fleetId: request.fleetId };
}

const diagnosed = (fleet: Fleet, fleetId: string) => fleet.lasting!.diagnose!(fleetId);

/** All that is not good. */
async function problems(fleet: Fleet, fleetId: string): Promise<readonly Finding[]> {
  return (await diagnosed(fleet, fleetId)).filter(({ state }) => state !== 'good');
}

/** The ids of its machines that are up, by their parts. */
async function machines(): Promise<ReadonlyMap<string, string>> {
  const { Reservations = [] } = await aws().direct.ec2.send(new DescribeInstancesCommand({}));
  return new Map(
    Reservations.flatMap(({ Instances = [] }) => Instances).map(({ InstanceId = '', Tags = [] }) => [
      Tags.find(({ Key }) => Key === 'loadwright:part')?.Value ?? '',
      InstanceId,
    ]),
  );
}

async function groupOfFleet() {
  const { SecurityGroups = [] } = await aws().direct.ec2.send(new DescribeSecurityGroupsCommand({}));
  const [group] = SecurityGroups.filter(({ GroupName }) => GroupName?.startsWith('loadwright-'));
  return { GroupId: group?.GroupId ?? '', rules: group?.IpPermissions ?? [] };
}

/** Somebody removes the default route of every subnet. */
async function withoutRoute(): Promise<void> {
  const { RouteTables = [] } = await aws().direct.ec2.send(new DescribeRouteTablesCommand({}));
  for (const { RouteTableId, Routes = [] } of RouteTables) {
    for (const { DestinationCidrBlock } of Routes.filter((one) => one.DestinationCidrBlock === '0.0.0.0/0')) {
      await aws().direct.ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock }));
    }
  }
}

describe.each([
  ['machines of EC2', {}],
  ['Fargate', { launchType: 'fargate' }],
] as const)('doctor, of a fleet on %s', { timeout: 180_000 }, (_, options) => {
  it('finds nothing wrong with one that works, and what keeps its caller from the web UI', async () => {
    const { fleet, fleetId } = await deployed(options);
    await expect.poll(() => problems(fleet, fleetId), { timeout: 60_000 }).toEqual([]);

    const { GroupId } = await groupOfFleet();
    aws().behaviour.callerAddress = '198.51.100.9';
    expect(await problems(fleet, fleetId)).toEqual([
      {
        subject: 'security group',
        state: 'problem',
        detail: `${GroupId} lets 203.0.113.7/32 in on port ${uiPort}, but your address is 198.51.100.9`,
        remedy: expect.stringContaining(
          `aws ec2 authorize-security-group-ingress --group-id ${GroupId} --protocol tcp --port ${uiPort} --cidr 198.51.100.9/32 --region eu-west-1`,
        ),
      },
    ]);
    const port = { IpProtocol: 'tcp', FromPort: 1, ToPort: 65_535 };
    const wide = { ...port, IpRanges: [{ CidrIp: '198.51.0.0/16' }] };
    await aws().direct.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [wide] }));
    expect(await problems(fleet, fleetId)).toEqual([]);
    // Ports are no other's.
    const { rules } = await groupOfFleet();
    await aws().direct.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: rules }));
    const other = { ...port, FromPort: uiPort + 1, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
    await aws().direct.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [other] }),
    );
    expect(await problems(fleet, fleetId)).toMatchObject([
      {
        subject: 'security group',
        state: 'problem',
        detail: expect.stringMatching(/ lets nobody in on port/),
      },
    ]);
    aws().inject({ at: 'checkip:Get', times: Infinity, fault: { kind: 'error', code: 'x', status: 500 } });
    expect(await problems(fleet, fleetId)).toMatchObject([{ subject: 'security group', state: 'unknown' }]);
  });

  it('finds subnets without a route', async () => {
    const { fleet, fleetId } = await deployed(options);
    await expect.poll(() => problems(fleet, fleetId), { timeout: 60_000 }).toEqual([]);
    await withoutRoute();
    expect(await problems(fleet, fleetId)).toMatchObject([
      {
        subject: 'network',
        state: 'problem',
        evidence: [expect.stringMatching(/^the subnet subnet-\w+ has no route to the internet: \w+.*, .*, /)],
        remedy: expect.stringMatching(/0\.0\.0\.0\/0/),
      },
    ]);
  });
});

describe('doctor', { timeout: 180_000 }, () => {
  it('names machines that do not register, agents that are lost, tasks that do not start, and what ECS gave up', async () => {
    const { fleet, fleetId } = await deployed();
    await expect.poll(() => problems(fleet, fleetId), { timeout: 60_000 }).toEqual([]);
    const worker = (await machines()).get('worker-1')!;

    aws().ecs.setAgentConnected(worker, false);
    expect(await problems(fleet, fleetId)).toMatchObject([
      {
        subject: 'agents',
        state: 'problem',
        evidence: [`worker-1 ${worker}: ACTIVE, agent not connected`],
      },
    ]);
    aws().ecs.setAgentConnected(worker, true);

    const why = 'CannotPullContainerError: no descriptor matching platform linux/arm64';
    aws().behaviour.containers = {
      start: async () => {
        throw new CannotStart(why);
      },
    };
    aws().ecs.endTasks('-master', 'EssentialContainerExited', 'Essential container in task exited');
    const stopped = async () => JSON.stringify(await problems(fleet, fleetId));
    await expect.poll(stopped, { timeout: 60_000 }).toContain(why);
    expect(await problems(fleet, fleetId)).toMatchObject([
      { subject: 'tasks of the master', state: 'problem', detail: expect.stringMatching(/^0 of 1 run/) },
    ]);
    const service = [...aws().ecs.state.services.values()].find(({ name }) => name.endsWith('-master'))!;
    Object.assign(service.deployments[0]!, { rolloutState: 'FAILED', rolloutStateReason: 'circuit breaker' });
    expect(await problems(fleet, fleetId)).toMatchObject([
      { subject: 'tasks of the master', detail: '0 of 1 run, and ECS gave up: circuit breaker' },
    ]);

    const { ecs } = ecsClients(aws());
    const { id: containerInstance, cluster } = aws().ecs.instanceOf(worker)!;
    await ecs.send(new DeregisterContainerInstanceCommand({ cluster, containerInstance, force: true }));
    expect(await problems(fleet, fleetId)).toMatchObject([
      {
        subject: 'machines',
        state: 'problem',
        detail: '1 of 3 have not registered with the cluster',
        evidence: [`worker-1 ${worker}: running`],
      },
      { subject: 'tasks of the master' },
    ]);
    await fleet.lasting!.destroy(fleetId);
    await expect(diagnosed(fleet, fleetId)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('names machines that have ended, and whether the quota allows others', async () => {
    const { fleet, fleetId } = await deployed();
    await expect.poll(() => problems(fleet, fleetId), { timeout: 60_000 }).toEqual([]);
    await aws().endMachine((await machines()).get('worker-2')!);
    aws().behaviour.quotas = { onDemand: 1, spot: 1 };
    const found = async () =>
      (await problems(fleet, fleetId)).map(({ subject, state, detail }) => `${subject}, ${state}: ${detail}`);
    await expect
      .poll(found, { timeout: 60_000 })
      .toEqual([
        'machines, problem: 1 of 3 have ended',
        expect.stringMatching(/^quota, problem: .*L-1216C47A\): 1 vCPUs, \d in use, 2 needed$/),
      ]);
    await aws().endMachine((await machines()).get('master')!);
    await expect
      .poll(found, { timeout: 60_000 })
      .toEqual([
        'machines, problem: 1 of 2 have ended',
        expect.stringMatching(/^tasks of the master, problem: 0 of 1 run/),
      ]);
  });
});

const [open, closed] = [{ hasPublicAddress: true }, { hasPublicAddress: false }];

it.each([
  ['routed', open, { access: 'https' }, undefined],
  [
    'routed',
    closed,
    { access: 'https' },
    /^no public address, and the subnet \S+ leads out through an internet/,
  ],
  ['routed', closed, { access: 'session-manager' }, /^no public address, and the subnet/],
  ['nat', open, { access: 'http' }, /leads to no internet gateway, so nobody reaches the public address/],
  ['nat', closed, { access: 'http' }, /^no public address, so nobody reaches the web UI: master$/],
  ['nat', closed, { access: 'http', mayBePrivate: true }, undefined],
  ['nat', closed, { access: 'session-manager' }, undefined],
  ['no-route', open, { access: 'session-manager' }, /has no route to the internet: master$/],
] as const)('doctor, in a network that is %s, of a node that has %j and a web UI of %j', async (...row) => {
  const [network, address, way, why] = row;
  await aws().reset({ network });
  const { Subnets = [] } = await aws().direct.ec2.send(new DescribeSubnetsCommand({}));
  const node = { name: 'master', subnetId: Subnets[0]?.SubnetId ?? '', ...address };
  const ui = { ...node, uiPort, securityGroups: [], mayBePrivate: false, ...way };
  const { aws: settings, environment } = resolveOptions(optionsFor(aws()));
  const own = new Aws(settings, new AbortController().signal);
  const [found] = await networkFindings(own, [node], ui, environment);
  expect(found).toMatchObject(
    why ? { state: 'problem', evidence: [expect.stringMatching(why)] } : { state: 'good' },
  );
});
