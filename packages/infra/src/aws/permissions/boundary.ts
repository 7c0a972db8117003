import type { IamStatement } from '@loadwright/core';
import type { Place } from './place.js';
import { iamPath, kindPrefix, type FleetRegion } from '../fleet-identity.js';
import { arnOf } from './arn.js';
import { endStatements, machineStatements } from './machine.js';
import { anyFleet } from './tag-condition.js';

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

/**
 * The most that the role of any machine, or of the schedule that ends it, may do, whatever its own policy says. Whoever may make roles could otherwise make
 * one that may do everything, and use it on a machine:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
 *
 * @param ofTargets what the targets that are tested in this account need
 * @param owner whose machines; those of everybody by default
 */
export function boundaryStatements(
  { fleetKind, region }: FleetRegion,
  ofTargets: readonly IamStatement[],
  owner?: string,
): IamStatement[] {
  const fleet = { fleetKind, fleetId: anyFleet, region };
  return [...machineStatements({ ...fleet, iamStatements: ofTargets, owner }), ...endStatements(fleet)];
}
