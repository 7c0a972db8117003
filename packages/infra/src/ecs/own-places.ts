import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../aws/clients.js';
import { describeClusters } from '../aws/kinds/cluster.js';
import { hasRepository } from '../aws/kinds/image-tag.js';
import { noRepository } from './deploy/push-bundle.js';
import type { EcsFleetSettings } from './settings.js';

/**
 * What the user brings must be there before anything is made.
 *
 * @throws LoadwrightError `CONFIG_INVALID` for a cluster or a repository that does not exist.
 */
export async function requireOwnPlaces(aws: Aws, settings: EcsFleetSettings): Promise<void> {
  const { cluster, repository, isOwnRepository } = settings;
  const [clusters, isThere] = await Promise.all([
    cluster === undefined ? [] : describeClusters(aws, [cluster]),
    isOwnRepository ? hasRepository(aws, repository) : true,
  ]);
  if (cluster !== undefined && clusters[0]?.status !== 'ACTIVE') {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `fleet.cluster: found ${cluster}, which does not exist in ${aws.settings.region}`,
      { hint: 'Create it, or leave the option cluster out for one of its own.' },
    );
  }
  if (!isThere) throw noRepository(aws, repository);
}
