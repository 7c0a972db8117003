import type { IamStatement, JsonObject } from '@loadwright/core/fleet';
import type { Place } from './place.js';

/**
 * Actions that belong together: they act on the same resources for the same reason. Becomes one statement.
 *
 * @typeParam Wishes what of a plan decides which permissions it needs
 */
export interface PermissionRow<Wishes> {
  /** Unique; the `Sid` of the statement. */
  readonly id: string;
  readonly actions: readonly string[];
  readonly resources: (place: Place, wishes: Wishes) => readonly string[];
  readonly condition?: (place: Place, wishes: Wishes) => JsonObject;
  readonly why: string;
  /** Absent: always. */
  readonly when?: (wishes: Wishes) => boolean;
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

/** What of a table is needed, and what the target needs: it is asked once before a machine is made. */
export function neededOf<Wishes>(
  rows: readonly PermissionRow<Wishes>[],
  place: Place,
  wishes: Wishes,
  ofTarget: readonly IamStatement[],
): NeededPermissions[] {
  const own = rows
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

/** The same as statements of a policy. */
export function asStatements(needed: readonly NeededPermissions[]): IamStatement[] {
  return needed.map(({ id, actions, resources, condition }) => ({
    Sid: id,
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(condition && { Condition: condition }),
  }));
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
