import type { KnownFleetPlace } from '@loadwright/core/fleet';
import { knownPlaces } from '../aws/fleets/known-places.js';
import type { EcsFleetOptions } from './options.js';
import { ecsKind } from './settings.js';

/**
 * The fleets that the journals of this machine list, for commands that do not name its place.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the journals cannot be read.
 */
export function knownEcsFleets({
  environment = process.env,
}: Pick<EcsFleetOptions, 'environment'> = {}): Promise<KnownFleetPlace[]> {
  return knownPlaces(environment, ecsKind);
}
