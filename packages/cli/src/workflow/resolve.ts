import { resolve } from 'node:path';
import { formatDuration, LoadwrightError, type FleetPlan, type FleetRequest } from '@loadwright/core';
import { resolveTestLoad } from '@loadwright/core/fleet';
import { findConfigFile } from '@loadwright/core/config';
import type { Action, ResolvedTest, RunSetup, Workflow } from '@loadwright/core/workflow';
import { loadConfiguration, resultsOf } from '../config/configuration.js';
import { createFleet } from '../fleet/create-fleet.js';
import { createConfiguredTest } from '../run/load-test.js';
import type { Context } from '../shell/context.js';

/** Where a workflow and its configuration files are. */
export interface WorkflowPlace {
  readonly workflow: Workflow;
  /** Absolute path of the folder that its files are in. */
  readonly baseDirectory: string;
}

/** The test of a step: its configuration file, and the settings that take the place of it. */
export async function resolveStep(
  { workflow, baseDirectory }: WorkflowPlace,
  { config = workflow.config, set = {} }: RunSetup,
  context: Context,
  name?: string,
): Promise<ResolvedTest & { readonly durationSeconds: number }> {
  const { io } = context;
  const file = config === undefined ? await findConfigFile(baseDirectory) : resolve(baseDirectory, config);
  const flags = Object.fromEntries(Object.entries(set).map(([key, value]) => [key, String(value)]));
  const loaded = await loadConfiguration(
    { ...(file !== undefined && { config: file }), ...flags, ...(name !== undefined && { name }) },
    io,
    'workflow run',
  );
  return {
    test: await createConfiguredTest(loaded, { environment: io.environment }),
    fleet: await createFleet(workflow.fleet ?? loaded.config.fleet, context),
    resultsDirectory: resultsOf(loaded),
    durationSeconds: resolveTestLoad(loaded.config.load, 1).durationSeconds,
  };
}

/** A fleet that a workflow makes, with the time that its loads take. */
export interface PlannedPart {
  /** Of the action that makes it. */
  readonly id: string;
  readonly plan: FleetPlan;
  readonly request: FleetRequest;
  /** Length of all loads on it together. */
  readonly loadSeconds: number;
}

/**
 * All fleets that a workflow makes. Reads every configuration file and every payload, and changes nothing.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the loads on a fleet take longer than it has, among others.
 */
export async function planFleets(
  place: WorkflowPlace,
  actions: readonly Action[],
  context: Context,
): Promise<readonly PlannedPart[]> {
  const parts: PlannedPart[] = [];
  const lengths = new Map<string, number>();
  // Also of what makes no fleet: whatever is wrong in a later step is said before the first one costs anything.
  for (const action of actions) {
    if (action.kind !== 'run') continue;
    const { durationSeconds } = await resolveStep(place, action.setup, context, action.name);
    const key = action.on === undefined ? action.id : `deploy ${action.on}`;
    lengths.set(key, (lengths.get(key) ?? 0) + durationSeconds);
  }
  for (const action of actions) {
    if (action.kind !== 'deploy' && !(action.kind === 'run' && action.on === undefined)) continue;
    const { test, fleet } = await resolveStep(place, action.setup, context);
    const loadSeconds = lengths.get(action.id) ?? 0;
    const { plan, request } = await test.plan(fleet);
    requireTimeForAll(action.id, plan, loadSeconds);
    parts.push({ id: action.id, plan, request: { ...request, durationSeconds: loadSeconds }, loadSeconds });
  }
  return parts;
}

/** A fleet that ended in the middle would have cost all that the loads before it did. */
function requireTimeForAll(id: string, { endsAfterSeconds }: FleetPlan, loadSeconds: number): void {
  if (endsAfterSeconds === undefined || loadSeconds < endsAfterSeconds) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.timeToLive: found ${formatDuration(endsAfterSeconds)}, expected more than the ${formatDuration(loadSeconds)} of load of the steps on the fleet of ${id}`,
    { hint: 'Set a longer timeToLive, with room for the start of the machine and between the loads.' },
  );
}

/** What all fleets cost: while their loads run, and at most, until they end by themselves. In US dollars. */
export function totalPrice(parts: readonly PlannedPart[]) {
  const sum = (of: (part: PlannedPart) => number) => parts.reduce((total, part) => total + of(part), 0);
  const priceOf = ({ plan }: PlannedPart, seconds: number) => (plan.pricePerHour.usDollars * seconds) / 3600;
  return {
    usDollars: sum((part) => priceOf(part, part.loadSeconds)),
    usDollarsAtMost: sum((part) => priceOf(part, part.plan.endsAfterSeconds ?? part.loadSeconds)),
    isIncomplete: parts.some(({ plan }) => plan.pricePerHour.isIncomplete ?? false),
  };
}
