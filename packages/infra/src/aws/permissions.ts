import type { IamStatement, JsonObject } from '@loadwright/core';
import type { Place } from './permissions/place.js';
import { permissions, type MachineWishes } from './permissions/table.js';

export { boundaryArn, boundaryName, boundaryStatements } from './permissions/boundary.js';
export { endStatements, machineStatements } from './permissions/machine.js';
export { anyFleet } from './permissions/tag-condition.js';
export { boundaryOf, endsFromOutside, makesRoles, type MachineWishes } from './permissions/table.js';

/** Permissions that are needed together. */
export interface NeededPermissions {
  /** Unique; the `Sid` of the statement in the policy. */
  readonly id: string;
  /** `ec2:RunInstances` … */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: JsonObject | undefined;
  /** Why they are needed, for people. */
  readonly why: string;
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
  return neededPermissions(place, wishes, ofTarget).map(({ id, actions, resources, condition }) => ({
    Sid: id,
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(condition && { Condition: condition }),
  }));
}

/** What the policy consists of. */
export function neededPermissions(
  place: Place,
  wishes: MachineWishes,
  ofTarget: readonly IamStatement[],
): NeededPermissions[] {
  const own = permissions
    .filter(({ when }) => when?.(wishes) ?? true)
    .map(({ id, actions, why, resources, condition }) => ({
      id,
      actions,
      why,
      resources: resources(place, wishes),
      condition: condition?.(place, wishes),
    }));
  return [...own, ...ofTarget.map(asPermissions)];
}

function asPermissions({ Action, Resource, Condition }: IamStatement, index: number): NeededPermissions {
  return {
    id: `AskTarget${index + 1}`,
    actions: Action,
    resources: Resource,
    condition: Condition,
    why: 'ask the target once before a machine is made',
  };
}
