import {
  DeregisterContainerInstanceCommand,
  DescribeContainerInstancesCommand,
  paginateListContainerInstances,
  type ContainerInstance,
} from '@aws-sdk/client-ecs';
import type { Aws } from '../clients.js';
import { nameOf } from '../fleet-identity.js';
import type { FoundResource, Kind } from '../kind.js';
import { isAbsent, unlessAbsent } from '../service-error.js';
import { together } from '../together.js';
import { byCluster, ecsPlaces } from './ecs-place.js';

/** Attributes that the machines of a fleet register with, and that say which tasks they take. */
export const attributes = {
  role: 'loadwright.role',
  fleet: 'loadwright.fleet',
  part: 'loadwright.part',
} as const;

/** The most container instances that one call describes. */
const describedAtOnce = 100;

/**
 * What ECS knows of a machine. One that ends while its agent is connected deregisters by itself; of others the record stays,
 * and with it the cluster. Its id is `cluster/id`.
 */
export const containerInstance: Kind = {
  name: 'container instance',

  async find(aws, scope) {
    const places = await ecsPlaces(aws, scope);
    const found = await Promise.all(
      places.map(async ({ fleetId, cluster }) => {
        const all = await containerInstances(aws, cluster);
        const isOwnCluster = cluster === nameOf(aws.fleet(fleetId));
        return all
          .filter((one) => isOwnCluster || attributeOf(one, attributes.fleet) === fleetId)
          .map((one) => toResource(this.name, fleetId, cluster, one));
      }),
    );
    return found.flat();
  },

  async exists(aws, id) {
    return (await describeOne(aws, id)) !== undefined;
  },

  async destroy(aws, id) {
    const [cluster = '', containerInstanceId = ''] = id.split('/');
    if (!(await this.exists(aws, id))) return;
    const command = new DeregisterContainerInstanceCommand({
      cluster,
      containerInstance: containerInstanceId,
      force: true,
    });
    try {
      await aws.ecs.send(command);
    } catch (error) {
      // It may have deregistered itself since: ECS says so by the code of every wrong parameter.
      if (!isAbsent(error) && (await this.exists(aws, id))) throw error;
    }
  },
};

/** Every machine that is registered in a cluster; none where there is no cluster. */
export async function containerInstances(aws: Aws, cluster: string): Promise<ContainerInstance[]> {
  const arns: string[] = [];
  try {
    for await (const page of paginateListContainerInstances({ client: aws.ecs }, { cluster })) {
      arns.push(...(page.containerInstanceArns ?? []));
    }
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
  const found: ContainerInstance[] = [];
  for (let from = 0; from < arns.length; from += describedAtOnce) {
    found.push(...(await describe(aws, cluster, arns.slice(from, from + describedAtOnce))));
  }
  return found;
}

/** What a machine registered with; undefined when it has no such attribute. */
function attributeOf({ attributes: all = [] }: ContainerInstance, wanted: string): string | undefined {
  return all.find(({ name }) => name === wanted)?.value;
}

/** One that was deregistered is INACTIVE for a while. */
async function describe(aws: Aws, cluster: string, ids: readonly string[]): Promise<ContainerInstance[]> {
  const command = new DescribeContainerInstancesCommand({ cluster, containerInstances: [...ids] });
  const answer = await unlessAbsent(aws.ecs.send(command));
  return (answer?.containerInstances ?? []).filter(({ status }) => status !== 'INACTIVE');
}

const describeOne = together(describedAtOnce, async (aws, ids) => {
  const found = await Promise.all(
    byCluster(ids).map(async ([cluster, own]) =>
      (await describe(aws, cluster, own)).map((one) => [idOf(cluster, one), one] as const),
    ),
  );
  return new Map(found.flat());
});

function idOf(cluster: string, { containerInstanceArn = '' }: ContainerInstance): string {
  return `${cluster}/${containerInstanceArn.slice(containerInstanceArn.lastIndexOf('/') + 1)}`;
}

function toResource(kind: string, fleetId: string, cluster: string, found: ContainerInstance): FoundResource {
  const { ec2InstanceId, status = '' } = found;
  return { kind, id: idOf(cluster, found), fleetId, tags: {}, state: status, holder: ec2InstanceId };
}
