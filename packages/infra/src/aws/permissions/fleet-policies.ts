import type { IamStatement } from '@loadwright/core/fleet';
import type { FleetName, FleetRegion } from '../fleet-identity.js';
import type { PermissionRow } from './needed.js';

/** What the machines of a fleet are for. */
export interface PolicyDuties extends FleetName, FleetRegion {
  /** Below whose name its secrets are. */
  readonly owner?: string | undefined;
  /** What the target wants of whoever makes the load. */
  readonly iamStatements: readonly IamStatement[];
}

/** The permissions of a kind of fleet. */
export interface FleetPolicies<Wishes> {
  /** What whoever makes fleets must be allowed to do. */
  readonly rows: readonly PermissionRow<Wishes>[];
  /** Are roles made at all? */
  readonly makesRoles: (wishes: Wishes) => boolean;
  /** What the role of its machines must allow. */
  readonly machineStatements: (duties: PolicyDuties) => IamStatement[];
  /**
   * The most that any role of a fleet may do, whatever its own policy says. Whoever may make roles could otherwise make one
   * that may do everything, and use it on a machine:
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
   *
   * @param ofTargets what the targets that are tested in this account need
   * @param owner whose machines; those of everybody by default
   */
  readonly boundaryStatements: (
    region: FleetRegion,
    ofTargets: readonly IamStatement[],
    owner?: string,
  ) => IamStatement[];
}
