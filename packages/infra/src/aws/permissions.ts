import type { IamStatement, JsonObject } from '@loadwright/core';
import { permissions, type MachineWishes } from './permissions/table.js';

export { machineStatements } from './permissions/machine.js';
export type { MachineWishes } from './permissions/table.js';

/** In which account and region somebody provisions. */
export interface Place {
  readonly accountId: string;
  readonly region: string;
}

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

/** The least-privilege policy for whoever deploys, lists, destroys, and checks beforehand. */
export function policyFor(place: Place, wishes: MachineWishes): IamStatement[] {
  return neededPermissions(place, wishes).map(({ id, actions, resources, condition }) => ({
    Sid: id,
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(condition && { Condition: condition }),
  }));
}

/** What the policy consists of. */
export function neededPermissions(place: Place, wishes: MachineWishes): NeededPermissions[] {
  return permissions
    .filter(({ when }) => when?.(wishes) ?? true)
    .map(({ id, actions, why, resources, condition }) => ({
      id,
      actions,
      why,
      resources: resources(place, wishes),
      condition: condition?.(place),
    }));
}
