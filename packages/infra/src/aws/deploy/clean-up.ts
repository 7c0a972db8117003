import {
  LoadwrightError,
  messageOf,
  nothingLeft,
  type DestroyOptions,
  type DestroyReport,
  type ProvisionRequest,
} from '@loadwright/core/fleet';
import { accountProblem } from '../account/problem.js';
import { readJournal, removeJournal, type Journal } from '../journal.js';

export type Destroy = (fleetId: string, options?: DestroyOptions) => Promise<DestroyReport>;

/** A deployment that failed. */
export interface FailedAttempt {
  readonly error: unknown;
  readonly fleetKind: string;
  readonly request: ProvisionRequest;
  /** Its own, closed. */
  readonly journal: Journal;
  /** Folder of the journals. */
  readonly journals: string;
  /** Id of the machine that stood when the attempt began. */
  readonly existing: string | undefined;
  readonly destroy: Destroy;
}

/**
 * Removes what an attempt has made. A machine that stood before stays with all it needs, and where the attempt has made
 * nothing, so does what an earlier one has.
 *
 * @throws LoadwrightError `RESOURCES_REMAIN` when something of the fleet is left.
 */
export async function cleanUpAfter(attempt: FailedAttempt): Promise<void> {
  const { journal, journals, existing, destroy } = attempt;
  const {
    fleetKind,
    request: { fleetId, onProgress },
  } = attempt;
  if (existing !== undefined) {
    throw remains(attempt, 'It has a machine that stood before, and stays:', [`instance ${existing}`]);
  }
  if (!journal.hasBegun) {
    const earlier = await readJournal(journals, { fleetKind, fleetId });
    if (earlier?.hasBegun) throw remains(attempt, 'What an earlier attempt has made stays.', []);
    await removeJournal(journals, fleetId);
    return;
  }
  const { remaining } = await destroy(fleetId, { onProgress }).catch((failure: unknown) => ({
    remaining: [`everything of fleet ${fleetId}: ${messageOf(failure)}`],
  }));
  if (remaining.length > 0) throw remains(attempt, 'Some of it is left:', remaining);
  onProgress(nothingLeft);
}

function remains(
  { error, request: { fleetId } }: FailedAttempt,
  what: string,
  lines: readonly string[],
): LoadwrightError {
  return new LoadwrightError(
    'RESOURCES_REMAIN',
    [`The fleet was not made: ${messageOf(accountProblem(error))}`, what, ...lines].join('\n  '),
    { hint: 'Remove it.', next: [{ action: 'destroy-fleet', fleetId }], cause: error },
  );
}
