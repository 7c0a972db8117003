import type { RememberedRun } from '@loadwright/core';
import { readJournals } from '../aws/journal.js';
import type { Ec2FleetOptions } from './options.js';
import { journalsOf } from './settings.js';

/**
 * The runs that the journals of this machine tell of, for commands that are not told where a run is. Under which profile
 * a run was made is not in its journal.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the journals cannot be read.
 */
export async function rememberedEc2Runs({
  environment = process.env,
}: Pick<Ec2FleetOptions, 'environment'> = {}): Promise<RememberedRun[]> {
  const journals = await readJournals(journalsOf(environment));
  return journals.map(({ runId, region }) => ({ runId, options: { region } }));
}
