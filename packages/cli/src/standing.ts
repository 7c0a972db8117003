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
import { createFleet, loadKind, type NamedFleet } from './fleet.js';
import { hinted } from './hinted.js';
import { called, rememberedRuns } from './remembered.js';
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

/** The command that asks for a fleet which it need not be told: the journals of this machine may know it. */
export interface Asking {
  /** As it is typed: `destroy`, `run --on`. */
  readonly command: string;
  /** The run that it names. Absent: whichever there are. */
  readonly run?: string | undefined;
}

/** Where runs are looked for. */
interface Whereabouts {
  readonly fleets: readonly LastingFleet[];
  /** Neither flags nor a configuration named them: the journals of this machine did. */
  readonly areRemembered: boolean;
}

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
 * The fleet that a command is about: that of its flags, of the configuration or, where neither names one that lasts, of
 * the run as the journals of this machine know it. So whatever stands can be removed from any folder.
 *
 * @param asking Absent: journals are of no use to the command.
 * @throws LoadwrightError `CONFIG_INVALID` for a fleet that ends with its process, and what reading the file throws.
 */
export async function findFleet(flags: FleetFlags, context: Context, asking?: Asking): Promise<LastingFleet> {
  if (asking?.run !== undefined) requireName(asking.run);
  return onlyFleet(await whereabouts(await namedFleet(flags, context), flags, context, asking), asking);
}

/** The fleet of a configuration for commands that leave it standing. See {@link findFleet}. */
export async function configuredFleet(
  { config }: LoadedConfig,
  flags: FleetFlags,
  context: Context,
  asking?: Asking,
): Promise<LastingFleet> {
  return onlyFleet(await whereabouts(config.fleet, besideLoad(flags), context, asking), asking);
}

/** The flags of a fleet where flags of the load are too: there `--profile` is the shape of the load. */
export function besideLoad({ fleet, region }: FleetFlags): FleetFlags {
  return { ...(fleet !== undefined && { fleet }), ...(region !== undefined && { region }) };
}

/** All runs that stand, of the fleet of a command or of all places that the journals of this machine know. */
export async function findStandingRuns(
  flags: FleetFlags,
  context: Context,
  command: string,
): Promise<{
  readonly found: readonly { readonly fleet: LastingFleet; readonly run: StandingRun }[];
  /** Where, for people. */
  readonly place: string;
  readonly caller?: string | undefined;
}> {
  const named = await namedFleet(flags, context);
  const { fleets, areRemembered } = await whereabouts(named, flags, context, { command });
  const looks = await Promise.allSettled(
    fleets.map(async (fleet) => {
      const [runs, place] = await Promise.all([fleet.lasting.list(), fleet.lasting.place()]);
      return { runs: runs.map((run) => ({ fleet, run })), ...place };
    }),
  );
  const looked = looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
  const failed = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason as Error] : []));
  // One of several places that cannot be looked at keeps nothing from being seen in the others.
  if (failed[0] && looked.length === 0) throw failed[0];
  for (const { message } of failed)
    context.note(`${context.errorColors.yellow('!')} not looked everywhere: ${message}`);
  const place = looked.map(({ description }) => description).join('; ');
  if (areRemembered) context.note(`Looked where this machine has made runs: ${place}`);
  return { found: looked.flatMap(({ runs }) => runs), place, caller: looked[0]?.caller };
}

/** The fleet that flags or a configuration name, before flags override it. Undefined: there is no configuration. */
async function namedFleet(flags: FleetFlags, { io }: Context): Promise<NamedFleet | undefined> {
  // A kind that is named needs no configuration file.
  if (flags.fleet !== undefined && flags.config === undefined) return { kind: flags.fleet };
  if (flags.config === undefined && (await findConfigurationFile(io.cwd)) === undefined) return undefined;
  const { config } = await hinted('or name the fleet by flags: --fleet ec2 --region <region>', () =>
    loadConfiguration({ config: flags.config }, io),
  );
  return config.fleet;
}

async function whereabouts(
  named: NamedFleet | undefined,
  flags: FleetFlags,
  context: Context,
  asking: Asking | undefined,
): Promise<Whereabouts> {
  const kind = flags.fleet ?? named?.kind;
  const lasts = kind !== undefined && (await loadKind(kind, context)).remembered !== undefined;
  if (named && lasts) {
    const fleet = requireLasting(await createFleet(overriddenFleet(named, flags), context, flags));
    return { fleets: [fleet], areRemembered: false };
  }
  const remembered =
    asking === undefined || flags.fleet !== undefined ? [] : await rememberedRuns(context, asking.run);
  if (remembered.length === 0) throw noFleet(kind, context, asking);
  const places = new Map(
    remembered.map(({ fleet }) => {
      const place = overriddenFleet(fleet, flags);
      return [JSON.stringify(place), place] as const;
    }),
  );
  const fleets = [...places.values()].map(async (place) =>
    requireLasting(await createFleet(place, context, flags)),
  );
  return { fleets: await Promise.all(fleets), areRemembered: true };
}

/** @throws LoadwrightError `CONFIG_INVALID` when runs of several places may be meant. */
function onlyFleet({ fleets }: Whereabouts, asking: Asking | undefined): LastingFleet {
  const [fleet, ...others] = fleets;
  if (fleet && others.length === 0) return fleet;
  const named = asking?.run === undefined ? '' : ` called "${asking.run}"`;
  throw new LoadwrightError('CONFIG_INVALID', `run: this machine has made runs${named} in several places`, {
    hint: 'name one by its whole id: loadwright list shows which stand',
  });
}

function noFleet(kind: string | undefined, { io }: Context, asking: Asking | undefined): LoadwrightError {
  const next = ['loadwright', asking?.command, asking?.run, '--fleet ec2 --region <region>'];
  const flags = asking
    ? next.filter((word) => word !== undefined).join(' ')
    : '--fleet ec2 --region <region>';
  return kind === undefined
    ? new LoadwrightError(
        'CONFIG_UNREADABLE',
        `which fleet? There is no loadwright.config file in ${io.cwd}${asking?.run === undefined ? '' : `, and no journal of a run "${asking.run}" on this machine`}`,
        { hint: `name the fleet: ${flags}, or the file: --config <file>` },
      )
    : endsWithCommand(kind, flags);
}

function endsWithCommand(kind: string, flags: string): LoadwrightError {
  return new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.kind: a fleet of the kind "${kind}" ends with the command that started it, so none of its runs stands`,
    {
      hint: `name the kind of one that stays: ${flags}. One of this machine is started, loaded and removed in one: loadwright run`,
    },
  );
}

export function requireLasting(fleet: Fleet): LastingFleet {
  if (isLasting(fleet)) return fleet;
  throw endsWithCommand(fleet.kind, '--fleet ec2 --region <region>');
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
  const found = called(runs, reference ?? '');
  const [run, ...others] = found;
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

/** What the account knows of a run that was just made. Undefined: it does not tell, which takes nothing from the run. */
export async function lookUpRun({ lasting }: LastingFleet, runId: string): Promise<StandingRun | undefined> {
  const runs = await lasting.list().catch(() => []);
  return runs.find((run) => run.runId === runId);
}

/** Whether something of a fleet that a run makes may stand, by the newest event of that run and what was so before. */
export function mayStandAfter(event: RunEvent, before: boolean): boolean {
  if (event.type !== 'phase') return before;
  if (event.phase === 'provision') return true;
  return before && !(event.phase === 'destroy' && event.state === 'finished');
}
