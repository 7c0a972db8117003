import {
  LoadwrightError,
  type Fleet,
  type LastingFleets,
  type RunEvent,
  type StandingRun,
} from '@loadwright/core';
import type { LoadedConfig } from '@loadwright/core/config';
import type { Command } from 'commander';
import { findConfigurationFile, loadConfiguration } from './configuration.js';
import type { Context } from './context.js';
import { createFleet, type NamedFleet } from './fleet.js';
import { hinted } from './hinted.js';
import { requireName } from './run-name.js';

/** What a command line says about where the fleets are. */
export interface FleetFlags {
  readonly config?: string;
  readonly fleet?: string;
  readonly region?: string;
  readonly profile?: string;
}

/** A fleet whose runs outlive the command that made them. */
export type LastingFleet = Fleet & { readonly lasting: LastingFleets };

/** Where the runs of a fleet are looked for. */
const elsewhere = '--region <region>, --profile <profile>';

/** A run id as a whole. */
const wholeRunId = /^\d{8}-\d{6}-[0-9a-f]{10}$/;

/** Gives a command the flags that override the fleet of a configuration. */
export function addFleetOverrides(command: Command): Command {
  return command
    .option('--fleet <kind>', 'where the load comes from, instead of what the configuration says: ec2, local')
    .option('--region <region>', 'region of the fleet');
}

/** Gives a command that names a run the flags that find its fleet. */
export function addFleetFlags(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration file, whose fleet it is (default: that of this folder)')
    .option('--fleet <kind>', 'the fleet without a configuration file: ec2')
    .option('--region <region>', 'region of the fleet')
    .option('--profile <profile>', 'AWS profile of the fleet')
    .option('--json', 'one JSON document on stdout, everything else on stderr');
}

/** The fleet of a configuration, another kind and another region where flags name them. */
export function overriddenFleet(configured: NamedFleet, flags: FleetFlags): NamedFleet {
  const { fleet: kind = configured.kind, region, profile } = flags;
  return {
    // What is said of one kind means nothing to another.
    ...(kind === configured.kind ? configured : { kind }),
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
  };
}

/**
 * The fleet that a command which names a run is about. A kind that is named by a flag needs no configuration file, so
 * that whatever stands can be removed from any folder.
 *
 * @throws LoadwrightError `CONFIG_INVALID` for a fleet that ends with its process, and what reading the file throws.
 */
export async function findFleet(flags: FleetFlags, context: Context): Promise<LastingFleet> {
  const { io } = context;
  const { fleet: kind, region, profile } = flags;
  if (kind !== undefined && flags.config === undefined) {
    return requireLasting(
      await createFleet(overriddenFleet({ kind }, { region, profile }), context, { region, profile }),
    );
  }
  if (flags.config === undefined && (await findConfigurationFile(io.cwd)) === undefined) {
    throw new LoadwrightError(
      'CONFIG_UNREADABLE',
      `which fleet? There is no loadwright.config file in ${io.cwd}`,
      {
        hint: 'name the fleet: --fleet ec2 --region <region>, or the file: --config <file>',
      },
    );
  }
  const { config } = await hinted('or name the fleet by flags: --fleet ec2 --region <region>', () =>
    loadConfiguration({ config: flags.config }, io),
  );
  return requireLasting(await createFleet(overriddenFleet(config.fleet, flags), context, flags));
}

/** The fleet of a configuration for commands that leave it standing. */
export async function configuredFleet(
  { config }: LoadedConfig,
  flags: FleetFlags,
  context: Context,
): Promise<LastingFleet> {
  return requireLasting(await createFleet(overriddenFleet(config.fleet, flags), context, flags));
}

export function requireLasting(fleet: Fleet): LastingFleet {
  if (isLasting(fleet)) return fleet;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.kind: a fleet of the kind "${fleet.kind}" ends with the command that started it, so none of its runs stands`,
    {
      hint: 'start, load and remove it in one: loadwright run. For one that stays name its kind: --fleet ec2 --region <region>',
    },
  );
}

export function isLasting(fleet: Fleet): fleet is LastingFleet {
  return fleet.lasting !== undefined;
}

/**
 * Finds one run that stands.
 *
 * @param reference Any part of its id that no other has. Absent: the only run that stands.
 * @throws LoadwrightError `CONFIG_INVALID` that lists what stands; `USAGE` for an empty name.
 */
export async function findStandingRun(
  { lasting }: LastingFleet,
  reference: string | undefined,
): Promise<StandingRun> {
  if (reference !== undefined) requireName(reference);
  const runs = await lasting.list();
  const found = runs.filter(({ runId }) => reference === undefined || runId.includes(reference));
  // One id may be a part of no other, but whoever writes all of it means it.
  const [run, ...others] = found.some(({ runId }) => runId === reference)
    ? found.filter(({ runId }) => runId === reference)
    : found;
  if (run && others.length === 0) return run;
  const { description: place } = await lasting.place();
  const named = reference === undefined ? '' : ` "${reference}"`;
  const [message, shown] = run
    ? [reference === undefined ? 'several runs stand' : `several runs are called${named}`, found]
    : [`no run${named} stands`, runs];
  const ids = shown.slice(0, 10).map(({ runId }) => runId);
  throw new LoadwrightError('CONFIG_INVALID', `run: ${message} in ${place}`, {
    hint:
      ids.length > 0
        ? `name one of these: ${ids.join(', ')}${shown.length > ids.length ? ', …' : ''}`
        : reference === undefined
          ? `make one: loadwright deploy. Runs elsewhere: ${elsewhere}`
          : `it is gone, or elsewhere: ${elsewhere}. By its whole id loadwright destroy looks for what may be left of it`,
  });
}

/**
 * The id of a run of which perhaps nothing stands. One that is written out need not be found: it may be gone already, or
 * have been interrupted before anything was made.
 */
export async function findRunId(fleet: LastingFleet, reference: string): Promise<string> {
  return wholeRunId.test(reference) ? reference : (await findStandingRun(fleet, reference)).runId;
}

/** Whether something of a fleet that a run makes may stand, by the newest event of that run and what was so before. */
export function mayStandAfter(event: RunEvent, before: boolean): boolean {
  if (event.type !== 'phase') return before;
  if (event.phase === 'provision') return true;
  return before && !(event.phase === 'destroy' && event.state === 'finished');
}
