import type { KnownFleetPlace } from '@loadwright/core/fleet';
import type { Environment } from '../../environment.js';
import { journalsOf } from '../fleet-settings.js';
import { readJournals } from '../journal.js';

/**
 * Where the fleets of a kind are that the journals of this machine list.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the journals cannot be read.
 */
export async function knownPlaces(environment: Environment, kind: string): Promise<KnownFleetPlace[]> {
  const journals = await readJournals(journalsOf(environment), kind);
  return journals.map(({ fleetId, name, region }) => ({
    fleetId,
    ...(name !== undefined && { name }),
    options: { region },
  }));
}
