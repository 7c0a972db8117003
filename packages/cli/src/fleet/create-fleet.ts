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
  const places = [...givenFlags(flags, context.fleets), 'the fleet of the configuration'];
  const { environment } = context.io;
  return withHint(`correct ${places.join(' or ')}`, () => create({ environment, ...options }));
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
