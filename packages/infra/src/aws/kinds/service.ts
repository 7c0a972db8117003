import { createHash } from 'node:crypto';
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  type Service,
} from '@aws-sdk/client-ecs';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { ecsTagsOf, nameOf, readTags } from '../fleet-identity.js';
import type { CreatableKind, FoundResource } from '../kind.js';
import { poll } from '../poll.js';
import { unlessAbsent } from '../service-error.js';
import { ecsPlaces } from './ecs-place.js';
import { attributes } from './container-instance.js';

/** What a service keeps running. */
export interface ServiceParameters {
  readonly cluster: string;
  /** `family:revision` */
  readonly taskDefinition: string;
  /** One task in all, or one on each machine of the role. */
  readonly strategy: 'REPLICA' | 'DAEMON';
}

/** The services of a fleet: one for each {@link serviceParts}. */
export const serviceParts = ['master', 'worker'] as const;

/** Keeps the containers of one role running. Its id is `cluster/name`. */
export const service: CreatableKind<ServiceParameters> = {
  name: 'service',

  async find(aws, scope) {
    const places = await ecsPlaces(aws, scope);
    const found = await Promise.all(places.map(({ fleetId, cluster }) => servicesOf(aws, fleetId, cluster)));
    return found.flat();
  },

  async create(aws, fleet, { cluster, taskDefinition, strategy }) {
    const { part = '' } = fleet;
    const serviceName = nameOf(fleet, part);
    const role = `attribute:${attributes.role} == ${part}`;
    await aws.ecs.send(
      new CreateServiceCommand({
        cluster,
        serviceName,
        taskDefinition,
        launchType: 'EC2',
        schedulingStrategy: strategy,
        // A load that is moved to another zone is a load that ended.
        ...(strategy === 'REPLICA' && { desiredCount: 1, availabilityZoneRebalancing: 'DISABLED' }),
        deploymentConfiguration: {
          // Ports of the machine are taken by one task at a time.
          minimumHealthyPercent: 0,
          maximumPercent: 100,
          // What cannot start ends with a reason, and is not started for ever.
          deploymentCircuitBreaker: { enable: true, rollback: false },
        },
        // In a cluster of the user's there may be machines of other fleets.
        placementConstraints: [
          { type: 'memberOf', expression: `${role} and attribute:${attributes.fleet} == ${fleet.fleetId}` },
        ],
        propagateTags: 'SERVICE',
        clientToken: tokenOf(serviceName, taskDefinition),
        tags: ecsTagsOf(fleet, part),
      }),
    );
    return `${cluster}/${serviceName}`;
  },

  async exists(aws, id) {
    const [found] = await describe(aws, id);
    return found?.status === 'ACTIVE';
  },

  /** Its tasks end by themselves: while they do, the service is DRAINING, and starts none. */
  async destroy(aws, id) {
    const [cluster = '', name = ''] = id.split('/');
    const { removal } = aws.settings.pace;
    const ended = await poll(aws, 'removal', async () => {
      if (!(await this.exists(aws, id))) return true;
      const command = new DeleteServiceCommand({ cluster, service: name, force: true });
      await unlessAbsent(aws.ecs.send(command));
      return (await this.exists(aws, id)) ? undefined : true;
    });
    if (ended) return;
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      `the service ${id} has not ended after ${removal / 1000} s`,
      {
        retryable: true,
      },
    );
  },
};

async function servicesOf(aws: Aws, fleetId: string, cluster: string): Promise<FoundResource[]> {
  const names = serviceParts.map((part) => nameOf(aws.fleet(fleetId), part));
  const found = await describe(aws, `${cluster}/${names[0]}`, names);
  return found
    .filter(({ status }) => status === 'ACTIVE')
    .map(({ serviceName = '', tags }) => ({
      kind: service.name,
      id: `${cluster}/${serviceName}`,
      fleetId,
      part: serviceParts.find((part) => serviceName.endsWith(`-${part}`)),
      tags: readTags(tags),
    }));
}

async function describe(aws: Aws, id: string, names?: readonly string[]): Promise<Service[]> {
  const [cluster = '', name = ''] = id.split('/');
  const command = new DescribeServicesCommand({
    cluster,
    services: [...(names ?? [name])],
    include: ['TAGS'],
  });
  return (await unlessAbsent(aws.ecs.send(command)))?.services ?? [];
}

/** A service as ECS describes it; undefined when there is none. */
export async function describeService(aws: Aws, id: string): Promise<Service | undefined> {
  return (await describe(aws, id))[0];
}

/** ECS takes 36 characters at most. The same step is the same service, also after a crash. */
function tokenOf(name: string, taskDefinition: string): string {
  return createHash('sha256')
    .update(JSON.stringify([name, taskDefinition]))
    .digest('hex')
    .slice(0, 32);
}
