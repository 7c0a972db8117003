import type { Context } from '../shell/context.js';
import type { NamedFleet } from './create-fleet.js';

/** A fleet that was begun on this machine. */
export interface KnownFleet {
  readonly fleetId: string;
  readonly name?: string;
  /** Its kind, with the options that find it. */
  readonly fleet: NamedFleet;
}

/**
 * The fleets that were begun on this machine, as the kinds of fleets know them.
 *
 * @param reference The name of a fleet, its whole id, or a part of that. Absent: all.
 */
export async function knownFleets(
  { fleets, io }: Pick<Context, 'fleets' | 'io'>,
  reference = '',
): Promise<KnownFleet[]> {
  const { environment } = io;
  const kinds = await Promise.all(
    Object.values(fleets).map(async ({ kind, load }) => {
      const { known } = await load();
      const places = (await known?.({ environment })) ?? [];
      return places.map(({ options, ...named }) => ({ ...named, fleet: { ...options, kind } }));
    }),
  );
  return matchFleets(kinds.flat(), reference);
}

/** The fleets of this name, or whose id has this part. A name and a whole id mean that fleet alone. */
export function matchFleets<Named extends { readonly fleetId: string; readonly name?: string }>(
  fleets: readonly Named[],
  reference: string,
): Named[] {
  const exact = fleets.filter(({ fleetId, name }) => fleetId === reference || name === reference);
  return exact.length > 0 ? exact : fleets.filter(({ fleetId }) => fleetId.includes(reference));
}
