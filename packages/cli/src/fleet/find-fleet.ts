import { fleetsNamed, isFleetId } from '@loadwright/core/fleet';
import {
  LoadwrightError,
  openFleet,
  type Fleet,
  type LastingFleets,
  type OpenedFleet,
  type RunEvent,
  type DeployedFleet,
} from '@loadwright/core';
import { findConfigFile, type LoadedConfig } from '@loadwright/core/config';
import { readConfiguration } from '../config/configuration.js';
import type { Context } from '../shell/context.js';
import { besideLoad, optionsIn, type FleetFlags } from './fleet-flags.js';
import { createFleet, loadKind, type NamedFleet } from './create-fleet.js';
import { patternOf, placesOf } from './fleet-kinds.js';
import { withHint } from '../config/with-hint.js';
import { knownFleets, matchFleets } from './known-fleets.js';
import { requireName } from './name.js';

/** A kind of fleet that outlives the command that deployed it. */
export type LastingFleet = Fleet & { readonly lasting: LastingFleets };

/** The command that looks for a fleet, which the journals of this machine may know. */
export interface FleetQuery {
  /** As it is typed: `destroy`, `run --on`. */
  readonly command: string;
  /** The name of the fleet, its id, or a part of that. Absent: whichever there are. */
  readonly reference?: string | undefined;
}

/** Where fleets are looked for. */
interface Whereabouts {
  readonly fleets: readonly LastingFleet[];
  /** Neither flags nor a configuration named them: the journals of this machine did. */
  readonly areKnown: boolean;
}

/** The fleet of a configuration, overridden by flags. */
export function overriddenFleet(
  configured: NamedFleet,
  flags: FleetFlags,
  { fleets }: Pick<Context, 'fleets'>,
): NamedFleet {
  const { fleet: kind = configured.kind } = flags;
  return {
    // Options of one kind mean nothing to another.
    ...(kind === configured.kind ? configured : { kind }),
    ...optionsIn(flags, fleets),
  };
}

/**
 * The kind and place of the fleet that a command names: of its flags, of the configuration or, where neither names one
 * that lasts, of the journals of this machine. So every fleet can be removed from any folder.
 *
 * @param query Absent: journals are of no use to the command.
 * @throws LoadwrightError `CONFIG_INVALID` for a fleet that ends with its process, and what reading the file throws.
 */
export async function findFleet(
  flags: FleetFlags,
  context: Context,
  query?: FleetQuery,
): Promise<LastingFleet> {
  if (query?.reference !== undefined) requireName(query.reference);
  return onlyFleet(await whereabouts(await namedFleet(flags, context), flags, context, query), query);
}

/** The fleet of a configuration for commands that leave it deployed. See {@link findFleet}. */
export async function configuredFleet(
  { config }: LoadedConfig,
  flags: FleetFlags,
  context: Context,
  query?: FleetQuery,
): Promise<LastingFleet> {
  return onlyFleet(await whereabouts(config.fleet, besideLoad(flags), context, query), query);
}

/** All deployed fleets, of the place that a command names or of all places that the journals of this machine know. */
export async function findDeployedFleets(
  flags: FleetFlags,
  context: Context,
  command: string,
): Promise<{
  readonly found: readonly { readonly fleet: LastingFleet; readonly deployed: DeployedFleet }[];
  /** Where, for people. */
  readonly place: string;
  readonly caller?: string | undefined;
}> {
  const named = await namedFleet(flags, context);
  const { fleets, areKnown } = await whereabouts(named, flags, context, { command });
  const looks = await Promise.allSettled(
    fleets.map(async (fleet) => {
      const [fleets, place] = await Promise.all([fleet.lasting.list(), fleet.lasting.place()]);
      return { found: fleets.map((deployed) => ({ fleet, deployed })), ...place };
    }),
  );
  const looked = looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
  const failed = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason as Error] : []));
  // One of several places that cannot be looked at keeps nothing from being seen in the others.
  if (failed[0] && looked.length === 0) throw failed[0];
  for (const { message } of failed)
    context.note(`${context.errorColors.yellow('!')} one place could not be looked at: ${message}`);
  const place = looked.map(({ description }) => description).join('; ');
  if (areKnown) context.note(`Looked where this machine has deployed fleets: ${place}`);
  return { found: looked.flatMap(({ found }) => found), place, caller: looked[0]?.caller };
}

/** The fleet that flags or a configuration name, before flags override it. Undefined: there is no configuration. */
async function namedFleet(flags: FleetFlags, { fleets, io }: Context): Promise<NamedFleet | undefined> {
  // A kind that is named needs no configuration file.
  if (flags.fleet !== undefined && flags.config === undefined) return { kind: flags.fleet };
  if (flags.config === undefined && (await findConfigFile(io.cwd)) === undefined) return undefined;
  const { config } = await withHint(`or name the fleet by flags: ${patternOf(fleets)}`, () =>
    readConfiguration({ config: flags.config }, io),
  );
  return config.fleet;
}

/** Whether the configuration, and no flag, names a fleet that is this machine's processes. */
export async function isOfThisMachine(flags: FleetFlags, context: Context): Promise<boolean> {
  const named = flags.fleet === undefined ? await namedFleet(flags, context) : undefined;
  return named !== undefined && (await loadKind(named.kind, context)).known === undefined;
}

async function whereabouts(
  named: NamedFleet | undefined,
  flags: FleetFlags,
  context: Context,
  query: FleetQuery | undefined,
): Promise<Whereabouts> {
  const kind = flags.fleet ?? named?.kind;
  const lasts = kind !== undefined && (await loadKind(kind, context)).known !== undefined;
  if (named && lasts) {
    const fleet = requireLasting(
      await createFleet(overriddenFleet(named, flags, context), context, flags),
      context,
    );
    return { fleets: [fleet], areKnown: false };
  }
  const known =
    query === undefined || flags.fleet !== undefined ? [] : await knownFleets(context, query.reference);
  if (known.length === 0) throw noFleet(kind, context, query);
  const places = new Map(
    known.map(({ fleet }) => {
      const place = overriddenFleet(fleet, flags, context);
      return [JSON.stringify(place), place] as const;
    }),
  );
  const fleets = [...places.values()].map(async (place) =>
    requireLasting(await createFleet(place, context, flags), context),
  );
  return { fleets: await Promise.all(fleets), areKnown: true };
}

/** @throws LoadwrightError `CONFIG_INVALID` when fleets of several places may be meant. */
function onlyFleet({ fleets }: Whereabouts, query: FleetQuery | undefined): LastingFleet {
  const [fleet, ...others] = fleets;
  if (fleet && others.length === 0) return fleet;
  const named = query?.reference === undefined ? '' : ` that match "${query.reference}"`;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet: this machine has deployed fleets${named} in several places`,
    {
      hint: 'use a whole fleet id: loadwright list shows them',
    },
  );
}

function noFleet(
  kind: string | undefined,
  { fleets, io }: Context,
  query: FleetQuery | undefined,
): LoadwrightError {
  const pattern = patternOf(fleets);
  const next = ['loadwright', query?.command, query?.reference, pattern];
  const flags = query ? next.filter((word) => word !== undefined).join(' ') : pattern;
  return kind === undefined
    ? new LoadwrightError(
        'CONFIG_UNREADABLE',
        `which fleet? There is no loadwright.config file in ${io.cwd}${query?.reference === undefined ? '' : `, and no journal of a fleet "${query.reference}" on this machine`}`,
        { hint: `name the fleet: ${flags}, or the file: --config <file>` },
      )
    : endsWithCommand(kind, flags);
}

function endsWithCommand(kind: string, flags: string): LoadwrightError {
  return new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.kind: a fleet of the kind "${kind}" ends with the command that started it, so there is none to find`,
    {
      hint: `name a kind that stays deployed: ${flags}. For a test on this machine use loadwright run`,
    },
  );
}

export function requireLasting(fleet: Fleet, { fleets }: Pick<Context, 'fleets'>): LastingFleet {
  if (isLasting(fleet)) return fleet;
  throw endsWithCommand(fleet.kind, patternOf(fleets));
}

export function isLasting(fleet: Fleet): fleet is LastingFleet {
  return fleet.lasting !== undefined;
}

/**
 * Finds one deployed fleet.
 *
 * @param reference Its name, or any part of its id that no other has. Absent: the only deployed fleet.
 * @throws LoadwrightError `CONFIG_INVALID` that lists the deployed fleets; `USAGE` for an empty name.
 */
export async function findDeployedFleet(
  { lasting }: LastingFleet,
  reference: string | undefined,
  { fleets: kinds }: Pick<Context, 'fleets'>,
): Promise<DeployedFleet> {
  if (reference !== undefined) requireName(reference);
  const fleets = await lasting.list();
  const found = matchHolders(fleets, reference);
  const [deployed, ...others] = found;
  if (deployed && others.length === 0) return deployed;
  const elsewhere = placesOf(kinds);
  const { description: place } = await lasting.place();
  const named = reference === undefined ? '' : ` "${reference}"`;
  const [message, shown] = deployed
    ? [reference === undefined ? 'several fleets are deployed' : `several fleets match${named}`, found]
    : [`no fleet${named} is deployed`, fleets];
  const ids = shown
    .slice(0, 10)
    .map(({ fleetId, name }) => (name === undefined ? fleetId : `${fleetId} (${name})`));
  throw new LoadwrightError('CONFIG_INVALID', `fleet: ${message} in ${place}`, {
    hint:
      ids.length > 0
        ? `name one of these: ${ids.join(', ')}${shown.length > ids.length ? ', …' : ''}`
        : reference === undefined
          ? `deploy one: loadwright deploy. Look elsewhere: ${elsewhere}`
          : `it was removed, or is elsewhere: ${elsewhere}. With the whole fleet id, loadwright destroy removes what may be left of it`,
  });
}

/** Of several fleets of a name those alone that still hold it: one that is over may have left something. */
function matchHolders(fleets: readonly DeployedFleet[], reference = ''): readonly DeployedFleet[] {
  const named = fleetsNamed(fleets, reference);
  return named.length > 0 ? named : matchFleets(fleets, reference);
}

/**
 * Opens the deployed fleet that a command names.
 *
 * @throws LoadwrightError as {@link findFleet}, {@link findDeployedFleet} and `openFleet`
 */
export async function openNamedFleet(
  reference: string,
  flags: FleetFlags,
  context: Context,
  command: string,
): Promise<OpenedFleet> {
  const fleet = await findFleet(flags, context, { command, reference });
  const { fleetId } = await findDeployedFleet(fleet, reference, context);
  return openFleet(fleet, fleetId);
}

/**
 * The id of a fleet that may not exist. A whole id need not be found: the fleet may be removed already, or its deployment
 * interrupted before anything was made.
 */
export async function findFleetId(
  fleet: LastingFleet,
  reference: string,
  context: Pick<Context, 'fleets'>,
): Promise<string> {
  return isFleetId(reference) ? reference : (await findDeployedFleet(fleet, reference, context)).fleetId;
}

/** What the account shows of a fleet that was just deployed. Undefined: it does not answer, which changes nothing for the fleet. */
export async function lookUpFleet(
  { lasting }: LastingFleet,
  fleetId: string,
): Promise<DeployedFleet | undefined> {
  const fleets = await lasting.list().catch(() => []);
  return fleets.find((deployed) => deployed.fleetId === fleetId);
}

/** Whether resources of the fleet of a run may exist, by the newest event of that run and the answer before. */
export function mayExistAfter(event: RunEvent, before: boolean): boolean {
  if (event.type !== 'phase') return before;
  if (event.phase === 'provision') return true;
  return before && !(event.phase === 'destroy' && event.state === 'finished');
}
