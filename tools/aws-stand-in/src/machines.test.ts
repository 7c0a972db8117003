import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
} from '@aws-sdk/client-iam';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { LocustMaster } from '@loadwright/core/fleet';
import { describe, expect, it } from 'vitest';
import { clientsFor } from './clients-for.js';
import { fakeMaster, ubuntuImage, useAws, type Machine } from './index.js';

const aws = useAws();

const oneMachine: RunInstancesCommandInput = {
  ImageId: ubuntuImage('x86_64'),
  InstanceType: 'c7i.4xlarge',
  MinCount: 1,
  MaxCount: 1,
};

async function run(input: Partial<RunInstancesCommandInput> = {}) {
  const { ec2 } = clientsFor(aws());
  const { Instances = [] } = await ec2.send(new RunInstancesCommand({ ...oneMachine, ...input }));
  const id = Instances[0]?.InstanceId ?? '';
  const look = async () => {
    const answer = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const instance = answer.Reservations?.[0]?.Instances?.[0];
    if (!instance) throw new Error(`${id} is not described`);
    return instance;
  };
  return { ec2, id, look, instance: Instances[0] };
}

describe('machines', () => {
  it('come up and end over several looks', async () => {
    const { ec2, id, look, instance } = await run();
    expect(instance?.State).toEqual({ Code: 0, Name: 'pending' });
    expect((await look()).State?.Name).toBe('pending');
    expect((await look()).State?.Name).toBe('running');
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    const living = new DescribeInstancesCommand({
      Filters: [
        { Name: 'instance-state-name', Values: ['pending', 'running', 'shutting-down'] },
        { Name: 'instance-type', Values: ['c7i.4xlarge'] },
      ],
    });
    const [shuttingDown] = (await ec2.send(living)).Reservations ?? [];
    expect(shuttingDown?.Instances?.[0]?.State?.Name).toBe('shutting-down');
    expect((await ec2.send(living)).Reservations ?? []).toEqual([]);
    expect((await look()).State).toEqual({ Code: 48, Name: 'terminated' });
    expect(await aws().inventory()).toEqual([]);
  });

  it('have a loopback address of their own, and tell the hooks', async () => {
    const made: Machine[] = [];
    const gone: string[] = [];
    await aws().reset({
      pendingLooks: 0,
      onMachine: (machine) => made.push(machine),
      onMachineGone: (id) => gone.push(id),
    });
    const userData = Buffer.from('#!/bin/sh\nexit 0\n');
    const tags = [{ ResourceType: 'instance' as const, Tags: [{ Key: 'loadwright:role', Value: 'a & b' }] }];
    const first = await run({ UserData: userData.toString('base64'), TagSpecifications: tags });
    const second = await run();
    expect(made.map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(made[0]).toMatchObject({ userData, tags: { 'loadwright:role': 'a & b' } });
    expect(new Set(made.map(({ privateAddress }) => privateAddress)).size).toBe(2);
    const described = await first.look();
    expect(described.State?.Name).toBe('running');
    expect(described.PublicIpAddress).toBe(made[0]?.publicAddress);
    expect(described.PrivateIpAddress).toBe(made[0]?.privateAddress);
    expect(described.Tags).toEqual(tags[0]?.Tags);
    await first.ec2.send(new TerminateInstancesCommand({ InstanceIds: [first.id] }));
    expect(gone).toEqual([first.id]);
    expect((await first.look()).PublicIpAddress).toBeUndefined();
  });

  it('have no public address when none is asked for', async () => {
    const made: Machine[] = [];
    await aws().reset({ onMachine: (machine) => made.push(machine) });
    const { Subnets = [] } = await aws().direct.ec2.send(new DescribeSubnetsCommand({}));
    const { look } = await run({
      NetworkInterfaces: [
        { DeviceIndex: 0, AssociatePublicIpAddress: false, SubnetId: Subnets[0]?.SubnetId },
      ],
    });
    expect(made[0]?.publicAddress).toBeUndefined();
    expect((await look()).PublicIpAddress).toBeUndefined();
  });

  it('end when something else ends them', async () => {
    const gone: string[] = [];
    await aws().reset({ pendingLooks: 0, stoppingLooks: 0, onMachineGone: (id) => gone.push(id) });
    const { id, look } = await run();
    await aws().direct.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect((await look()).State?.Name).toBe('terminated');
    expect(gone).toEqual([id]);
  });

  it('become masters', async () => {
    const master = fakeMaster({ port: 18089, password: async () => 'open sesame', workers: 16, delay: 50 });
    await aws().reset({ ...master, pendingLooks: 0 });
    const { ec2, id, look } = await run();
    const url = `http://${(await look()).PublicIpAddress}:18089`;
    await expect
      .poll(
        () =>
          fetch(`${url}/login`).then(
            ({ status }) => status,
            () => 'closed',
          ),
        { interval: 20 },
      )
      .toBe(200);
    expect(master.openedAt.has(id)).toBe(true);
    expect((await fetch(`${url}/loadwright/statistics`)).status).toBe(401);
    const client = new LocustMaster({ url, login: { username: 'loadwright', password: 'open sesame' } });
    expect(await client.statistics()).toMatchObject({ state: 'ready', workers: { length: 16 } });
    await client.swarm({ users: 1, spawnRate: 1, host: 'http://127.0.0.1' });
    expect((await client.statistics()).state).toBe('running');
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await expect(fetch(`${url}/login`)).rejects.toThrow('fetch failed');
  });
});

describe('RunInstances', () => {
  it('makes one machine for one client token', async () => {
    const { ec2, id } = await run({ ClientToken: 'a' });
    const [again, twin] = await Promise.all([run({ ClientToken: 'a' }), run({ ClientToken: 'a' })]);
    expect([again.id, twin.id]).toEqual([id, id]);
    expect((await run({ ClientToken: 'b' })).id).not.toBe(id);
    await expect(
      ec2.send(new RunInstancesCommand({ ...oneMachine, InstanceType: 'c7i.large', ClientToken: 'a' })),
    ).rejects.toMatchObject({ name: 'IdempotentParameterMismatch' });
    expect((await aws().inventory()).filter((name) => name.startsWith('ec2:instance/'))).toHaveLength(2);
  });

  it('makes nothing in a dry run', async () => {
    await expect(run({ DryRun: true })).rejects.toMatchObject({ name: 'DryRunOperation' });
    expect(await aws().inventory()).toEqual([]);
  });

  it('takes 16 KB of user data and no more', async () => {
    await run({ UserData: Buffer.alloc(16_384, 'x').toString('base64') });
    await expect(run({ UserData: Buffer.alloc(16_385, 'x').toString('base64') })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: 'User data is limited to 16384 bytes',
    });
  });

  it.each([
    [{ InstanceType: 'c7i.enormous' as 'c7i.large' }, 'InvalidInstanceType.NotFound'],
    [{ ImageId: 'ami-00000000000000000' }, 'InvalidAMIID.NotFound'],
    [{ SecurityGroupIds: ['sg-00000000'] }, 'InvalidGroup.NotFound'],
  ])('refuses %o', async (input, name) => {
    await expect(run(input)).rejects.toMatchObject({ name });
  });

  it('sees a new instance profile, and its role, late', async () => {
    const { iam } = clientsFor(aws());
    await iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{}' }));
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'p' }));
    const input = { IamInstanceProfile: { Name: 'p' } };
    await expect(run({ ...input, DryRun: true })).rejects.toMatchObject({ name: 'DryRunOperation' });
    await expect(run(input)).rejects.toThrow('Invalid IAM Instance Profile name');
    await expect(run(input)).rejects.toThrow('has no associated IAM Roles');
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'p', RoleName: 'r' }));
    expect((await (await run(input)).look()).IamInstanceProfile?.Arn).toContain(':instance-profile/p');
  });

  it('keeps to the vCPU quota', async () => {
    await aws().reset({ quotas: { onDemand: 20, spot: 8 } });
    await run();
    await expect(run()).rejects.toMatchObject({ name: 'VcpuLimitExceeded' });
    await expect(run({ DryRun: true })).rejects.toMatchObject({ name: 'DryRunOperation' });
    await run({ InstanceType: 'c7i.xlarge' });
    await expect(run({ InstanceMarketOptions: { MarketType: 'spot' } })).rejects.toMatchObject({
      name: 'MaxSpotInstanceCountExceeded',
    });
  });
});

describe('the network', () => {
  it('keeps a security group until its last machine is gone', async () => {
    const { ec2 } = clientsFor(aws());
    const { GroupId = '' } = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: 'g', Description: 'test' }),
    );
    const remove = () => ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const networkInterface = { DeviceIndex: 0, SubnetId: Subnets[0]?.SubnetId, Groups: [GroupId] };
    for (const input of [{ SecurityGroupIds: [GroupId] }, { NetworkInterfaces: [networkInterface] }]) {
      const { id } = await run(input);
      await expect(remove()).rejects.toMatchObject({ name: 'DependencyViolation' });
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
      await expect(remove()).rejects.toMatchObject({ name: 'DependencyViolation' });
    }
    await remove();
    expect(await aws().inventory()).toEqual([]);
  });

  it.each([
    ['routed', 1, 1],
    ['no-route', 1, 0],
    ['none', 0, 0],
  ] as const)('may be %s', async (network, routeTables, ways) => {
    await aws().reset({ network });
    const { RouteTables = [] } = await clientsFor(aws()).ec2.send(new DescribeRouteTablesCommand({}));
    expect(RouteTables).toHaveLength(routeTables);
    const routes = RouteTables.flatMap(({ Routes = [] }) => Routes);
    expect(routes.filter(({ GatewayId = '' }) => GatewayId.startsWith('igw-'))).toHaveLength(ways);
  });
});

it.each([
  ['amd64', 'x86_64'],
  ['arm64', 'arm64'],
])('knows the public image of Ubuntu for %s', async (name, architecture) => {
  const { ssm, ec2 } = clientsFor(aws());
  const Name = `/aws/service/canonical/ubuntu/server/24.04/stable/current/${name}/hvm/ebs-gp3/ami-id`;
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [Parameter?.Value ?? ''] }));
  expect(Images).toMatchObject([
    { Architecture: architecture, RootDeviceName: '/dev/sda1', OwnerId: '099720109477' },
  ]);
});
