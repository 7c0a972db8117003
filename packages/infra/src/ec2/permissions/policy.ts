import type { IamStatement } from '@loadwright/core/fleet';
import type { FleetRegion } from '../../aws/fleet-identity.js';
import { asStatements, neededOf, type NeededPermissions } from '../../aws/permissions/needed.js';
import type { Place } from '../../aws/permissions/place.js';
import { anyFleet } from '../../aws/permissions/tag-condition.js';
import { endStatements } from '../../aws/permissions/end.js';
import type { FleetPolicies } from '../../aws/permissions/fleet-policies.js';
import { machineStatements } from './machine.js';
import { makesRoles, permissions, type MachineWishes } from './table.js';

/** What the policy of whoever makes fleets consists of. */
function neededPermissions(
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

/** The permissions of fleets on EC2. */
export const ec2Policies: FleetPolicies<MachineWishes> = {
  rows: permissions,
  makesRoles,
  machineStatements,
  boundaryStatements,
};

/** See {@link FleetPolicies.boundaryStatements}; the role of the schedule is among them. */
export function boundaryStatements(
  { fleetKind, region }: FleetRegion,
  ofTargets: readonly IamStatement[],
  owner?: string,
): IamStatement[] {
  const fleet = { fleetKind, fleetId: anyFleet, region };
  return [...machineStatements({ ...fleet, iamStatements: ofTargets, owner }), ...endStatements(fleet)];
}
