import type { Aws } from '../clients.js';
import type { FoundResource } from '../kind.js';
import { formatVersion, leftToOtherVersion, readName } from '../fleet-identity.js';

/**
 * The resources of a list of names that are of fleets of this kind.
 *
 * @param part of the names, see `nameOf`; empty: without one; absent: whichever
 */
export function namedResources(
  { settings }: Aws,
  kind: string,
  names: readonly string[],
  part?: string,
): FoundResource[] {
  return names.flatMap((id) => {
    const name = readName(id);
    if (name?.fleetKind !== settings.fleetKind || name.part !== (part ?? name.part)) return [];
    const { fleetId, format } = name;
    const found = { kind, id, fleetId, tags: {} };
    if (format === formatVersion) return [found];
    return [{ ...found, otherVersion: 'newer', stays: leftToOtherVersion.newer }];
  });
}
