import type { FleetRegion } from '../fleet-identity.js';

/** In which account and region somebody provisions fleets of a kind. */
export interface Place extends FleetRegion {
  readonly accountId: string;
}
