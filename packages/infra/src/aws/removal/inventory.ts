import { messageOf } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { leftToOtherVersion } from '../fleet-identity.js';
import type { FoundResource, Kind, Scope } from '../kind.js';

/** What exists, and what could not be looked at. */
export interface Inventory {
  readonly found: readonly FoundResource[];
  /** One line for each kind that could not be looked for, with the reason. */
  readonly failures: readonly string[];
  /** Names of those kinds. */
  readonly unseen: readonly string[];
}

/** Looks for kinds of resources at the same time, by names and tags alone. The causes are what its calls failed with. */
export async function takeInventory(
  aws: Aws,
  kinds: readonly Kind[],
  scope: Scope,
): Promise<Inventory & { readonly causes: readonly unknown[] }> {
  const failures: string[] = [];
  const unseen: string[] = [];
  const causes: unknown[] = [];
  const found = await Promise.all(
    kinds.map(async (kind) => {
      try {
        return await kind.find(aws, scope);
      } catch (error) {
        aws.signal.throwIfAborted();
        unseen.push(kind.name);
        failures.push(`could not look for anything of the kind ${kind.name}: ${messageOf(error)}`);
        causes.push(error);
        return [];
      }
    }),
  );
  return { found: leaveToOthers(found.flat()), failures, unseen, causes };
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
