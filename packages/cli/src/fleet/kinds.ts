import { LoadwrightError, type Fleet } from '@loadwright/core';
import type { Context } from '../shell/context.js';
import { withHint } from '../config/with-hint.js';
import type { FleetFlags } from './fleet-flags.js';
import type { FleetKind, FleetKinds } from './fleet-kind.js';

/** The fleets that come with Loadwright. */
export const builtInFleets: FleetKinds = {
  local: async () => ({ create: (await import('@loadwright/infra/local')).localFleet }),
  ec2: async () => {
    const { ec2Fleet: create, knownEc2Fleets: known } = await import('@loadwright/infra/ec2');
    return { create, known };
  },
};

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
  flags: Pick<FleetFlags, 'fleet' | 'region' | 'profile'> = {},
): Promise<Fleet> {
  const { create } = await loadKind(kind, context);
  const given = (['fleet', 'region', 'profile'] as const).filter((name) => flags[name] !== undefined);
  const places = [...given.map((name) => `--${name}`), 'the fleet of the configuration'];
  const { environment } = context.io;
  return withHint(`correct ${places.join(' or ')}`, () => create({ environment, ...options }));
}

/** @throws LoadwrightError `CONFIG_INVALID` when there is none of that name. */
export async function loadKind(kind: string, { fleets }: Pick<Context, 'fleets'>): Promise<FleetKind> {
  const load = Object.hasOwn(fleets, kind) ? fleets[kind] : undefined;
  if (!load) {
    const kinds = Object.keys(fleets).map((name) => `"${name}"`);
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `fleet.kind: found "${kind}", expected ${kinds.join(' or ')}`,
      {
        hint: 'leave the fleet out of the configuration to run on this machine',
      },
    );
  }
  return load();
}
