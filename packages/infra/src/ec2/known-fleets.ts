import type { KnownFleetPlace } from '@loadwright/core/fleet';
import { knownPlaces } from '../aws/fleets/known-places.js';
import type { Ec2FleetOptions } from './options.js';
import { ec2Kind } from './settings.js';

/**
 * The fleets that the journals of this machine list, for commands that do not name its place. Under which profile
 * a fleet was made is not in its journal.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the journals cannot be read.
 */
export function knownEc2Fleets({
  environment = process.env,
}: Pick<Ec2FleetOptions, 'environment'> = {}): Promise<KnownFleetPlace[]> {
  return knownPlaces(environment, ec2Kind);
}
