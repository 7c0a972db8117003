import type { KnownFleetPlace } from '@loadwright/core';
import { readJournals } from '../aws/journal.js';
import type { Ec2FleetOptions } from './options.js';
import { journalsOf } from './settings.js';

/**
 * The runs that the journals of this machine tell of, for commands that are not told where a fleet is. Under which profile
 * a fleet was made is not in its journal.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the journals cannot be read.
 */
export async function knownEc2Fleets({
  environment = process.env,
}: Pick<Ec2FleetOptions, 'environment'> = {}): Promise<KnownFleetPlace[]> {
  const journals = await readJournals(journalsOf(environment));
  return journals.map(({ fleetId, region }) => ({ fleetId, options: { region } }));
}
