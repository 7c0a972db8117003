import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DeleteTaskDefinitionsCommand,
  DeregisterContainerInstanceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  TagResourceCommand,
  UpdateServiceCommand,
  type CreateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { parameterProblems, useAws } from '../index.js';
import { CannotStart } from './runtime.js';
import { TestAccount } from './test-account.js';

const aws = useAws({ registrationLooks: 0, pendingLooks: 0, stoppingLooks: 0 });
const account = () => TestAccount.make(aws());

const role = (name: string) => `attribute:loadwright.role == ${name}`;

function serviceOf(
  { cluster }: TestAccount,
  name: string,
  taskDefinition: string,
  more: Partial<CreateServiceCommandInput> = {},
) {
  return new CreateServiceCommand({
    cluster,
    serviceName: name,
    taskDefinition,
    desiredCount: 1,
    deploymentConfiguration: {
      minimumHealthyPercent: 0,
      maximumPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: false },
    },
    ...more,
  });
}

const daemon = (name: string): Partial<CreateServiceCommandInput> => ({
  schedulingStrategy: 'DAEMON',
  desiredCount: undefined,
  placementConstraints: [{ type: 'memberOf', expression: role(name) }],
});

describe('container instances', () => {
  it('register with the attributes of their user data, and with those of the machine', async () => {
    const world = await account();
    const { ecs } = world.clients;
    const id = await world.launch({ 'loadwright.role': 'worker' });
    const [arn = ''] = await world.instances();
    const command = new DescribeContainerInstancesCommand({
      cluster: world.cluster,
      containerInstances: [arn, 'unknown'],
    });
    const { containerInstances: [found] = [], failures } = await ecs.send(command);
    expect(found).toMatchObject({ ec2InstanceId: id, status: 'ACTIVE', agentConnected: true });
    const attributes = Object.fromEntries(found?.attributes?.map(({ name, value }) => [name, value]) ?? []);
    expect(attributes).toMatchObject({
      'loadwright.role': 'worker',
      'ecs.instance-type': 't3.large',
      'ecs.cpu-architecture': 'x86_64',
      'ecs.os-type': 'linux',
    });
    const resources = new Map(
      found?.registeredResources?.map(({ name, integerValue }) => [name, integerValue]),
    );
    expect(resources.get('CPU')).toBe(2048);
    expect(resources.get('MEMORY')).toBeLessThan(8192);
    expect(failures).toMatchObject([{ arn: 'unknown', reason: 'MISSING' }]);
    expect(await world.instances(`${role('worker')} and agentConnected == true`)).toEqual([arn]);
    expect(await world.instances(role('master'))).toEqual([]);
  });

  it('are seen late, and for a while after their machine', async () => {
    const world = await account();
    aws().behaviour.registrationLooks = 2;
    const id = await world.launch({});
    const counts = async () => (await world.instances()).length;
    expect([await counts(), await counts()]).toEqual([0, 1]);
    await world.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect([await counts(), await counts(), await counts()]).toEqual([1, 1, 0]);
  });

  it('stay when the machine of a lost agent ends, and go when they are deregistered', async () => {
    const world = await account();
    const { cluster, clients } = world;
    const id = await world.launch({});
    aws().ecs.setAgentConnected(id, false);
    await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    const [containerInstance] = await world.instances();
    const remove = new DeregisterContainerInstanceCommand({ cluster, containerInstance, force: true });
    expect((await clients.ecs.send(remove)).containerInstance?.status).toBe('INACTIVE');
    expect(await world.instances()).toEqual([]);
  });

  it('register nowhere without the rights of an agent', async () => {
    const world = await account();
    const { iam } = aws().direct;
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'machine', PolicyName: 'given' }));
    const id = await world.launch({});
    expect(await world.instances()).toEqual([]);
    expect(aws().ecs.refusals).toEqual([expect.stringMatching(`${id}.*ecs:DiscoverPollEndpoint`)]);
  });
});

describe('services', () => {
  it('place one task on every matching machine, and on those that come later', async () => {
    const world = await account();
    const { ecs, ec2 } = world.clients;
    await world.launch({ 'loadwright.role': 'master' });
    const first = await world.launch({ 'loadwright.role': 'worker' });
    await ecs.send(serviceOf(world, 'workers', await world.define('worker'), daemon('worker')));
    await world.until(async () => (await world.service('workers')).runningCount === 1);
    await world.launch({ 'loadwright.role': 'worker' });
    await world.until(async () => (await world.service('workers')).runningCount === 2);
    expect((await world.service('workers')).deployments).toMatchObject([
      { status: 'PRIMARY', rolloutState: 'COMPLETED', desiredCount: 2 },
    ]);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [first] }));
    await world.until(async () => (await world.service('workers')).desiredCount === 1);
    const [lost] = await world.tasks('STOPPED');
    expect(lost).toMatchObject({
      stopCode: 'TerminationNotice',
      stoppedReason: `Host EC2 (instance ${first}) terminated.`,
    });
  });

  it('say why a task is not placed: nothing there, no port, no memory', async () => {
    const world = await account();
    const { ecs } = world.clients;
    const ports = [{ containerPort: 8089, hostPort: 8089 }];
    const master = await world.define('master', { portMappings: ports });
    await ecs.send(serviceOf(world, 'one', master));
    const said = async (name: string) => (await world.service(name)).events?.[0]?.message;
    expect(await said('one')).toContain('No Container Instances were found in your cluster');
    await world.launch({});
    await world.until(async () => (await world.service('one')).runningCount === 1);
    await ecs.send(serviceOf(world, 'two', master));
    expect(await said('two')).toContain('is already using a port required by your task');
    await ecs.send(serviceOf(world, 'three', await world.define('large', { memory: 16_000 })));
    expect(await said('three')).toContain('has insufficient memory available');
  });

  it('start an ended task again, and one of a new definition after the old one', async () => {
    const world = await account();
    const { ecs } = world.clients;
    const { cluster } = world;
    await world.launch({});
    await ecs.send(serviceOf(world, 'one', await world.define('one')));
    await world.until(async () => (await world.tasks())[0]?.lastStatus === 'RUNNING');
    const [first] = await world.tasks();
    await ecs.send(new StopTaskCommand({ cluster, task: first?.taskArn, reason: 'for a test' }));
    await world.until(async () => {
      const [again] = await world.tasks();
      return again?.lastStatus === 'RUNNING' && again.taskArn !== first?.taskArn;
    });
    const { tasks: [stopped] = [] } = await ecs.send(
      new DescribeTasksCommand({ cluster, tasks: [first?.taskArn ?? ''] }),
    );
    expect(stopped).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'for a test',
    });
    const taskDefinition = await world.define('one');
    await ecs.send(new UpdateServiceCommand({ cluster, service: 'one', taskDefinition }));
    await world.until(async () => (await world.tasks())[0]?.taskDefinitionArn === taskDefinition);
  });

  it('give up, with the circuit breaker, what cannot start', async () => {
    const world = await account();
    const { ecs } = world.clients;
    aws().behaviour.containers = {
      start: async () => {
        throw new CannotStart('CannotPullContainerError: not found', 'one');
      },
    };
    await world.launch({});
    await ecs.send(serviceOf(world, 'one', await world.define('one')));
    await world.until(async () => (await world.service('one')).deployments?.[0]?.rolloutState === 'FAILED');
    const stopped = await world.tasks('STOPPED');
    expect(stopped).toHaveLength(3);
    expect(stopped[0]).toMatchObject({
      stopCode: 'TaskFailedToStart',
      containers: [{ reason: 'CannotPullContainerError: not found' }],
    });
  });

  it('drain, are not listed, and give their name back', async () => {
    const world = await account();
    const { ecs } = world.clients;
    const { cluster } = world;
    await world.launch({});
    const definition = await world.define('one');
    await ecs.send(serviceOf(world, 'one', definition));
    await expect(ecs.send(serviceOf(world, 'one', definition))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    const remove = { cluster, service: 'one' };
    await expect(ecs.send(new DeleteServiceCommand(remove))).rejects.toThrow('scaled above 0');
    await expect(ecs.send(new DeleteClusterCommand({ cluster }))).rejects.toMatchObject({
      name: 'ClusterContainsServicesException',
    });
    const { service } = await ecs.send(new DeleteServiceCommand({ ...remove, force: true }));
    expect(service?.status).toBe('DRAINING');
    await world.until(async () => (await world.service('one')).status === 'INACTIVE');
    await ecs.send(serviceOf(world, 'one', definition));
  });

  it('keep their tasks when an agent is lost, and place none there', async () => {
    const world = await account();
    const { ecs } = world.clients;
    const id = await world.launch({});
    await ecs.send(serviceOf(world, 'one', await world.define('one')));
    await world.until(async () => (await world.service('one')).runningCount === 1);
    aws().ecs.setAgentConnected(id, false);
    expect((await world.service('one')).runningCount).toBe(1);
    const { failures } = await ecs.send(
      new RunTaskCommand({ cluster: world.cluster, taskDefinition: await world.define('other') }),
    );
    expect(failures).toMatchObject([{ reason: 'AGENT' }]);
  });
});

it('RunTask places a part of what is asked for, and says what the rest lacks', async () => {
  const world = await account();
  const { ecs } = world.clients;
  const { cluster } = world;
  const taskDefinition = await world.define('half', { memory: 3000 });
  const run = (count: number) => new RunTaskCommand({ cluster, taskDefinition, count });
  await expect(ecs.send(run(1))).rejects.toThrow('No Container Instances were found');
  await world.launch({});
  await expect(ecs.send(run(11))).rejects.toMatchObject({ name: 'InvalidParameterException' });
  const { tasks, failures } = await ecs.send(run(4));
  expect(tasks).toHaveLength(2);
  expect(failures?.map(({ reason }) => reason)).toEqual(['RESOURCE:MEMORY', 'RESOURCE:MEMORY']);
});

it('a spot notice drains the machine whose agent is asked to', async () => {
  const world = await account();
  const { ecs } = world.clients;
  const machines: { id: string; userData: Buffer }[] = [];
  aws().behaviour.onMachine = (machine) => machines.push(machine);
  await world.launch({}, 't3.large', 'ECS_ENABLE_SPOT_INSTANCE_DRAINING=true\n');
  await ecs.send(serviceOf(world, 'one', await world.define('one')));
  await world.until(async () => (await world.service('one')).runningCount === 1);
  for (const machine of machines) aws().ecs.spotNotice(machine as never);
  await world.until(async () => (await world.tasks('STOPPED'))[0]?.lastStatus === 'STOPPED');
  expect(await world.tasks('STOPPED')).toMatchObject([{ stopCode: 'SpotInterruption' }]);
  expect(await world.tasks()).toEqual([]);
});

it('task definitions have revisions, are deregistered, then deleted, and are seen for ever', async () => {
  const world = await account();
  const { ecs } = world.clients;
  const first = await world.define('family');
  const second = await world.define('family');
  expect(second).toMatch(/:family:2$|\/family:2$/);
  const remove = new DeleteTaskDefinitionsCommand({ taskDefinitions: [first] });
  expect((await ecs.send(remove)).failures).toHaveLength(1);
  await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: first }));
  expect((await ecs.send(remove)).taskDefinitions).toMatchObject([{ status: 'DELETE_IN_PROGRESS' }]);
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: first }));
  expect(taskDefinition?.status).toBe('DELETE_IN_PROGRESS');
  expect((await ecs.send(new ListTaskDefinitionsCommand({}))).taskDefinitionArns).toEqual([second]);
  expect(await aws().inventory()).toContain('ecs:task-definition/family:2');
  expect(await aws().inventory()).not.toContain('ecs:task-definition/family:1');
});

it.each([
  ['without memory', { memory: undefined }],
  ['with a host port of its own', { portMappings: [{ containerPort: 8089, hostPort: 80 }] }],
])('refuses a task definition %s', async (_, container) => {
  const world = await account();
  await expect(world.define('wrong', container)).rejects.toMatchObject({ name: 'ClientException' });
});

it('keeps tags, lists in pages, and describes what has gone', async () => {
  const world = await account();
  const { ecs } = world.clients;
  aws().behaviour.pageSize = 2;
  for (const family of ['a', 'b', 'c']) await world.define(family);
  const page = await ecs.send(new ListTaskDefinitionsCommand({}));
  expect(page.taskDefinitionArns).toHaveLength(2);
  const rest = await ecs.send(new ListTaskDefinitionsCommand({ nextToken: page.nextToken }));
  expect([rest.taskDefinitionArns?.length, rest.nextToken]).toEqual([1, undefined]);
  const resourceArn = page.taskDefinitionArns?.[0];
  await ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'k', value: 'v' }] }));
  const { tags } = await ecs.send(new ListTagsForResourceCommand({ resourceArn }));
  expect(tags).toEqual([{ key: 'k', value: 'v' }]);
  await ecs.send(new DeleteClusterCommand({ cluster: world.cluster }));
  const { clusters } = await ecs.send(new DescribeClustersCommand({ clusters: [world.cluster] }));
  expect(clusters).toMatchObject([{ status: 'INACTIVE' }]);
});

it('has calls held against the models of botocore', async () => {
  const world = await account();
  await world.define('fine');
  expect(await parameterProblems(aws().calls)).toEqual([]);
  const wrong = { family: 'f', networkMode: 'bus', containerDefinitions: [{ image: 7 }] };
  const command = new RegisterTaskDefinitionCommand(wrong as never);
  await world.clients.ecs.send(command).catch(() => {});
  const problems = (await parameterProblems(aws().calls)).join('\n');
  expect(problems).toContain('networkMode: bus is none of');
  expect(problems).toMatch(/Invalid type for parameter containerDefinitions\[0\]\.image/);
});

it('keeps to the documented rates when it is told to', async () => {
  const world = await account();
  aws().behaviour.throttles = true;
  const register = () =>
    world.clients.ecs.send(
      new RegisterTaskDefinitionCommand({
        family: 'f',
        containerDefinitions: [{ name: 'c', image: 'i', memory: 64 }],
      }),
    );
  const names = await Promise.all(
    Array.from({ length: 25 }, () =>
      register().then(
        () => 'made',
        (error: Error) => error.name,
      ),
    ),
  );
  expect(names.filter((name) => name === 'ThrottlingException').length).toBeGreaterThanOrEqual(3);
  expect(names.filter((name) => name === 'made').length).toBeGreaterThanOrEqual(20);
});
