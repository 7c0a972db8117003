import type { StandingRun } from '@loadwright/core';
import type { FoundResource } from '../aws/kind.js';
import { instance } from '../aws/kinds/instance.js';
import { describeResource } from '../aws/remove.js';
import { startOf, tagKeys } from '../aws/run-identity.js';
import { deployMilliseconds } from '../aws/visibility.js';
import { readPrice } from './facts.js';

/** Runs by their resources, newest first. */
export function standingRuns(found: readonly FoundResource[], now: Date): StandingRun[] {
  const byRun = new Map<string, FoundResource[]>();
  for (const resource of found) byRun.set(resource.runId, [...(byRun.get(resource.runId) ?? []), resource]);
  return [...byRun]
    .map(([runId, resources]) => standingRun(runId, resources, now))
    .sort((a, b) => (a.runId < b.runId ? 1 : -1));
}

function standingRun(runId: string, resources: readonly FoundResource[], now: Date): StandingRun {
  const tag = (key: string) => resources.map(({ tags }) => tags[key]).find((value) => value !== undefined);
  const machine = resources.find(({ kind, state }) => kind === instance.name && state !== 'shutting-down');
  const expiresAt = dateOf(tag(tagKeys.expiresAt));
  const createdAt = dateOf(tag(tagKeys.createdAt)) ?? startOf(runId);
  const owner = tag(tagKeys.owner);
  const price = readPrice(resources.find(({ kind }) => kind === instance.name)?.tags ?? {});
  // Past its end only a machine costs that runs on all the same; one that has ended costs nothing more.
  const costsUntil =
    machine?.state === 'running' ? now.getTime() : Math.min(now.getTime(), expiresAt?.getTime() ?? Infinity);
  return {
    runId,
    createdAt,
    ...(owner !== undefined && { owner }),
    ...(expiresAt && { expiresAt }),
    state: stateOf(machine, createdAt, expiresAt, now),
    resources: resources.map(describeResource),
    ...(price && {
      usDollarsPerHour: price.usDollars,
      costUsDollars: (price.usDollars * (costsUntil - createdAt.getTime())) / 3_600_000,
    }),
    ...(price?.isIncomplete && { isCostIncomplete: true }),
  };
}

function stateOf(
  machine: FoundResource | undefined,
  createdAt: Date,
  expiresAt: Date | undefined,
  now: Date,
): StandingRun['state'] {
  if (expiresAt && expiresAt <= now) return 'expired';
  // A run without a machine may be one that is being made.
  if (!machine) return now.getTime() - createdAt.getTime() < deployMilliseconds ? 'incomplete' : 'orphaned';
  if (machine.state === 'pending') return 'starting';
  return machine.state === 'running' ? 'running' : 'stopped';
}

function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
