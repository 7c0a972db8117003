import type { IamStatement } from '@loadwright/core/fleet';
import type { FleetRegion } from '../../aws/fleet-identity.js';
import { asStatements, neededOf, type NeededPermissions } from '../../aws/permissions/needed.js';
import type { Place } from '../../aws/permissions/place.js';
import { anyFleet } from '../../aws/permissions/tag-condition.js';
import { endStatements, machineStatements } from './machine.js';
import { permissions, type MachineWishes } from './table.js';

/** What the policy of whoever makes fleets consists of. */
export function neededPermissions(
  place: Place,
  wishes: MachineWishes,
  ofTarget: readonly IamStatement[],
): NeededPermissions[] {
  return neededOf(permissions, place, wishes, ofTarget);
}

/**
 * The least-privilege policy for whoever deploys, lists, destroys, and checks beforehand.
 *
 * @param ofTarget what the target needs: it is asked once before a machine is made
 */
export function policyFor(
  place: Place,
  wishes: MachineWishes,
  ofTarget: readonly IamStatement[] = [],
): IamStatement[] {
  return asStatements(neededPermissions(place, wishes, ofTarget));
}

/**
 * The most that the role of any machine, or of the schedule that ends it, may do, whatever its own policy says. Whoever may
 * make roles could otherwise make one that may do everything, and use it on a machine:
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
