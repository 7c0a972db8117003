import type { DestroyOptions, DestroyReport } from '@loadwright/core';
import type { Aws } from './clients.js';
import type { FoundResource, Kind, Scope } from './kind.js';
import { bucket } from './kinds/bucket.js';
import { instanceProfile } from './kinds/instance-profile.js';
import { instance } from './kinds/instance.js';
import { networkInterface, volume } from './kinds/leftovers.js';
import { parameters } from './kinds/parameters.js';
import { role } from './kinds/role.js';
import { securityGroup } from './kinds/security-group.js';
import { poll } from './poll.js';

/** What is removed one after the other, because the later ones are in use by the earlier. The rows need not wait. */
const order: readonly (readonly Kind[])[] = [
  [instance, networkInterface, volume, securityGroup],
  [instanceProfile, role],
  [parameters],
  [bucket],
];

const kinds = order.flat();

/** What stands, and what could not be looked at. */
export interface Inventory {
  readonly found: readonly FoundResource[];
  /** One line for each kind that could not be looked for, with the reason. */
  readonly failures: readonly string[];
}

/** Looks for all kinds at the same time, by names and tags alone. */
export async function takeInventory(
  aws: Aws,
  scope: Scope,
  among: readonly Kind[] = kinds,
): Promise<Inventory> {
  const failures: string[] = [];
  const found = await Promise.all(
    among.map(async (kind) => {
      try {
        return await kind.find(aws, scope);
      } catch (error) {
        aws.signal.throwIfAborted();
        failures.push(`could not look for anything of the kind ${kind.name}: ${reasonOf(error)}`);
        return [];
      }
    }),
  );
  return { found: found.flat(), failures };
}

/** `instance i-0123456789abcdef0` */
export function describeResource({ kind, id }: FoundResource): string {
  return `${kind} ${id}`;
}

/**
 * Removes everything of a run, in a fixed order; an error does not keep it from going on. What is left is what is there
 * when it looks again at the end.
 *
 * @param open Kinds of which a call was under way when the deployment broke off: they may appear a while later.
 */
export async function removeRun(
  aws: Aws,
  runId: string,
  { open, onProgress = () => {} }: Omit<DestroyOptions, 'signal'> & { readonly open: ReadonlySet<string> },
): Promise<DestroyReport> {
  const reasons = new Map<string, string>();
  const tried = new Map<string, FoundResource>();
  let { found } = await settledInventory(aws, runId, open, onProgress);
  for (;;) {
    for (const resource of found) tried.set(describeResource(resource), resource);
    const own = found;
    await Promise.all(order.map((row) => removeRow(aws, row, own, reasons, onProgress)));
    const left = await lookAgain(aws, runId, [...tried.values()]);
    // What could not be looked for the first time has not been tried yet.
    found = left.found.filter((resource) => !tried.has(describeResource(resource)));
    if (found.length > 0) continue;
    const remaining = new Set(left.found.map(describeResource));
    return {
      removed: [...tried.keys()].filter((resource) => !remaining.has(resource)),
      remaining: [
        ...[...remaining].map((resource) => `${resource}: ${reasons.get(resource) ?? 'it is still there'}`),
        ...left.failures,
      ],
    };
  }
}

/** What is there, by names and tags, or by the ids of what was to be removed. */
async function lookAgain(aws: Aws, runId: string, tried: readonly FoundResource[]): Promise<Inventory> {
  const [{ found, failures }, stillThere] = await Promise.all([
    takeInventory(aws, { runId }),
    Promise.all(tried.map(async (resource) => ((await exists(aws, resource)) ? [resource] : []))),
  ]);
  return { found: [...found, ...stillThere.flat()], failures };
}

/** What a run has, once the calls that were interrupted have shown whether they made anything. */
async function settledInventory(
  aws: Aws,
  runId: string,
  open: ReadonlySet<string>,
  onProgress: (message: string) => void,
): Promise<Inventory> {
  let inventory = await takeInventory(aws, { runId });
  const missing = () => [...open].filter((name) => !inventory.found.some(({ kind }) => kind === name));
  if (missing().length === 0) return inventory;
  onProgress(`Waiting whether calls that were interrupted made anything: ${missing().join(', ')}`);
  await poll(aws, aws.settings.pace.unknownOutcome, async () => {
    inventory = await takeInventory(aws, { runId });
    return missing().length === 0 ? true : undefined;
  });
  return inventory;
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
  aws: Aws,
  row: readonly Kind[],
  found: readonly FoundResource[],
  reasons: Map<string, string>,
  onProgress: (message: string) => void,
): Promise<void> {
  for (const kind of row) {
    const own = found.filter((resource) => resource.kind === kind.name);
    await Promise.all(
      own.map(async (resource) => {
        onProgress(`Removing ${describeResource(resource)}`);
        try {
          await kind.destroy(aws, resource.id);
        } catch (error) {
          aws.signal.throwIfAborted();
          reasons.set(describeResource(resource), reasonOf(error));
        }
      }),
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
