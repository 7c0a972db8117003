import type { Aws } from '../clients.js';
import { startOf } from '../fleet-identity.js';
import { kindsOf, type FleetResources } from './fleet-resources.js';
import { describeResource, takeInventory, type Inventory } from './inventory.js';
import type { Expected, ExpectedResource } from '../journal.js';
import type { FoundResource } from '../kind.js';
import { poll } from '../poll.js';
import { keyOf } from '../resource-key.js';
import { deployMilliseconds, hiddenMilliseconds } from './visibility.js';

/** What may be there although it is not seen. */
interface Awaited {
  /** What a journal expects; undefined when there is none: then one of each kind of which a deployment makes something. */
  readonly expected: Expected | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
}

/** What a fleet has, once everything that may not be seen yet has had the time to appear. */
export async function settledInventory(
  aws: Aws,
  resources: FleetResources,
  fleetId: string,
  { expected, onProgress = () => {} }: Awaited,
): Promise<Inventory> {
  const { unknownOutcome } = aws.settings.pace;
  const kinds = kindsOf(resources);
  const awaited = expected
    ? [...expected.values()]
    : kinds.filter((kind) => 'create' in kind && !kind.isRare).map(({ name }) => ({ kind: name }));
  const seen = new Map<string, FoundResource>();
  const look = async () => {
    const { found, failures, unseen } = await takeInventory(aws, kinds, { fleetId });
    for (const resource of found) seen.set(describeResource(resource), resource);
    const inventory = { found: [...seen.values()], failures, unseen };
    return { inventory, missing: await missingOf(aws, resources, inventory, awaited) };
  };
  const first = await look();
  if (first.missing.length === 0 || (!expected && !(await isNew(aws, resources, fleetId)))) {
    return first.inventory;
  }
  const names = first.missing.map(keyOf).join(', ');
  onProgress(`Looking for what may not be seen yet, for at most ${unknownOutcome / 1000} s: ${names}`);
  let last = first;
  await poll(aws, 'unknownOutcome', async () => {
    last = await look();
    return last.missing.length === 0 ? true : undefined;
  });
  return last.inventory;
}

/** What is awaited and not seen. A machine that has ended is not found by its tags, but has been seen. */
async function missingOf(
  aws: Aws,
  resources: FleetResources,
  { found }: Inventory,
  awaited: readonly ExpectedResource[],
): Promise<ExpectedResource[]> {
  const unseen = awaited.filter(
    ({ kind, part }) => !found.some((one) => one.kind === kind && (part === undefined || one.part === part)),
  );
  const looks = unseen.map(async (one) => {
    const kind = kindsOf(resources).find(({ name }) => name === one.kind);
    return one.id !== undefined && (await kind?.wasSeen?.(aws, one.id)) ? [] : [one];
  });
  return (await Promise.all(looks)).flat();
}

/**
 * Without a journal: may there be something that AWS does not show yet? What is made last shows of all else that it is
 * older; where there is none of it, the deployment may have broken off a moment ago.
 */
async function isNew(aws: Aws, { lastMade }: FleetResources, fleetId: string): Promise<boolean> {
  try {
    const last = await lastMade(aws, fleetId);
    const [since, limit] = last ? [last, hiddenMilliseconds] : [startOf(fleetId), deployMilliseconds];
    return Date.now() - since.getTime() < limit;
  } catch {
    aws.signal.throwIfAborted();
    return true;
  }
}
