import { LoadwrightError, type DestroyOptions, type DestroyReport } from '@loadwright/core/fleet';
import { combined } from '../account/combined.js';
import { accountProblem } from '../account/problem.js';
import { Aws } from '../clients.js';
import { leftToOtherVersion } from '../fleet-identity.js';
import { Journal, readJournal, removeJournal, type JournalState } from '../journal.js';
import type { FoundResource } from '../kind.js';
import { kindsOf, type FleetResources } from '../removal/fleet-resources.js';
import { takeInventory } from '../removal/inventory.js';
import { removeFleetResources } from '../removal/remove.js';
import type { AwsSettings } from '../settings.js';

/** Calls AWS, and says what a user can do about what it answers. */
export async function withAws<Result>(
  settings: AwsSettings,
  signal: AbortSignal | undefined,
  use: (aws: Aws) => Promise<Result>,
): Promise<Result> {
  const aws = new Aws(settings, signal ?? new AbortController().signal);
  try {
    return await use(aws);
  } catch (error) {
    throw accountProblem(error);
  } finally {
    aws.close();
  }
}

/** Removes every resource of a fleet, and its journal when nothing is left. */
export async function removeEverything(
  aws: Aws,
  resources: FleetResources,
  journals: string,
  fleetId: string,
  onProgress: DestroyOptions['onProgress'],
): Promise<DestroyReport> {
  // The journal is a cache: one that cannot be read keeps nothing from being removed, and only costs a wait.
  const known = await readJournal(journals, aws.fleet(fleetId)).catch(() => undefined);
  if (!known) return removeFleetResources(aws, resources, fleetId, { expected: undefined, onProgress });
  requireRegion(known, aws.settings.region);
  // A disk that is full keeps nothing from being removed: without the lines a second removal waits a minute longer.
  const journal = await Journal.open(journals, known).catch(() => undefined);
  try {
    const report = await removeFleetResources(aws, resources, fleetId, {
      expected: known.expected,
      onProgress,
      onRemoved: async (resource) => journal?.removed(resource).catch(() => {}),
    });
    if (report.remaining.length === 0) await removeJournal(journals, fleetId).catch(() => {});
    return report;
  } finally {
    await journal?.close();
  }
}

/** Elsewhere nothing would be found: the fleet would count as removed, or be made a second time and its journal be lost. */
export function requireRegion({ fleetKind, fleetId, region }: JournalState, asked: string): void {
  if (region === asked) return;
  throw new LoadwrightError('CONFIG_INVALID', `Fleet ${fleetId} is in ${region}, not in ${asked}.`, {
    hint: `Set the option region to ${region}, or remove the fleet.`,
    next: [{ action: 'destroy-fleet', fleetId, fleet: { kind: fleetKind, options: { region } } }],
  });
}

/** @throws LoadwrightError `CONFIG_INVALID` for a fleet whose machine another version has made. */
export function requireOwnVersion(fleetId: string, machines: readonly FoundResource[]): void {
  const other = machines.find(({ otherVersion }) => otherVersion !== undefined)?.otherVersion;
  if (other === undefined) return;
  throw new LoadwrightError('CONFIG_INVALID', `Fleet ${fleetId} was ${leftToOtherVersion[other]}.`, {
    hint: 'Use the version that made it.',
    next: [{ action: 'list-fleets' }],
  });
}

/** What exists, of one fleet or of all. @throws LoadwrightError when not all of it could be looked at. */
export async function inventoryOf(aws: Aws, resources: FleetResources, fleetId?: string) {
  const taken = await takeInventory(aws, kindsOf(resources), fleetId === undefined ? {} : { fleetId });
  if (taken.causes.length === 0) return taken;
  throw combined(taken.causes.map(accountProblem));
}
