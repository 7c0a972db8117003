import type { Aws } from '../clients.js';
import type { FoundResource, Kind } from '../kind.js';

/** A kind of resource that a fleet consists of, and what its removal depends on. */
export interface ResourceRow {
  readonly kind: Kind;
  /** Kinds above it in the list that are removed first, because they use it. */
  readonly after?: readonly Kind[];
  /** It shows where those are: it stays while some are left, or may be. */
  readonly tellsOf?: readonly Kind[];
  /** It stays with a resource that was to be removed and continues. */
  readonly staysWith?: {
    readonly kind: Kind;
    /** Why, for people. */
    readonly because: (other: string) => string;
    /** What need not stay. */
    readonly unless?: (resource: FoundResource) => boolean;
  };
}

/** What fleets of a kind consist of: data, by which they are looked for and removed. */
export interface FleetResources {
  readonly rows: readonly ResourceRow[];
  /** When the last of what a deployment makes last was made, as far as it is still seen: everything else is older. */
  readonly lastMade: (aws: Aws, fleetId: string) => Promise<Date | undefined>;
}

export function kindsOf({ rows }: FleetResources): readonly Kind[] {
  return rows.map(({ kind }) => kind);
}
