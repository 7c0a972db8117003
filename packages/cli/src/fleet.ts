import { LoadwrightError, type Fleet } from '@loadwright/core';
import type { Context } from './context.js';
import { hinted } from './hinted.js';

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

/** The fleet that a configuration or a command line names. */
export async function createFleet(
  { kind, ...options }: NamedFleet,
  { fleets, io }: Pick<Context, 'fleets' | 'io'>,
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
  return hinted('correct the fleet of the configuration', () =>
    fleet({ environment: io.environment, ...options }),
  );
}
