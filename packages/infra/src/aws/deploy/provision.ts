import { LoadwrightError, type FleetHandle, type ProvisionRequest } from '@loadwright/core/fleet';
import { accountProblem } from '../account/problem.js';
import { Aws } from '../clients.js';
import type { SharedSettings } from '../fleet-settings.js';
import { requireRegion } from '../fleets/existing.js';
import { Journal, readJournal, type JournalState } from '../journal.js';
import { cleanUpAfter, type Destroy } from './clean-up.js';

/** One attempt to make a fleet. */
export interface Attempt {
  readonly aws: Aws;
  readonly journal: Journal;
  readonly request: ProvisionRequest;
  /** What the journal of an earlier attempt shows. */
  readonly earlier: JournalState | undefined;
  /** To be set as soon as it is known: the machine that stood when the attempt began. It stays when the attempt fails. */
  existing: string | undefined;
}

/**
 * Makes a fleet, with a journal that is on the disk before the first call: what is made can then be found, whatever happens.
 * What a failed attempt has made is removed.
 */
export async function provisionWithJournal(
  { aws: awsSettings, journals }: Pick<SharedSettings, 'aws' | 'journals'>,
  given: ProvisionRequest,
  destroy: Destroy,
  make: (attempt: Attempt) => Promise<FleetHandle>,
): Promise<FleetHandle> {
  given.signal.throwIfAborted();
  const { fleetKind, region } = awsSettings;
  const { fleetId } = given;
  const earlier = await readJournal(journals, { fleetKind, fleetId });
  if (earlier?.hasBegun) requireRegion(earlier, region);
  // An interrupted deployment continues under the name that it began with.
  const name = given.name ?? earlier?.name;
  const request = { ...given, ...(name !== undefined && { name }) };
  const journal = await Journal.open(journals, { fleetKind, fleetId, region, name });
  const aws = new Aws(awsSettings, request.signal);
  const attempt: Attempt = { aws, journal, request, earlier, existing: undefined };
  try {
    return await make(attempt);
  } catch (error) {
    await journal.close();
    await cleanUpAfter({ error, fleetKind, request, journal, journals, existing: attempt.existing, destroy });
    if (request.signal.aborted) {
      throw new LoadwrightError('ABORTED', 'Starting the fleet was stopped.', { cause: error });
    }
    throw accountProblem(error);
  } finally {
    await journal.close();
    aws.close();
  }
}
