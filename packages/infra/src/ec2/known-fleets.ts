import type { KnownFleetPlace } from '@loadwright/core/fleet';
import { readJournals } from '../aws/journal.js';
import type { Ec2FleetOptions } from './options.js';
import { journalsOf } from '../aws/fleet-settings.js';
import { ec2Kind } from './settings.js';

/**
 * The fleets that the journals of this machine list, for commands that do not name its place. Under which profile
 * a fleet was made is not in its journal.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the journals cannot be read.
 */
export async function knownEc2Fleets({
  environment = process.env,
}: Pick<Ec2FleetOptions, 'environment'> = {}): Promise<KnownFleetPlace[]> {
  const journals = await readJournals(journalsOf(environment), ec2Kind);
  return journals.map(({ fleetId, name, region }) => ({
    fleetId,
    ...(name !== undefined && { name }),
    options: { region },
  }));
}
