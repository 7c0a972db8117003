import type { FoundResource } from '../kind.js';
import { runIdOf } from '../run-identity.js';

/** The resources of a list of names that are Loadwright's. */
export function namedResources(kind: string, names: readonly string[]): FoundResource[] {
  return names.flatMap((id) => {
    const runId = runIdOf(id);
    return runId === undefined ? [] : [{ kind, id, runId, tags: {} }];
  });
}
