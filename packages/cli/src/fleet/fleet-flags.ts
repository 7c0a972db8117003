import { settings } from '@loadwright/core/config';
import type { Command } from 'commander';
import { camelCase } from '../shell/parse.js';
import type { Context } from '../shell/context.js';
import { repeating } from '../shell/given.js';
import { flagsOf, namesOf, type FleetKinds } from './fleet-kinds.js';

/** What a command line says about where the fleets are, and what they are made of: the flags of their kinds. */
export interface FleetFlags {
  readonly config?: string;
  readonly fleet?: string;
  readonly [flag: string]: unknown;
}

/** Gives a command with settings of a load the flags that override the fleet of a configuration. */
export function addFleetOverrides(
  command: Command,
  { fleets }: Pick<Context, 'fleets'>,
  { makes = false }: { readonly makes?: boolean } = {},
): Command {
  const kinds = namesOf(fleets, { lasting: false }).join(', ');
  command.option('--fleet <kind>', `where the load comes from; overrides the configuration: ${kinds}`);
  return addKindFlags(command, fleets, makes);
}

/** Gives a command that names a fleet the flags that find it. */
export function addFleetFlags(command: Command, { fleets }: Pick<Context, 'fleets'>): Command {
  const kinds = namesOf(fleets, { lasting: true }).join(', ');
  command
    .option('--config <file>', 'the configuration file, whose fleet it is (default: that of this folder)')
    .option('--fleet <kind>', `the fleet without a configuration file: ${kinds}`);
  return addKindFlags(command, fleets, false).option(
    '--json',
    'one JSON document on stdout, everything else on stderr',
  );
}

function addKindFlags(command: Command, fleets: FleetKinds, makes: boolean): Command {
  for (const { flag, value, description } of flagsOf(fleets, makes ? undefined : 'place')) {
    // Where flags of the load are too, a name that both have is the load's.
    if (command.options.some(({ long }) => long === flag)) continue;
    command.option(`${flag} <${value}>`, description);
  }
  return command;
}

/** The flags of a fleet where flags of the load are too: there `--profile` is the shape of the load. */
export function besideLoad(flags: FleetFlags): FleetFlags {
  const ofLoad = new Set(settings.map(({ flag }) => camelCase(flag)));
  return Object.fromEntries(Object.entries(flags).filter(([name]) => name === 'fleet' || !ofLoad.has(name)));
}

/**
 * The flags by which a command that is printed finds the same fleet.
 *
 * @param besideLoad Has this command, or the printed one, flags of a load? Then those alone that mean the same beside them.
 */
export function placeFlags(
  { fleets, given }: Pick<Context, 'fleets' | 'given'>,
  besideLoad = true,
): string[] {
  const [kind] = given.get('--fleet') ?? [];
  // One that ends with its command is never found.
  if (kind !== undefined && !namesOf(fleets, { lasting: true }).includes(kind)) return ['--config'];
  const ofLoad = new Set(settings.map(({ flag }) => flag));
  const ofKinds = flagsOf(fleets, 'place').map(({ flag }) => flag);
  return ['--config', '--fleet', ...ofKinds.filter((flag) => !besideLoad || !ofLoad.has(flag))];
}

/** A command to type for a fleet that this one has: it finds it as this one did. See {@link placeFlags}. */
export function atPlace(
  command: string,
  context: Pick<Context, 'fleets' | 'given'>,
  { besideLoad = false }: { readonly besideLoad?: boolean } = {},
): string {
  return repeating(command, context.given, placeFlags(context, besideLoad));
}

/** The options of a fleet that flags say, whichever kind it is: its schema refuses those of another. */
export function optionsIn(flags: FleetFlags, fleets: FleetKinds): Record<string, unknown> {
  return Object.fromEntries(
    flagsOf(fleets).flatMap(({ flag, option }) => {
      const value = flags[camelCase(flag)];
      return value === undefined ? [] : [[option, value] as const];
    }),
  );
}

/** `--fleet`, `--region`: those that were given. */
export function givenFlags(flags: FleetFlags, fleets: FleetKinds): string[] {
  const known = ['--fleet', ...flagsOf(fleets).map(({ flag }) => flag)];
  return known.filter((flag) => flags[camelCase(flag)] !== undefined);
}
