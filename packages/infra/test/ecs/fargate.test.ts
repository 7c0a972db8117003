import { CreateClusterCommand, RegisterTaskDefinitionCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { CannotStart, fakeMaster, fargatePrice, parameterProblems, useAws } from '@loadwright/aws-stand-in';
import { patient } from '../../src/aws/settings.js';
import type { EcsFleetOptions } from '../../src/ecs/options.js';
import { variablesFor } from '../ec2/quick-fleet.js';
import { uiPort } from '../ec2/work.js';
import { putBase, SmallRegistry } from '../image/small-registry.js';
import { FakeAws } from '../session-manager/fake-aws.js';
import { asPrinted, ofTarget } from './as-printed.js';
import { ecsClients } from './clients.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';

const aws = useAws();

const ownInventory = async () => (await aws().inventory()).filter((one) => !one.startsWith('ecr:'));

async function fargate(more: EcsFleetOptions = {}) {
  const containerImage = await baseImage(aws());
  return quickFleet(optionsFor(aws(), { containerImage, launchType: 'fargate', ...more }));
}

const runs = () => aws().calls.filter(({ name, outcome }) => name === 'ecs:RunTask' && outcome === 200);

describe('a fleet on Fargate', { timeout: 180_000 }, () => {
  it('starts the master, then the workers in calls of 10, and leaves nothing', async () => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 23 }));
    const before = await ownInventory();
    const fleet = await fargate({ workers: 23 });
    const request = { ...(await provisionRequest()), workers: 46 };
    const handle = await fleet.provision(request);
    expect(runs().map(({ parameters }) => parameters['count'])).toEqual([1, 10, 10, 3]);
    expect(aws().calls.map(({ name }) => name)).not.toContain('ecs:CreateService');
    expect(aws().calls.map(({ name }) => name)).not.toContain('ec2:RunInstances');
    const nodes = await handle.status();
    expect(nodes).toHaveLength(47);
    expect(new Set(nodes.map(({ instance }) => instance)).size).toBe(24);
    await expect
      .poll(async () => [...new Set((await handle.status()).map(({ state }) => state))])
      .toEqual(['running']);

    const [listed] = await fleet.lasting!.list();
    expect(listed).toMatchObject({ fleetId: request.fleetId, state: 'running' });
    const elsewhere = quickFleet(optionsFor(aws()));
    expect((await elsewhere.open(request.fleetId)).expectedWorkers).toBe(46);
    const findings = await elsewhere.lasting!.diagnose!(request.fleetId);
    expect(findings.map(({ subject, state }) => `${subject}: ${state}`)).toEqual([
      ...['tasks of the master: good', 'tasks of the workers: good'],
      ...['network: good', 'network ACL: good', 'security group: good'],
    ]);
    expect(await elsewhere.lasting!.destroy(request.fleetId)).toMatchObject({ remaining: [] });
    expect(await ownInventory()).toEqual(before);
    expect(await parameterProblems(aws().calls)).toEqual([]);
  });

  it('deploys, scales and removes 120 tasks within the rates of calls and launches that AWS documents', async () => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 120 }), {
      ...{ throttles: true, fargate: { places: 200, onDemand: 1000, spot: 0 } },
    });
    const containerImage = await baseImage(aws());
    const before = await ownInventory();
    const options = optionsFor(aws(), { containerImage, launchType: 'fargate', workers: 120 });
    // As patient with refusals as against AWS.
    const fleet = quickFleet(options, { attempts: patient.attempts });
    const request = { ...(await provisionRequest()), workers: 120 };
    await fleet.provision(request);
    await fleet.lasting!.scaling!.scale(request.fleetId, 110);
    expect(await fleet.lasting!.destroy(request.fleetId)).toMatchObject({ remaining: [] });
    expect(await ownInventory()).toEqual(before);
    // ECS takes 100 launches at once, then 20 a second: a machine that is busy asks no faster.
    const refused = aws().calls.filter(({ name, outcome }) => name.startsWith('ecs:') && outcome === 400);
    process.stdout.write(`${refused.length} of ${aws().calls.length} calls refused\n`);
  });

  it('asks again for what ECS did not place, and starts none twice', async () => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 3 }));
    Object.assign(aws().behaviour, { fargate: { places: 2, onDemand: 256, spot: 256 } });
    const fleet = await fargate({ workers: 3 });
    const lines: string[] = [];
    const deploying = fleet.provision({
      ...(await provisionRequest()),
      workers: 3,
      onProgress: (line) => lines.push(line),
    });
    await expect.poll(() => runs().length, { timeout: 60_000 }).toBeGreaterThan(2);
    Object.assign(aws().behaviour.fargate, { places: 200 });
    const handle = await deploying;
    expect(
      runs()
        .map(({ parameters }) => parameters['count'])
        .slice(0, 3),
    ).toEqual([1, 3, 2]);
    const running = (await aws().inventory()).filter((one) => one.startsWith('ecs:task/'));
    expect(running).toHaveLength(4);
    expect(await handle.destroy()).toMatchObject({ remaining: [] });
  });

  it.each([
    [
      'no capacity',
      { places: 2, onDemand: 256, spot: 256 },
      /ECS placed 1 of 3 tasks: Capacity is unavailable/,
    ],
    [
      'a quota that others have used up',
      { places: 200, onDemand: 10, spot: 0 },
      /limit on the number of vCPUs/,
    ],
  ])('removes everything and gives the reason with %s', async (_, limits, says) => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 3 }), {
      fargate: limits,
    });
    // Of others: AWS tells the limit alone.
    if (limits.onDemand === 10) await useUp(4);
    const before = await ownInventory();
    const containerImage = await baseImage(aws());
    const options = optionsFor(aws(), { containerImage, launchType: 'fargate', workers: 3 });
    const fleet = quickFleet(options, { propagation: 1000 });
    await expect(fleet.provision({ ...(await provisionRequest()), workers: 3 })).rejects.toThrow(says);
    expect(await ownInventory()).toEqual(before);
  });

  it('is told beforehand of a quota that cannot suffice', async () => {
    Object.assign(aws().behaviour, { fargate: { places: 200, onDemand: 6, spot: 6 } });
    const before = await aws().inventory();
    const fleet = quickFleet(optionsFor(aws(), { launchType: 'fargate', workers: 4 }));
    await expect(fleet.provision({ ...(await provisionRequest()), workers: 4 })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /^fleet\.workers: found 4 tasks of 2 vCPUs.*L-3032A538\): 6 vCPUs, 10 needed/,
      ),
      hint: expect.stringMatching(/--service-code fargate --quota-code L-3032A538 --desired-value 10/),
    });
    expect(await aws().inventory()).toEqual(before);
  });

  it('says why tasks ended, with the remedy: at once while it starts, and in doctor later', async () => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const fleet = await fargate({ spot: true });
    const request = await provisionRequest();
    const handle = await fleet.provision(request);
    expect(
      runs().map(({ parameters }) => [parameters['launchType'], parameters['capacityProviderStrategy']]),
    ).toEqual([
      ['FARGATE', undefined],
      [undefined, [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]],
    ]);
    aws().ecs.endTasks('-worker', 'SpotInterruption', 'Your Spot Task was interrupted.');
    const failed = async () => (await handle.status()).filter(({ state }) => state === 'failed');
    await expect.poll(failed, { timeout: 60_000 }).toHaveLength(2);
    expect((await failed())[0]?.reason).toMatch(/SpotInterruption.*leave spot out/);
    const found = await fleet.lasting!.diagnose!(request.fleetId);
    expect(found).toEqual([
      expect.objectContaining({ subject: 'tasks of the master', state: 'good' }),
      expect.objectContaining({
        subject: 'tasks of the workers',
        state: 'problem',
        detail: expect.stringMatching(/^0 of 2 run/),
      }),
      expect.objectContaining({ subject: 'quota', state: 'good' }),
      expect.objectContaining({
        subject: 'quota of spot',
        detail: expect.stringMatching(/256 vCPUs, 4 needed/),
      }),
      expect.objectContaining({ subject: 'network', state: 'good' }),
      expect.objectContaining({ subject: 'network ACL', state: 'good' }),
      expect.objectContaining({ subject: 'security group', state: 'good' }),
    ]);
    expect(await handle.destroy()).toMatchObject({ remaining: [] });

    aws().behaviour.containers = {
      start: async () => {
        throw new CannotStart('CannotPullContainerError: pull image manifest has been retried 5 time(s)');
      },
    };
    await expect(fleet.provision(await provisionRequest())).rejects.toMatchObject({
      message: expect.stringMatching(
        /1 of 1 tasks ended while the fleet was started.[^]*CannotPullContainerError/,
      ),
    });
  });

  it('gets tasks like the others, ends the newest, replaces the lost, and never half', async () => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const fleet = await fargate({
      workers: 2,
      vcpus: 4,
      memoryGigabytes: 8,
      spot: true,
      tags: { team: 'load' },
    });
    const request = { ...(await provisionRequest()), workers: 4 };
    const { fleetId } = request;
    await fleet.provision(request);
    // As from a machine that has no configuration of the fleet.
    const elsewhere = quickFleet(optionsFor(aws()), { propagation: 2000 });
    const scaling = elsewhere.lasting!.scaling!;
    const live = () => [...aws().ecs.state.tasks.values()].filter((one) => one.desiredStatus === 'RUNNING');
    const ids = () => live().map(({ id }) => id);

    expect((await scaling.plan(fleetId, 4)).changes).toEqual([]);
    const plan = await scaling.plan(fleetId, 25);
    expect(plan).toMatchObject({ workersBefore: 4, workersAfter: 26 });
    expect(plan.changes).toEqual(['11 tasks of workers: started, spot']);
    expect(plan.pricePerHourAfter.usDollars).toBeGreaterThan(4 * plan.pricePerHourBefore.usDollars);
    await expect(scaling.plan(fleetId, 1001)).rejects.toThrow('expected 1 to 1000: 2 in each of at most 500');
    aws().behaviour.fargate = { places: 200, onDemand: 256, spot: 8 };
    await expect(scaling.plan(fleetId, 8)).rejects.toThrow(/quota does not suffice.*16 needed/);
    aws().behaviour.fargate = { places: 200, onDemand: 256, spot: 256 };

    const first = live().filter(({ definition }) => definition.family.endsWith('-worker'));
    const [old] = first;
    const handle = await scaling.scale(fleetId, 25);
    expect(handle.expectedWorkers).toBe(26);
    expect(runs().map(({ parameters }) => parameters['count'])).toEqual([1, 2, 10, 1]);
    const young = live().at(-1)!;
    for (const key of ['definition', 'overrides', 'capacityProvider', 'startedBy'] as const) {
      expect(young[key], key).toEqual(old![key]);
    }
    // ECS chose one of the subnets for those that stand.
    expect(young.network).toEqual({ ...old!.network, subnets: [old!.network!.subnets[0]] });
    expect(young.tags).toContainEqual({ key: 'team', value: 'load' });

    await scaling.scale(fleetId, 2);
    expect(live()).toHaveLength(2);
    expect(first.map(({ id }) => id)).toContain(ids()[1]);
    expect((await elsewhere.open(fleetId)).expectedWorkers).toBe(2);

    await scaling.scale(fleetId, 4);
    aws().ecs.endTasks('-worker', 'SpotInterruption', 'Your Spot Task was interrupted.');
    const lost = async () =>
      (await (await elsewhere.open(fleetId)).status()).filter(({ state }) => state === 'failed');
    expect((await lost()).map(({ name }) => name)).toEqual(['worker-1', 'worker-2', 'worker-3', 'worker-4']);
    expect((await scaling.plan(fleetId, 4)).changes).toEqual([
      ...['2 tasks of workers: gone', '2 tasks of workers: started, spot'],
    ]);
    await scaling.scale(fleetId, 4);
    expect(await lost()).toEqual([]);

    const before = ids();
    aws().behaviour.fargate = { places: 5, onDemand: 256, spot: 256 };
    await expect(scaling.scale(fleetId, 12)).rejects.toThrow(
      /ECS placed \d of 4 tasks: Capacity is unavailable/,
    );
    expect(ids()).toEqual(before);
    expect((await elsewhere.open(fleetId)).expectedWorkers).toBe(4);
    expect(await parameterProblems(aws().calls)).toEqual([]);
    expect(await elsewhere.lasting!.destroy(fleetId)).toMatchObject({ remaining: [] });
  });

  it('has the processors that are asked for, also of what is added', async () => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const containerImage = await baseImage(aws(), 'arm64');
    aws().behaviour.prices = [
      fargatePrice('EUW1-Fargate-ARM-vCPU-Hours:perCPU', 'eu-west-1', '0.03'),
      fargatePrice('EUW1-Fargate-ARM-GB-Hours', 'eu-west-1', '0.003'),
    ];
    const fleet = quickFleet(
      optionsFor(aws(), { containerImage, launchType: 'fargate', cpuArchitecture: 'arm64' }),
    );
    const request = await provisionRequest();
    const handle = await fleet.provision(request);
    const registered = aws().calls.filter(({ name }) => name === 'ecs:RegisterTaskDefinition');
    expect(registered.map(({ parameters }) => parameters['runtimePlatform'])).toEqual(
      Array(2).fill({ cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' }),
    );
    // Whoever changes it need not have its configuration.
    const elsewhere = quickFleet(optionsFor(aws())).lasting!.scaling!;
    const { pricePerHourBefore } = await elsewhere.plan(request.fleetId, 3);
    const ofSecrets = 4 * (0.05 / 730 + (5 * 0.05) / 10_000);
    expect(pricePerHourBefore?.usDollars).toBeCloseTo(3 * (2 * 0.03 + 4 * 0.003 + 0.005) + ofSecrets, 6);
    expect(pricePerHourBefore).toEqual((await fleet.plan(request)).pricePerHour);
    expect(await handle.destroy()).toMatchObject({ remaining: [] });
  });

  it('is driven through a session with the task of its master, with private addresses alone', async () => {
    await aws().reset({ network: 'nat' });
    const fake = new FakeAws();
    const { containers } = fakeMaster({ port: uiPort, password: '', workers: 2 });
    aws().behaviour.containers = {
      start: async (task) => {
        if (task.definition.family.endsWith('-master')) fake.leadsTo(task.address, uiPort);
        return containers.start(task);
      },
    };
    const containerImage = await baseImage(aws());
    const environment = { ...variablesFor(aws()), ...fake.environment };
    const access = 'session-manager';
    const fleet = quickFleet(
      optionsFor(aws(), { containerImage, launchType: 'fargate', access, environment }),
    );
    const request = await provisionRequest();
    const handle = await fleet.provision(request);
    expect(handle.isForwarded).toBe(true);
    expect((await fetch(`${handle.masterUrl}/login`)).status).toBe(200);
    const [master, worker] = runs().map(({ parameters }) => parameters);
    expect([master?.['enableExecuteCommand'], worker?.['enableExecuteCommand']]).toEqual([true, undefined]);
    expect(JSON.stringify(master?.['networkConfiguration'])).toContain('"assignPublicIp":"DISABLED"');
    const [opened] = fake.calls.slice(-1);
    const cluster = `loadwright-ecs-${request.fleetId}`;
    expect(opened?.arguments.join(' ')).toMatch(
      new RegExp(`--target ecs:${cluster}_[0-9a-f]{32}_[0-9a-f]{32}-master .*AWS-StartPortForwardingSession`),
    );
    expect(await handle.destroy()).toMatchObject({ remaining: [] });
    expect((await ownInventory()).filter((one) => one.includes('loadwright'))).toEqual([]);
  });

  it('may be made, seen, changed and removed with the printed policy, within the printed boundary', async () => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const containerImage = await baseImage(aws());
    const options = optionsFor(aws(), { containerImage, launchType: 'fargate', spot: true });
    const fleet = await asPrinted(aws(), options);
    const request = await provisionRequest({ iamStatements: ofTarget });
    const before = await ownInventory();
    expect((await fleet.plan(request)).resources.length).toBeGreaterThan(8);
    const found = await fleet.lasting!.check(request);
    expect(found.filter(({ state }) => state === 'problem')).toEqual([]);
    await fleet.provision(request);
    await (await fleet.open(request.fleetId)).status();
    for (const workers of [3, 1]) await fleet.lasting!.scaling!.scale(request.fleetId, workers);
    for await (const { line } of (await fleet.open(request.fleetId)).logs()) expect(line).toBeDefined();
    await fleet.lasting!.diagnose!(request.fleetId);
    expect((await fleet.lasting!.list()).map(({ fleetId }) => fleetId)).toEqual([request.fleetId]);
    expect(await fleet.lasting!.destroy(request.fleetId)).toMatchObject({ remaining: [] });
    expect(await ownInventory()).toEqual(before);
  });
});

describe('an image that is not there for the processors', { timeout: 180_000 }, () => {
  it.each<[string, EcsFleetOptions, RegExp]>([
    ['of tasks on Fargate', { launchType: 'fargate', cpuArchitecture: 'arm64' }, /another cpuArchitecture/],
    ['of machines', { instanceType: 'c7g.large' }, /an instanceType of another processor/],
  ])('%s is refused before anything is made', async (_whose, options, hint) => {
    const registry = await SmallRegistry.start();
    try {
      const { digest } = putBase(registry, 'locustio/locust', { architectures: ['amd64', 's390x'] });
      const containerImage = `${registry.host}/locustio/locust@${digest}`;
      const index = quickFleet(optionsFor(aws(), { ...options, containerImage }));
      const single = quickFleet(optionsFor(aws(), { ...options, containerImage: await baseImage(aws()) }));
      const before = await aws().inventory();
      for (const [fleet, says] of [
        [index, /^fleet\.containerImage: 127\S+ has no image for linux\/arm64/],
        [single, /^fleet\.containerImage: \S+ is for linux\/amd64, not for linux\/arm64/],
      ] as const) {
        await expect(fleet.provision(await provisionRequest())).rejects.toMatchObject({
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(says) as string,
          hint: expect.stringMatching(hint) as string,
        });
      }
      expect(await aws().inventory()).toEqual(before);
      const changing = /:(Create|Put|Register|Run|Start|Authorize)/;
      const made = aws()
        .calls.map(({ name }) => name)
        .filter((name) => changing.test(name));
      // The base image of the test itself.
      expect(made.filter((name) => name !== 'ecr:CreateRepository')).toEqual([]);
    } finally {
      await registry[Symbol.asyncDispose]();
    }
  });
});

/** A task of somebody else. */
async function useUp(vcpus: number): Promise<void> {
  const { ecs } = ecsClients(aws());
  const cluster = 'other';
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'other',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: String(vcpus * 1024),
      memory: String(vcpus * 2048),
      containerDefinitions: [{ name: 'other', image: 'other' }],
    }),
  );
  const awsvpcConfiguration = { subnets: ['subnet-1'], securityGroups: [] };
  await ecs.send(
    new RunTaskCommand({
      cluster,
      taskDefinition: taskDefinition?.taskDefinitionArn,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration },
    }),
  );
}
