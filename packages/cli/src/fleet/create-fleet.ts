import { LoadwrightError, type Fleet, type FleetKindModule } from '@loadwright/core/fleet';
import type { Context } from '../shell/context.js';
import { withHint } from '../config/with-hint.js';
import { givenFlags, type FleetFlags } from './fleet-flags.js';

/** A fleet as a configuration names it: `{ kind: 'local', … }`. */
export interface NamedFleet {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/**
 * The fleet that a configuration or a command line names.
 *
 * @param flags What the command line says of it: the message about a mistake names them.
 */
export async function createFleet(
  { kind, ...options }: NamedFleet,
  context: Pick<Context, 'fleets' | 'io'>,
  flags: FleetFlags = {},
): Promise<Fleet> {
  const { create } = await loadKind(kind, context);
  const { environment } = context.io;
  return withHint(correction(kind, flags, context), () => create({ environment, ...options }));
}

/** What to do about options that a fleet refuses: where they stand, or which kinds have flags that this one lacks. */
function correction(kind: string, flags: FleetFlags, { fleets }: Pick<Context, 'fleets'>): string {
  const given = givenFlags(flags, fleets);
  const own = new Set(['--fleet', ...fleets[kind]!.flags.map(({ flag }) => flag)]);
  const foreign = given.filter((flag) => !own.has(flag));
  if (foreign.length === 0) return `correct ${[...given, 'the fleet of the configuration'].join(' or ')}`;
  const others = Object.values(fleets).filter((each) =>
    each.flags.some(({ flag }) => foreign.includes(flag)),
  );
  const named = others.map((each) => `--fleet ${each.kind}`).join(' or ');
  return `${foreign.join(', ')} ${foreign.length === 1 ? 'is' : 'are'} for ${named}: name that, or leave ${foreign.length === 1 ? 'it' : 'them'} out`;
}

/** @throws LoadwrightError `CONFIG_INVALID` when there is none of that name. */
export async function loadKind(kind: string, { fleets }: Pick<Context, 'fleets'>): Promise<FleetKindModule> {
  const found = Object.hasOwn(fleets, kind) ? fleets[kind] : undefined;
  if (!found) {
    const kinds = Object.keys(fleets).map((name) => `"${name}"`);
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `fleet.kind: found "${kind}", expected ${kinds.join(' or ')}`,
      {
        hint: 'leave the fleet out of the configuration to run on this machine',
      },
    );
  }
  return found.load();
}
