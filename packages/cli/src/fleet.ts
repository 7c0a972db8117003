import { LoadwrightError, type Fleet } from '@loadwright/core';
import type { Context } from './context.js';
import { hinted } from './hinted.js';
import type { FleetFlags } from './standing.js';

/** The kinds of fleets, each loaded when it is asked for. */
export type FleetKinds = Readonly<
  Record<string, () => Promise<(options: Readonly<Record<string, unknown>>) => Fleet>>
>;

/** The fleets that come with Loadwright. */
export const builtInFleets: FleetKinds = {
  local: async () => (await import('@loadwright/infra/local')).localFleet,
  ec2: async () => (await import('@loadwright/infra/ec2')).ec2Fleet,
};

/** A fleet as a configuration names it: `{ kind: 'local', … }`. */
export interface NamedFleet {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/**
 * The fleet that a configuration or a command line names.
 *
 * @param flags What the command line says of it: who is told of a mistake is told where it may be.
 */
export async function createFleet(
  { kind, ...options }: NamedFleet,
  { fleets, io }: Pick<Context, 'fleets' | 'io'>,
  flags: Pick<FleetFlags, 'fleet' | 'region' | 'profile'> = {},
): Promise<Fleet> {
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
  const fleet = await load();
  const given = (['fleet', 'region', 'profile'] as const).filter((name) => flags[name] !== undefined);
  const places = [...given.map((name) => `--${name}`), 'the fleet of the configuration'];
  return hinted(`correct ${places.join(' or ')}`, () => fleet({ environment: io.environment, ...options }));
}
