import type { DeployedFleet } from '@loadwright/core/fleet';
import type { FoundResource } from '../kind.js';
import { task } from '../kinds/fargate/task.js';
import { instance } from '../kinds/instance.js';
import { describeResource } from '../removal/inventory.js';
import { leftToOtherVersion, nameTag, startOf, tagKeys } from '../fleet-identity.js';
import { deployMilliseconds } from '../removal/visibility.js';
import { readPrice, spentUntil } from './facts.js';

/** What a master and its workers run on. */
const runs = new Set([instance.name, task.name]);

/** Fleets by their resources, newest first. */
export function deployedFleets(found: readonly FoundResource[], now: Date): DeployedFleet[] {
  const byId = new Map<string, FoundResource[]>();
  for (const resource of found) byId.set(resource.fleetId, [...(byId.get(resource.fleetId) ?? []), resource]);
  return [...byId]
    .map(([fleetId, resources]) => deployedFleet(fleetId, resources, now))
    .sort((a, b) => (a.fleetId < b.fleetId ? 1 : -1));
}

function deployedFleet(fleetId: string, resources: readonly FoundResource[], now: Date): DeployedFleet {
  const tag = (key: string) => resources.map(({ tags }) => tags[key]).find((value) => value !== undefined);
  const machines = resources.filter(({ kind, state }) => runs.has(kind) && state !== 'shutting-down');
  // Of several the master's: without it the others do nothing.
  const machine = machines.find(({ part = 'master' }) => part === 'master');
  const expiresAt = dateOf(tag(tagKeys.expiresAt));
  const createdAt = dateOf(tag(tagKeys.createdAt)) ?? startOf(fleetId);
  const owner = tag(tagKeys.owner);
  const name = tag(nameTag);
  const priced = resources.find(({ kind, tags }) => runs.has(kind) && readPrice(tags) !== undefined);
  const price = priced && readPrice(priced.tags);
  // Past its end only a machine costs that runs on all the same; one that has ended costs nothing more.
  const costsUntil = machines.some(({ state }) => state === 'running')
    ? now.getTime()
    : Math.min(now.getTime(), expiresAt?.getTime() ?? Infinity);
  const own = resources.some(({ otherVersion }) => otherVersion === undefined);
  const other = own ? undefined : resources[0]?.otherVersion;
  return {
    fleetId,
    createdAt,
    ...(name !== undefined && { name }),
    ...(owner !== undefined && { owner }),
    ...(expiresAt && { expiresAt }),
    state: other ? 'other-version' : stateOf(machine, createdAt, expiresAt, now),
    ...(other && { problem: leftToOtherVersion[other] }),
    resources: resources.map(describeResource),
    ...(price && {
      usDollarsPerHour: price.usDollars,
      costUsDollars: spentUntil(priced.tags, price, { since: createdAt, at: new Date(costsUntil) }).usDollars,
    }),
    ...(price?.isIncomplete && { isCostIncomplete: true }),
  };
}

function stateOf(
  machine: FoundResource | undefined,
  createdAt: Date,
  expiresAt: Date | undefined,
  now: Date,
): DeployedFleet['state'] {
  if (expiresAt && expiresAt <= now) return 'expired';
  // A fleet without a machine may be one that is being made.
  if (!machine) return now.getTime() - createdAt.getTime() < deployMilliseconds ? 'incomplete' : 'orphaned';
  if (machine.state === 'pending') return 'starting';
  return machine.state === 'running' ? 'running' : 'stopped';
}

function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
