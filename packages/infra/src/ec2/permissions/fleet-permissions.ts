import { isLoadwrightError, type FleetPermissions, type IamStatement } from '@loadwright/core/fleet';
import { lookUpCaller } from '../../aws/account/caller.js';
import { accountProblem } from '../../aws/account/problem.js';
import type { Aws } from '../../aws/clients.js';
import { knownProfileRole } from '../../aws/account/profile-role.js';
import { boundaryName } from '../../aws/permissions/boundary.js';
import { anyFleet } from '../../aws/permissions/tag-condition.js';
import { machineStatements } from './machine.js';
import { boundaryStatements, policyFor } from './policy.js';
import { iamPath } from '../../aws/fleet-identity.js';
import type { Ec2FleetSettings } from '../settings.js';

/** For whom, and for what, a policy is asked. */
interface PermissionsAsked {
  readonly accountId?: string;
  /** The option of the fleet by default. */
  readonly owner?: string | undefined;
  readonly iamStatements?: readonly IamStatement[];
}

/** In the ARNs of a policy: whichever account it is attached in. */
const anyAccount = '*';

/**
 * The policy for whoever deploys. The caller needs no permission to read it, and where there are no credentials yet the
 * policy is for any account.
 */
export async function fleetPermissions(
  aws: Aws,
  configured: Ec2FleetSettings,
  { accountId: given, owner = configured.owner, iamStatements = [] }: PermissionsAsked,
): Promise<FleetPermissions> {
  const { access, accessReason } = configured;
  // Chosen on the machine of whoever deploys, which this one need not be.
  const settings = { ...configured, owner, access: accessReason === undefined ? access : undefined };
  const { fleetKind, region } = settings.aws;
  const place = { fleetKind, region };
  const permissionsIn = (accountId: string, notes: readonly string[] = [], instanceProfileRole?: string) => ({
    statements: policyFor({ ...place, accountId }, { ...settings, instanceProfileRole }, iamStatements),
    ofMachine: machineStatements({ ...place, fleetId: anyFleet, owner, iamStatements }),
    boundary: {
      name: boundaryName(place, owner),
      path: iamPath(place),
      statements: boundaryStatements(place, iamStatements, owner),
    },
    notes,
  });
  if (given !== undefined) return permissionsIn(given);
  try {
    const { accountId } = await lookUpCaller(aws);
    const { instanceProfile } = settings;
    if (instanceProfile === undefined) return permissionsIn(accountId);
    const passed = await knownProfileRole(aws, instanceProfile);
    return permissionsIn(accountId, passed === undefined ? [namesake(instanceProfile)] : [], passed);
  } catch (error) {
    aws.signal.throwIfAborted();
    const problem = accountProblem(error);
    if (!isLoadwrightError(problem)) throw problem;
    return permissionsIn(anyAccount, [
      `The policy names no account, because the account is unknown: ${problem.message}`,
      'It works in every account. To have it name yours: --account <id>, or credentials of it.',
    ]);
  }
}

const namesake = (instanceProfile: string) =>
  `The role in the instance profile ${instanceProfile} could not be looked up: iam:PassRole is for a role of the same name. Correct its ARN where it has another.`;
