import type { IamStatement } from '@loadwright/core';
import type { Place } from './place.js';
import { iamPath, namePrefix } from '../fleet-identity.js';
import { arnOf } from './arn.js';
import { anyFleet, endStatements, machineStatements } from './machine.js';

/** Name of the managed policy that limits the roles of machines in a region; an account has one list of such names. */
export function boundaryName(region: string, owner?: string): string {
  return `${namePrefix}boundary-${region}${owner === undefined ? '' : `-${owner}`}`;
}

/** ARN of the permissions boundary of the roles of machines. */
export function boundaryArn({ region, accountId }: Place, owner?: string): string {
  return arnOf('iam', region, `policy${iamPath(region)}${boundaryName(region, owner)}`, {
    inRegion: false,
    accountId,
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
  region: string,
  ofTargets: readonly IamStatement[],
  owner?: string,
): IamStatement[] {
  return [
    ...machineStatements({ fleetId: anyFleet, region, iamStatements: ofTargets, owner }),
    ...endStatements(anyFleet, region),
  ];
}
