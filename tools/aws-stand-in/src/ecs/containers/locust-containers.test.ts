import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateLogGroupCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRepositoryCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { CreateServiceCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { locustContainers, useAws, type LocustContainers, type Machine } from '../../index.js';
import { pushTestImage } from '../registry/test-image.js';
import { TestAccount } from '../test-account.js';

const aws = useAws({ registrationLooks: 0 });
const group = '/loadwright/test';
const secret = 'canary-of-the-containers';
let folder: string;
let containers: LocustContainers;
let machines: Machine[];
let world: TestAccount;

const locustfile = `
import json, os, urllib.request
from locust import User, events, task

@events.init.add_listener
def say(environment, **_):
    print("secret", os.environ.get("LOADWRIGHT_TEST_TOKEN", "none")[:6], flush=True)
    uri = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if uri:
        print("role", json.load(urllib.request.urlopen(uri))["RoleArn"], flush=True)

class Nobody(User):
    @task
    def nothing(self):
        pass
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-test-'));
  await mkdir(join(folder, 'mnt', 'locust'), { recursive: true });
  await writeFile(join(folder, 'mnt', 'locust', 'locustfile.py'), locustfile);
});

beforeEach(async () => {
  machines = [];
  world = await TestAccount.make(aws());
  containers = locustContainers(aws());
  Object.assign(aws().behaviour, { containers, onMachine: (machine: Machine) => machines.push(machine) });
  await world.clients.logs.send(new CreateLogGroupCommand({ logGroupName: group }));
});

afterAll(async () => {
  await containers?.clear();
  await rm(folder, { recursive: true, force: true });
});

/** @returns the image by digest */
async function pushed(architecture = 'amd64'): Promise<string> {
  const { ecr } = world.clients;
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'loadwright' }));
  const { authorizationData: [data] = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  return pushTestImage(new URL(data?.proxyEndpoint ?? '').host, {
    repository: 'loadwright',
    tag: 'a',
    authorization: `Basic ${data?.authorizationToken}`,
    folders: [folder],
    architecture,
  });
}

const logConfiguration = {
  logDriver: 'awslogs' as const,
  options: { 'awslogs-group': group, 'awslogs-region': 'eu-west-1', 'awslogs-stream-prefix': 'run' },
};

async function messages(prefix: string): Promise<string> {
  const { events = [] } = await world.clients.logs.send(
    new FilterLogEventsCommand({ logGroupName: group, logStreamNamePrefix: prefix }),
  );
  return events.map(({ message }) => message).join('\n');
}

it('are a master and a worker that find each other', async () => {
  const { ecs, ssm } = world.clients;
  const Name = '/loadwright/ecs/x/worker/TOKEN';
  await ssm.send(new PutParameterCommand({ Name, Value: secret, Type: 'SecureString' }));
  const executionRoleArn = await world.role('execution', ['ssm:GetParameters']);
  const taskRoleArn = await world.role('target', ['sagemaker:InvokeEndpoint']);
  const image = await pushed();
  await world.launch({ 'loadwright.role': 'master' });
  await world.launch({ 'loadwright.role': 'worker' });
  const [address = ''] = machines.map(({ privateAddress }) => privateAddress);
  const placed = (role: string) => ({
    placementConstraints: [{ type: 'memberOf' as const, expression: `attribute:loadwright.role == ${role}` }],
  });
  const locustfileInside = ['-f', '/mnt/locust/locustfile.py'];
  const master = await world.define('master', {
    image,
    logConfiguration,
    command: [...locustfileInside, '--master', '--web-port', '18089', '--csv', '/tmp/locust'],
    portMappings: [18089, 5557].map((port) => ({ containerPort: port, hostPort: port })),
  });
  const worker = await world.define(
    'worker',
    {
      image,
      logConfiguration,
      command: [...locustfileInside, '--worker', '--master-host', address],
      secrets: [
        { name: 'LOADWRIGHT_TEST_TOKEN', valueFrom: `arn:aws:ssm:eu-west-1:123456789012:parameter${Name}` },
      ],
    },
    { executionRoleArn, taskRoleArn },
  );
  const { cluster } = world;
  const service = { cluster, desiredCount: 1, serviceName: 'master', taskDefinition: master };
  await ecs.send(new CreateServiceCommand({ ...service, ...placed('master') }));
  const daemon = {
    cluster,
    serviceName: 'worker',
    taskDefinition: worker,
    schedulingStrategy: 'DAEMON' as const,
  };
  await ecs.send(new CreateServiceCommand({ ...daemon, ...placed('worker') }));
  await world.until(async () => {
    const answer = await fetch(`http://${address}:18089/stats/requests`).catch(() => undefined);
    const { workers } = ((await answer?.json()) ?? {}) as { workers?: unknown[] };
    return workers?.length === 1;
  });
  await world.until(async () => (await messages('run/worker')).includes(`role ${taskRoleArn}`));
  expect(await messages('run/worker')).toContain('secret canary');
  expect(await messages('run/master')).toContain('secret none');

  const [, second] = machines;
  await aws().endMachine(second?.id ?? '');
  await world.until(async () =>
    (await world.tasks('STOPPED')).some((task) => task.stopCode === 'TerminationNotice'),
  );
  expect(containers.failures).toEqual([]);
});

describe('a task that does not start says why', () => {
  const started = async (container: object, more: object = {}) => {
    await world.launch({});
    const taskDefinition = await world.define('one', container, more);
    await world.clients.ecs.send(new RunTaskCommand({ cluster: world.cluster, taskDefinition }));
    await world.until(async () =>
      (await world.tasks('STOPPED')).some((task) => task.lastStatus === 'STOPPED'),
    );
    const [task] = await world.tasks('STOPPED');
    return { ...task, all: JSON.stringify(task) };
  };

  it('no image', async () => {
    const image = (await pushed()).replace(/@.*/, ':none');
    const { all, stopCode } = await started({ image });
    expect(stopCode).toBe('TaskFailedToStart');
    expect(all).toMatch(/CannotPullContainerError.*not found/);
  });

  it('another architecture', async () => {
    const { all } = await started({ image: await pushed('arm64') });
    expect(all).toMatch(/CannotPullContainerError.*does not contain descriptor matching platform/);
  });

  it('no secret', async () => {
    const executionRoleArn = await world.role('execution', ['ssm:GetParameters']);
    const valueFrom = 'arn:aws:ssm:eu-west-1:123456789012:parameter/none';
    const secrets = [{ name: 'TOKEN', valueFrom }];
    const { stoppedReason } = await started({ image: await pushed(), secrets }, { executionRoleArn });
    expect(stoppedReason).toMatch(/^ResourceInitializationError.*invalid ssm parameters: \/none/);
  });

  it('no right to read it', async () => {
    const executionRoleArn = await world.role('execution', ['s3:GetObject']);
    const secrets = [{ name: 'TOKEN', valueFrom: 'arn:aws:ssm:eu-west-1:123456789012:parameter/none' }];
    const { stoppedReason } = await started({ image: await pushed(), secrets }, { executionRoleArn });
    expect(stoppedReason).toMatch(/^ResourceInitializationError.*AccessDeniedException/);
  });

  it('no log group', async () => {
    const options = { ...logConfiguration.options, 'awslogs-group': '/none' };
    const { all } = await started({
      image: await pushed(),
      logConfiguration: { ...logConfiguration, options },
    });
    expect(all).toMatch(/CannotStartContainerError.*ResourceNotFoundException/);
  });

  it('Locust itself, which ends', async () => {
    const { stopCode, containers: [container] = [] } = await started({
      image: await pushed(),
      command: ['-f', '/mnt/locust/locustfile.py', '--users', 'many'],
    });
    expect(stopCode).toBe('EssentialContainerExited');
    expect(container?.exitCode).toBe(2);
    expect(containers.failures[0]).toContain('--users');
  });
});

it('ends a task by SIGTERM', async () => {
  const { ecs } = world.clients;
  await world.launch({});
  const [address = ''] = machines.map(({ privateAddress }) => privateAddress);
  const taskDefinition = await world.define('one', {
    image: await pushed(),
    command: ['-f', '/mnt/locust/locustfile.py', '--web-port', '18089'],
  });
  const { cluster } = world;
  await ecs.send(new RunTaskCommand({ cluster, taskDefinition }));
  await world.until(async () => (await fetch(`http://${address}:18089`).catch(() => undefined))?.ok === true);
  const [running] = await world.tasks();
  await ecs.send(new StopTaskCommand({ cluster, task: running?.taskArn }));
  await world.until(async () => (await world.tasks('STOPPED'))[0]?.lastStatus === 'STOPPED');
  expect(await world.tasks('STOPPED')).toMatchObject([
    { stopCode: 'UserInitiated', containers: [{ exitCode: expect.any(Number) as number }] },
  ]);
});
