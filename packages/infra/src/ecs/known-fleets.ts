import type { KnownFleetPlace } from '@loadwright/core/fleet';
import { journalsOf } from '../aws/fleet-settings.js';
import { readJournals } from '../aws/journal.js';
import type { EcsFleetOptions } from './options.js';
import { ecsKind } from './settings.js';

/**
 * The fleets that the journals of this machine list, for commands that do not name its place.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the journals cannot be read.
 */
export async function knownEcsFleets({
  environment = process.env,
}: Pick<EcsFleetOptions, 'environment'> = {}): Promise<KnownFleetPlace[]> {
  const journals = await readJournals(journalsOf(environment), ecsKind);
  return journals.map(({ fleetId, name, region }) => ({
    fleetId,
    ...(name !== undefined && { name }),
    options: { region },
  }));
}
