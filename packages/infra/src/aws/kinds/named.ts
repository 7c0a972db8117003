import type { FoundResource } from '../kind.js';
import { fleetIdOf } from '../fleet-identity.js';

/** The resources of a list of names that are Loadwright's. */
export function namedResources(kind: string, names: readonly string[]): FoundResource[] {
  return names.flatMap((id) => {
    const fleetId = fleetIdOf(id);
    return fleetId === undefined ? [] : [{ kind, id, fleetId, tags: {} }];
  });
}
