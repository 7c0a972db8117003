import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DescribeClustersCommand,
  paginateListClusters,
  type Cluster,
} from '@aws-sdk/client-ecs';
import type { Aws } from '../clients.js';
import { ecsTagsOf, kindPrefix, nameOf, readTags } from '../fleet-identity.js';
import type { CreatableKind } from '../kind.js';
import { namedResources } from './named.js';
import { removeWhenFree } from './remove-when-free.js';
import { unlessAbsent } from '../service-error.js';

/** The most clusters that one call describes. */
const describedAtOnce = 100;

/** What a cluster is made with; undefined: for machines alone. */
export interface ClusterParameters {
  /** `FARGATE` and `FARGATE_SPOT`: tasks run on spare capacity only in a cluster that has it among them. */
  readonly capacityProviders: readonly string[];
}

/** Where the machines of a fleet register, and its services run. */
export const cluster: CreatableKind<ClusterParameters | undefined> = {
  name: 'cluster',

  async find(aws, { fleetId }) {
    const names = fleetId === undefined ? await ownNames(aws) : [nameOf(aws.fleet(fleetId))];
    const found = await describeClusters(aws, names);
    return found.flatMap(({ clusterName = '', tags }) =>
      namedResources(aws, this.name, [clusterName], '').map((one) => ({ ...one, tags: readTags(tags) })),
    );
  },

  async create(aws, fleet, parameters) {
    const clusterName = nameOf(fleet);
    await aws.ecs.send(
      new CreateClusterCommand({
        clusterName,
        tags: ecsTagsOf(fleet, 'cluster'),
        ...(parameters && { capacityProviders: [...parameters.capacityProviders] }),
      }),
    );
    return clusterName;
  },

  async exists(aws, id) {
    return (await describeClusters(aws, [id])).length > 0;
  },

  async destroy(aws, id) {
    await removeWhenFree(aws, `cluster ${id}`, () => aws.ecs.send(new DeleteClusterCommand({ cluster: id })));
  },
};

/** Those that are there: one that was deleted is shown as INACTIVE for a while. */
async function describeClusters(aws: Aws, names: readonly string[]): Promise<Cluster[]> {
  const found: Cluster[] = [];
  for (let from = 0; from < names.length; from += describedAtOnce) {
    const clusters = names.slice(from, from + describedAtOnce);
    const command = new DescribeClustersCommand({ clusters, include: ['TAGS'] });
    const answer = await unlessAbsent(aws.ecs.send(command));
    found.push(...(answer?.clusters ?? []));
  }
  return found.filter(({ status }) => status !== 'INACTIVE');
}

async function ownNames(aws: Aws): Promise<string[]> {
  const names: string[] = [];
  for await (const { clusterArns = [] } of paginateListClusters({ client: aws.ecs }, {})) {
    names.push(...clusterArns.map((arn) => arn.slice(arn.lastIndexOf('/') + 1)));
  }
  return names.filter((name) => name.startsWith(kindPrefix(aws.settings.fleetKind)));
}
