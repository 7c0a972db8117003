import { tmpdir } from 'node:os';
import type { ECRClient } from '@aws-sdk/client-ecr';
import { CreateRepositoryCommand, DescribeImagesCommand, PutImageCommand } from '@aws-sdk/client-ecr';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { RegisterContainerInstanceCommand } from '@aws-sdk/client-ecs';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { createFleetId } from '@loadwright/core';
import { expect, it } from 'vitest';
import { ensure, stepOf } from '../../src/aws/ensure.js';
import { nameOf } from '../../src/aws/fleet-identity.js';
import { Journal, readJournal } from '../../src/aws/journal.js';
import type { Kind } from '../../src/aws/kind.js';
import { cluster } from '../../src/aws/kinds/cluster.js';
import { containerInstance } from '../../src/aws/kinds/container-instance.js';
import { placeTags } from '../../src/aws/kinds/ecs-place.js';
import { ensureSharedRepository, imageTag } from '../../src/aws/kinds/image-tag.js';
import { logGroup } from '../../src/aws/kinds/log-group.js';
import { executionRole, taskRole } from '../../src/aws/kinds/role.js';
import { service } from '../../src/aws/kinds/service.js';
import { taskDefinition, type TaskDefinitionParameters } from '../../src/aws/kinds/task-definition.js';
import { kindsOf } from '../../src/aws/removal/fleet-resources.js';
import { describeResource, takeInventory } from '../../src/aws/removal/inventory.js';
import { removeFleetResources } from '../../src/aws/removal/remove.js';
import { ecsResources } from '../../src/ecs/resources.js';
import { ubuntuImage, useAws } from '@loadwright/aws-stand-in';
import { ecsClients } from './clients.js';
import { withFolder } from '../ec2/work.js';

const aws = useAws();

/** A step of a fleet of its own, with its journal. */
async function withStep(use: (step: Awaited<ReturnType<typeof makeStep>>) => Promise<void>): Promise<void> {
  await withFolder(tmpdir(), async (folder) => {
    const step = await makeStep(folder);
    try {
      await use(step);
    } finally {
      await step.journal.close();
    }
  });
}

async function makeStep(folder: string) {
  const clients = ecsClients(aws());
  const fleet = {
    ...clients.fleet(createFleetId()),
    region: aws().region,
    owner: 'arn:aws:iam::123456789012:user/somebody',
    createdAt: new Date(),
    expiresAt: new Date(),
    tags: { team: 'load' },
  };
  return { aws: clients, fleet, journal: await Journal.open(folder, fleet), folder };
}

const definition: TaskDefinitionParameters = {
  networkMode: 'host',
  requiresCompatibilities: ['EC2'],
  containerDefinitions: [{ name: 'master', image: 'an-image', memory: 128 }],
};

const roles = {
  statements: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['*'] }],
  boundary: Promise.resolve(undefined),
} as const;

it('each kind is made once, found by its name, and removed with nothing left', () =>
  withStep(async (step) => {
    const { aws: clients, fleet, folder, journal } = step;
    const { fleetId } = fleet;
    const name = nameOf(fleet);
    const found = async (kind: Kind) =>
      (await kind.find(clients, { fleetId })).map(({ id, part }) => [id, part]);
    const all = async () =>
      (await takeInventory(clients, kindsOf(ecsResources), {})).found.map(describeResource).sort();

    const logs = { retentionDays: 7, facts: {} };
    expect(await ensure(step, logGroup, logs)).toBe(`/loadwright/ecs/${fleetId}`);
    expect(await ensure(step, logGroup, logs)).toBe(`/loadwright/ecs/${fleetId}`);
    const groups = await clients.logs.send(new DescribeLogGroupsCommand({}));
    expect(groups.logGroups).toMatchObject([{ retentionInDays: 7 }]);
    expect((await logGroup.find(clients, {}))[0]?.tags).toMatchObject({
      team: 'load',
      'loadwright:kind': 'ecs',
    });

    expect(await ensure(step, cluster, undefined)).toBe(name);
    expect(await ensure(step, cluster, undefined)).toBe(name);
    expect((await cluster.find(clients, { fleetId }))[0]?.tags).toMatchObject({
      'loadwright:fleet-id': fleetId,
    });

    for (const kind of [taskRole, executionRole]) await ensure(step, kind, roles);
    const trust = await clients.iam.send(new GetRoleCommand({ RoleName: `${name}-task` }));
    expect(decodeURIComponent(trust.Role?.AssumeRolePolicyDocument ?? '')).toContain(
      'ecs-tasks.amazonaws.com',
    );

    for (const part of ['master', 'worker'] as const) {
      const revision = await ensure(stepOf(step, part), taskDefinition, definition);
      expect(revision).toBe(`${name}-${part}:1`);
      expect(await ensure(stepOf(step, part), taskDefinition, definition)).toBe(revision);
      const strategy = part === 'master' ? 'REPLICA' : 'DAEMON';
      const parameters = { cluster: name, taskDefinition: revision, strategy } as const;
      const id = await ensure(stepOf(step, part), service, parameters);
      expect(await ensure(stepOf(step, part), service, parameters)).toBe(id);
    }
    const made = aws().calls.filter(({ name: call }) => call === 'ecs:CreateService');
    expect(made.map(({ parameters }) => parameters)).toMatchObject([
      {
        schedulingStrategy: 'REPLICA',
        desiredCount: 1,
        availabilityZoneRebalancing: 'DISABLED',
        clientToken: expect.stringMatching(/^[0-9a-f]{32}$/),
        deploymentConfiguration: {
          minimumHealthyPercent: 0,
          maximumPercent: 100,
          deploymentCircuitBreaker: { enable: true, rollback: false },
        },
        placementConstraints: [
          {
            type: 'memberOf',
            expression: `attribute:loadwright.role == master and attribute:loadwright.fleet == ${fleetId}`,
          },
        ],
      },
      expect.not.objectContaining({ availabilityZoneRebalancing: expect.anything() }),
    ]);
    expect(await found(service)).toEqual([
      [`${name}/${name}-master`, 'master'],
      [`${name}/${name}-worker`, 'worker'],
    ]);
    expect(await found(taskDefinition)).toEqual([
      [`${name}-master:1`, 'master'],
      [`${name}-worker:1`, 'worker'],
    ]);
    expect((await readJournal(folder, fleet))?.expected.get('service worker')).toMatchObject({
      part: 'worker',
    });

    await registerMachine(clients.ecs, name);
    expect(await found(containerInstance)).toHaveLength(1);

    expect(await all()).toHaveLength(9);
    await journal.close();
    const { expected } = (await readJournal(folder, fleet))!;
    const { removed, remaining } = await removeFleetResources(clients, ecsResources, fleetId, { expected });
    expect([remaining, removed.length]).toEqual([[], 9]);
    expect(removed.at(-1)).toBe(`log group /loadwright/ecs/${fleetId}`);
    expect(await all()).toEqual([]);
    const again = await removeFleetResources(clients, ecsResources, fleetId, { expected: new Map() });
    expect(again).toEqual({ removed: [], remaining: [] });
  }));

it('a tag of a fleet leaves the image, its other tags and the repository', () =>
  withStep(async ({ aws: clients, fleet }) => {
    const { fleetId } = fleet;
    const tag = nameOf(fleet);
    for (const _ of [1, 2]) await ensureSharedRepository(clients);
    for (const imageTagOf of [tag, 'loadwright-0123']) {
      await clients.ecr.send(
        new PutImageCommand({ repositoryName: 'loadwright', imageManifest: manifest, imageTag: imageTagOf }),
      );
    }
    for (const scope of [{ fleetId }, {}]) {
      expect(await imageTag.find(clients, scope)).toMatchObject([{ id: `loadwright:${tag}`, fleetId }]);
    }
    await imageTag.destroy(clients, `loadwright:${tag}`);
    expect(await imageTag.find(clients, { fleetId })).toEqual([]);
    expect(await tagsOf(clients.ecr, 'loadwright')).toEqual(['loadwright-0123']);
    // A second removal finds nothing to do, nor one without the repository.
    await imageTag.destroy(clients, `loadwright:${tag}`);
    await imageTag.destroy(clients, `gone:${tag}`);
  }));

it('what lies in a cluster and a repository of the user is found from any machine, and they stay', () =>
  withStep(async (step) => {
    const { aws: clients, fleet } = step;
    const { fleetId } = fleet;
    await clients.ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/images' }));
    await ensure({ ...step, fleet: { ...fleet, fleetId: otherFleet } }, cluster, undefined);
    const theirs = nameOf(clients.fleet(otherFleet));
    const facts = { [placeTags.cluster]: theirs, [placeTags.repository]: 'team/images' };
    await ensure(step, logGroup, { retentionDays: 7, facts });
    const tag = nameOf(fleet);
    await clients.ecr.send(
      new PutImageCommand({ repositoryName: 'team/images', imageManifest: manifest, imageTag: tag }),
    );
    const taskDefinitionId = await ensure(stepOf(step, 'master'), taskDefinition, definition);
    await ensure(stepOf(step, 'master'), service, {
      cluster: theirs,
      taskDefinition: taskDefinitionId,
      strategy: 'REPLICA',
    });
    // A machine of somebody else.
    await registerMachine(clients.ecs, theirs);
    const found = await takeInventory(clients, kindsOf(ecsResources), { fleetId });
    expect(found.found.map(describeResource)).toEqual([
      `service ${theirs}/${tag}-master`,
      `task definition ${tag}-master:1`,
      `image tag team/images:${tag}`,
      `log group /loadwright/ecs/${fleetId}`,
    ]);
    const { remaining } = await removeFleetResources(clients, ecsResources, fleetId, { expected: new Map() });
    expect(remaining).toEqual([]);
    expect(await cluster.exists(clients, theirs)).toBe(true);
    expect(await containerInstance.find(clients, { fleetId: otherFleet })).toHaveLength(1);
  }));

const otherFleet = '20261123-093000-0123456789';

const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config: {
    mediaType: 'application/vnd.docker.container.image.v1+json',
    size: 2,
    digest: `sha256:${'0'.repeat(64)}`,
  },
  layers: [],
});

async function tagsOf(ecr: ECRClient, repositoryName: string): Promise<string[]> {
  const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
  return imageDetails.flatMap(({ imageTags = [] }) => imageTags);
}

async function registerMachine(ecs: ECSClient, name: string): Promise<void> {
  const { Instances } = await aws().direct.ec2.send(
    new RunInstancesCommand({
      ImageId: ubuntuImage('x86_64'),
      InstanceType: 't3.large',
      MinCount: 1,
      MaxCount: 1,
    }),
  );
  const instanceIdentityDocument = JSON.stringify({ instanceId: Instances?.[0]?.InstanceId });
  await ecs.send(new RegisterContainerInstanceCommand({ cluster: name, instanceIdentityDocument }));
}
