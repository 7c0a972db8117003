import type { Place } from './place.js';
import { iamPath, kindPrefix, type FleetRegion } from '../fleet-identity.js';
import { arnOf } from './arn.js';

/** Which policy limits the roles that are made. */
export interface BoundaryWish {
  /** ARN of the boundary; that of the account by default. */
  readonly permissionsBoundary?: string | undefined;
  /** Below whose name roles are made. */
  readonly owner?: string | undefined;
}

/** Name of the managed policy that limits the roles of machines of a kind of fleet in a region; an account has one list of such names. */
export function boundaryName({ fleetKind, region }: FleetRegion, owner?: string): string {
  return `${kindPrefix(fleetKind)}boundary-${region}${owner === undefined ? '' : `-${owner}`}`;
}

/** ARN of the permissions boundary of the roles of machines. */
export function boundaryArn(place: Place, owner?: string): string {
  return arnOf('iam', place.region, `policy${iamPath(place)}${boundaryName(place, owner)}`, {
    inRegion: false,
    accountId: place.accountId,
  });
}

/** ARN of the policy that every role which is made must have as its boundary. */
export function boundaryOf(place: Place, { permissionsBoundary, owner }: BoundaryWish): string {
  return permissionsBoundary ?? boundaryArn(place, owner);
}
