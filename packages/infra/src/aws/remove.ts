import { messageOf, type DestroyReport } from '@loadwright/core';
import type { Aws } from './clients.js';
import type { Expected } from './journal.js';
import type { FoundResource, Kind, Scope } from './kind.js';
import { bucket } from './kinds/bucket.js';
import { instanceProfile } from './kinds/instance-profile.js';
import { describeInstance, instance, lastLaunch, staysOn } from './kinds/instance.js';
import { networkInterface, volume } from './kinds/leftovers.js';
import { parameters } from './kinds/parameters.js';
import { endRole, role } from './kinds/role.js';
import { schedule } from './kinds/schedule.js';
import { securityGroup } from './kinds/security-group.js';
import { poll } from './poll.js';
import { leftToOtherVersion, startOf } from './fleet-identity.js';
import { isOutcomeUnknown } from './service-error.js';
import { deployMilliseconds, hiddenMilliseconds } from './visibility.js';

/** What is removed one after the other, because the later ones are in use by the earlier. The rows need not wait. */
const order: readonly (readonly Kind[])[] = [
  [instance, schedule, endRole, networkInterface, volume, securityGroup],
  [instanceProfile, role],
  [parameters],
  [bucket],
];

const kinds = order.flat();

/** What a machine holds until it has ended. */
const heldByMachine: ReadonlySet<string> = new Set(
  [networkInterface, volume, securityGroup].map(({ name }) => name),
);

/** What will end a machine that could not be ended now. */
const endOfMachine: ReadonlySet<string> = new Set([schedule, endRole].map(({ name }) => name));

/** Kinds of which a deployment makes something. */
const made: Expected = new Map(kinds.filter((kind) => 'create' in kind).map(({ name }) => [name, undefined]));

/** What exists, and what could not be looked at. */
export interface Inventory {
  readonly found: readonly FoundResource[];
  /** One line for each kind that could not be looked for, with the reason. */
  readonly failures: readonly string[];
}

/** Looks for all kinds at the same time, by names and tags alone. The causes are what its calls failed with. */
export async function takeInventory(
  aws: Aws,
  scope: Scope,
  among: readonly Kind[] = kinds,
): Promise<Inventory & { readonly causes: readonly unknown[] }> {
  const failures: string[] = [];
  const causes: unknown[] = [];
  const found = await Promise.all(
    among.map(async (kind) => {
      try {
        return await kind.find(aws, scope);
      } catch (error) {
        aws.signal.throwIfAborted();
        failures.push(`could not look for anything of the kind ${kind.name}: ${messageOf(error)}`);
        causes.push(error);
        return [];
      }
    }),
  );
  return { found: leaveToOthers(found.flat()), failures, causes };
}

/** One resource of a newer format shows that its fleet is a newer version's, also where no name or tag says so. */
function leaveToOthers(found: readonly FoundResource[]): readonly FoundResource[] {
  const theirs = new Set(found.flatMap((one) => (one.otherVersion === 'newer' ? one.fleetId : [])));
  const newer = { otherVersion: 'newer', stays: leftToOtherVersion.newer } as const;
  return found.map((one) => (theirs.has(one.fleetId) ? { ...one, ...newer } : one));
}

/** `instance i-0123456789abcdef0` */
export function describeResource({ kind, id }: FoundResource): string {
  return `${kind} ${id}`;
}

/** The same, with what whoever is asked for consent should know. */
export function introduceResource(resource: FoundResource): string {
  const { stays, note } = resource;
  const remarks = [note, stays].filter((text) => text !== undefined);
  return [describeResource(resource), ...remarks].join(': ');
}

/** How a fleet is removed. */
export interface RemovalOptions {
  /** Kinds that may appear a while later; undefined when there is no journal. */
  readonly expected: Expected | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly onRemoved?: (kind: string) => Promise<void>;
}

/**
 * Removes everything of a fleet, in a fixed order; an error does not keep it from going on. What is left is what is there
 * when it looks again at the end.
 */
export async function removeFleetResources(
  aws: Aws,
  fleetId: string,
  options: RemovalOptions,
): Promise<DestroyReport> {
  const { onProgress, onRemoved } = options;
  const reasons = new Map<string, string>();
  const tried = new Map<string, FoundResource>();
  /** A machine that goes on, because AWS refused to end it. */
  let staying: string | undefined;
  let left = await settledInventory(aws, fleetId, options);
  let found = left.found;

  if (!(await pass())) await poll(aws, aws.settings.pace.unknownOutcome, pass);
  const remaining = new Set(left.found.map(describeResource));
  const removed = [...tried.keys()].filter((name) => !remaining.has(name));
  for (const name of removed) await onRemoved?.(tried.get(name)!.kind);
  return {
    removed,
    remaining: [
      ...[...remaining].map((resource) => `${resource}: ${reasons.get(resource) ?? 'it is still there'}`),
      ...left.failures,
    ],
  };

  /** @returns true when nothing is there but what resists */
  async function pass(): Promise<true | undefined> {
    await Promise.all(order.map((row) => removeRow(row, found, remove)));
    left = await lookAgain(aws, fleetId, [...tried.values()]);
    // Some of it is seen only now, and what is gone may be seen for a while.
    found = left.found.filter((resource) => !reasons.has(describeResource(resource)));
    return found.length === 0 ? true : undefined;
  }

  /** What somebody's machine holds is theirs too. */
  function holderThatStays({ holder }: FoundResource): string | undefined {
    const theirs = left.found.find(({ kind, id, stays }) => kind === instance.name && id === holder && stays);
    return theirs && `it belongs to the ${describeResource(theirs)}, which stays`;
  }

  async function remove(kind: Kind, resource: FoundResource): Promise<void> {
    const name = describeResource(resource);
    const stays = resource.stays ?? holderThatStays(resource);
    if (stays !== undefined) {
      reasons.set(name, stays);
      return;
    }
    if (staying !== undefined && endOfMachine.has(kind.name)) {
      reasons.set(name, `it is to end the ${staying}, which could not be removed`);
      return;
    }
    if (staying !== undefined && heldByMachine.has(kind.name) && resource.state !== 'available') {
      // It would be waited for in vain.
      reasons.set(name, `it is in use by the ${staying}, which could not be removed`);
      return;
    }
    if (!tried.has(name)) onProgress?.(`Removing ${name}`);
    tried.set(name, resource);
    try {
      await kind.destroy(aws, resource.id);
    } catch (error) {
      aws.signal.throwIfAborted();
      reasons.set(name, messageOf(error));
      // One whose answer is lost may be about to end.
      if (kind === instance && !isOutcomeUnknown(error) && (await staysOn(aws, resource.id))) staying = name;
    }
  }
}

/** What is there, by names and tags, or by the ids of what was to be removed. */
async function lookAgain(aws: Aws, fleetId: string, tried: readonly FoundResource[]): Promise<Inventory> {
  const [{ found, failures }, stillThere] = await Promise.all([
    takeInventory(aws, { fleetId }),
    Promise.all(tried.map(async (resource) => ((await exists(aws, resource)) ? [resource] : []))),
  ]);
  return { found: [...found, ...stillThere.flat()], failures };
}

/** What a fleet has, once everything that may not be seen yet has had the time to appear. */
async function settledInventory(
  aws: Aws,
  fleetId: string,
  { expected, onProgress = () => {} }: RemovalOptions,
): Promise<Inventory> {
  const { unknownOutcome } = aws.settings.pace;
  const seen = new Map<string, FoundResource>();
  const look = async () => {
    const { found, failures } = await takeInventory(aws, { fleetId });
    for (const resource of found) seen.set(describeResource(resource), resource);
    const inventory = { found: [...seen.values()], failures };
    return { inventory, missing: await missingOf(aws, inventory, expected ?? made) };
  };
  const first = await look();
  if (first.missing.length === 0 || (!expected && !(await isNew(aws, fleetId)))) return first.inventory;
  const names = first.missing.join(', ');
  onProgress(`Looking for what may not be seen yet, for at most ${unknownOutcome / 1000} s: ${names}`);
  let last = first;
  await poll(aws, unknownOutcome, async () => {
    last = await look();
    return last.missing.length === 0 ? true : undefined;
  });
  return last.inventory;
}

/** What is expected and not seen. A machine that has ended is not found by its tags, but has been seen. */
async function missingOf(aws: Aws, { found }: Inventory, expected: Expected): Promise<string[]> {
  const missing = new Map(expected);
  for (const { kind } of found) missing.delete(kind);
  const machine = missing.get(instance.name);
  if (machine !== undefined && (await describeInstance(aws, machine))) missing.delete(instance.name);
  return [...missing.keys()];
}

/**
 * Without a journal: may there be something that AWS does not show yet? The machine is made last, so what a fleet with a
 * machine has is older; without one, its deployment may have broken off a moment ago.
 */
async function isNew(aws: Aws, fleetId: string): Promise<boolean> {
  try {
    const launched = await lastLaunch(aws, fleetId);
    const [since, limit] = launched ? [launched, hiddenMilliseconds] : [startOf(fleetId), deployMilliseconds];
    return Date.now() - since.getTime() < limit;
  } catch {
    aws.signal.throwIfAborted();
    return true;
  }
}

/** What cannot be looked at is not known to be gone. */
async function exists(aws: Aws, { kind, id }: FoundResource): Promise<boolean> {
  try {
    return (await kinds.find(({ name }) => name === kind)?.exists(aws, id)) ?? false;
  } catch {
    aws.signal.throwIfAborted();
    return true;
  }
}

async function removeRow(
  row: readonly Kind[],
  found: readonly FoundResource[],
  remove: (kind: Kind, resource: FoundResource) => Promise<void>,
): Promise<void> {
  for (const kind of row) {
    const own = found.filter((resource) => resource.kind === kind.name);
    await Promise.all(own.map((resource) => remove(kind, resource)));
  }
}
