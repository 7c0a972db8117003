import { messageOf, type DestroyReport } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { kindsOf, type FleetResources, type ResourceRow } from './fleet-resources.js';
import { describeResource, takeInventory, type Inventory } from './inventory.js';
import type { Expected } from '../journal.js';
import type { FoundResource, Kind } from '../kind.js';
import { poll } from '../poll.js';
import { codeOf, isConflict, isOutcomeUnknown } from '../service-error.js';
import { settledInventory } from './settled-inventory.js';

/** How a fleet is removed. */
export interface RemovalOptions {
  /** What may appear a while later; undefined when there is no journal. */
  readonly expected: Expected | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly onRemoved?: (resource: FoundResource) => Promise<void>;
}

/**
 * Removes everything of a fleet, in the order that its resources demand; an error does not keep it from going on. What is
 * left is what is there when it looks again at the end.
 */
export async function removeFleetResources(
  aws: Aws,
  resources: FleetResources,
  fleetId: string,
  options: RemovalOptions,
): Promise<DestroyReport> {
  const { onProgress, onRemoved } = options;
  const reasons = new Map<string, string>();
  const tried = new Map<string, FoundResource>();
  /** What continues because AWS refused to end it. */
  const continuing: FoundResource[] = [];
  let left = await settledInventory(aws, resources, fleetId, options);
  let found = left.found;

  if (!(await pass())) await poll(aws, 'unknownOutcome', pass);
  const remaining = new Set(left.found.map(describeResource));
  const removed = [...tried].filter(([name]) => !remaining.has(name));
  for (const [, resource] of removed) await onRemoved?.(resource);
  return {
    removed: removed.map(([name]) => name),
    remaining: [
      ...[...remaining].map((resource) => `${resource}: ${reasons.get(resource) ?? 'it is still there'}`),
      ...left.failures,
    ],
  };

  /** @returns true when nothing is there but what resists */
  async function pass(): Promise<true | undefined> {
    await inOrder(resources.rows, (row) => {
      const own = found.filter(({ kind }) => kind === row.kind.name);
      return Promise.all(own.map((resource) => remove(row, resource)));
    });
    left = await lookAgain(aws, kindsOf(resources), fleetId, [...tried.values()]);
    // Some of it is seen only now, and what is gone may be seen for a while.
    found = left.found.filter((resource) => !reasons.has(describeResource(resource)));
    return found.length === 0 ? true : undefined;
  }

  /** What somebody's machine holds is theirs too. */
  function holderThatStays({ holder }: FoundResource): string | undefined {
    const theirs = left.found.find(({ id, stays }) => id === holder && stays !== undefined);
    return theirs && `it belongs to the ${describeResource(theirs)}, which stays`;
  }

  /** It would be waited for in vain, or be missing when it is needed. */
  function staysWithOther({ staysWith }: ResourceRow, resource: FoundResource): string | undefined {
    if (!staysWith || staysWith.unless?.(resource)) return undefined;
    const other = continuing.find(
      ({ kind, id }) => kind === staysWith.kind.name && id === (resource.holder ?? id),
    );
    return other && staysWith.because(describeResource(other));
  }

  /** Without it they would not be found any more. It is looked at again when they may be gone. */
  function tellsOfMore({ tellsOf = [] }: ResourceRow): boolean {
    const names = tellsOf.map((kind) => kind.name);
    return (
      left.unseen.some((kind) => names.includes(kind)) ||
      left.found.some((one) => names.includes(one.kind) && reasons.has(describeResource(one)))
    );
  }

  async function remove(row: ResourceRow, resource: FoundResource): Promise<void> {
    const { kind } = row;
    const name = describeResource(resource);
    const stays = resource.stays ?? holderThatStays(resource) ?? staysWithOther(row, resource);
    if (stays !== undefined) {
      reasons.set(name, stays);
      return;
    }
    if (tellsOfMore(row)) return;
    if (!tried.has(name)) onProgress?.(`Removing ${name}`);
    tried.set(name, resource);
    try {
      await destroyPatiently(aws, kind, resource.id);
    } catch (error) {
      aws.signal.throwIfAborted();
      reasons.set(name, messageOf(error));
      // One whose answer is lost may be about to end.
      if (!isOutcomeUnknown(error) && (await kind.continues?.(aws, resource.id))) continuing.push(resource);
    }
  }
}

/** Asks again while the service is busy with another call on it: what comes after it waits. */
async function destroyPatiently(aws: Aws, kind: Kind, id: string): Promise<void> {
  let refusal: unknown;
  const ended = await poll(aws, 'propagation', async () => {
    try {
      await kind.destroy(aws, id);
      return true;
    } catch (error) {
      // The Scheduler's word for it; where something is made it means that it is there.
      if (!isConflict(error) && codeOf(error) !== 'ConflictException') throw error;
      refusal = error;
      return undefined;
    }
  });
  if (!ended) throw refusal;
}

/** Each row as soon as the rows that it comes after have ended. */
async function inOrder(
  rows: readonly ResourceRow[],
  carryOut: (row: ResourceRow) => Promise<unknown>,
): Promise<void> {
  const ends = new Map<Kind, Promise<unknown>>();
  for (const row of rows) {
    const before = (row.after ?? []).map((kind) => ends.get(kind));
    ends.set(
      row.kind,
      Promise.all(before).then(() => carryOut(row)),
    );
  }
  await Promise.all(ends.values());
}

/** What is there, by names and tags, or by the ids of what was to be removed. */
async function lookAgain(
  aws: Aws,
  kinds: readonly Kind[],
  fleetId: string,
  tried: readonly FoundResource[],
): Promise<Inventory> {
  const [{ found, failures, unseen }, stillThere] = await Promise.all([
    takeInventory(aws, kinds, { fleetId }),
    Promise.all(tried.map(async (resource) => ((await exists(aws, kinds, resource)) ? [resource] : []))),
  ]);
  return { found: [...found, ...stillThere.flat()], failures, unseen };
}

/** What cannot be looked at is not known to be gone. */
async function exists(aws: Aws, kinds: readonly Kind[], { kind, id }: FoundResource): Promise<boolean> {
  try {
    return (await kinds.find(({ name }) => name === kind)?.exists(aws, id)) ?? false;
  } catch {
    aws.signal.throwIfAborted();
    return true;
  }
}
