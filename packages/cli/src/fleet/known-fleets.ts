import type { Context } from '../shell/context.js';
import type { NamedFleet } from './create-fleet.js';

/** A fleet that was begun on this machine. */
export interface KnownFleet {
  readonly fleetId: string;
  /** Its kind, with the options that find it. */
  readonly fleet: NamedFleet;
}

/**
 * The fleets that were begun on this machine, as the kinds of fleets know them.
 *
 * @param reference The whole id of a fleet, or a part of it. Absent: all.
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
      return places.map(({ fleetId, options }) => ({ fleetId, fleet: { ...options, kind } }));
    }),
  );
  return matchFleetId(kinds.flat(), reference);
}

/** The fleets whose id has this part. A whole id means that fleet alone. */
export function matchFleetId<Named extends { readonly fleetId: string }>(
  fleets: readonly Named[],
  reference: string,
): Named[] {
  const exact = fleets.filter(({ fleetId }) => fleetId === reference);
  return exact.length > 0 ? exact : fleets.filter(({ fleetId }) => fleetId.includes(reference));
}
