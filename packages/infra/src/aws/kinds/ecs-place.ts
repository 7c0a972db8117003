import type { Aws } from '../clients.js';
import { nameOf } from '../fleet-identity.js';
import type { Scope } from '../kind.js';
import { logGroups } from './log-group.js';

/** Where the parts of a fleet are that have no name of their own: in resources of its own, or of the user's. */
export interface EcsPlace {
  readonly fleetId: string;
  /** Name of its cluster. */
  readonly cluster: string;
  /** Names of the repositories that may hold its image. */
  readonly repositories: readonly string[];
}

/** The repository of all fleets of an account that name none. */
export const sharedRepository = 'loadwright';

/** Tags of a log group that name what its fleet uses of the user's. A log group is a fleet's own always. */
export const placeTags = { cluster: 'loadwright:cluster', repository: 'loadwright:repository' } as const;

/** The places of a fleet, or of all. What has lost its log group is looked for where fleets are that name nothing. */
export async function ecsPlaces(aws: Aws, { fleetId }: Scope): Promise<EcsPlace[]> {
  const found = await logGroups(aws, fleetId === undefined ? {} : { fleetId });
  const places = found.map(({ fleetId: id, tags }) => ({
    fleetId: id,
    cluster: tags[placeTags.cluster] ?? nameOf(aws.fleet(id)),
    repositories: [...new Set([sharedRepository, tags[placeTags.repository] ?? sharedRepository])],
  }));
  if (fleetId === undefined || places.length > 0) return places;
  return [{ fleetId, cluster: nameOf(aws.fleet(fleetId)), repositories: [sharedRepository] }];
}

/** Ids of the form `cluster/id` by their clusters: a call of ECS is about one. */
export function byCluster(ids: readonly string[]): [cluster: string, own: string[]][] {
  const pairs = ids.map((id) => id.split('/'));
  const clusters = new Set(pairs.map(([cluster = '']) => cluster));
  return [...clusters].map((cluster) => [
    cluster,
    pairs.filter(([other]) => other === cluster).map(([, own = '']) => own),
  ]);
}
