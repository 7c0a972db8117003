import { isLoadwrightError, type FleetPermissions, type IamStatement } from '@loadwright/core/fleet';
import { lookUpCaller } from '../account/caller.js';
import { accountProblem } from '../account/problem.js';
import type { Aws } from '../clients.js';
import { knownProfileRole } from '../account/profile-role.js';
import { boundaryName } from './boundary.js';
import { anyFleet } from './tag-condition.js';
import type { Access } from '../access.js';
import type { SharedSettings } from '../fleet-settings.js';
import type { FleetPolicies } from './fleet-policies.js';
import { asStatements, neededOf } from './needed.js';
import { iamPath } from '../fleet-identity.js';

/** What of the options decides whose roles there are. */
interface ConfiguredProfile {
  readonly instanceProfile?: string | undefined;
  readonly owner?: string | undefined;
}

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
export async function fleetPermissions<Wishes extends { readonly access?: Access | undefined }>(
  aws: Aws,
  { rows, machineStatements, boundaryStatements }: FleetPolicies<Wishes>,
  configured: SharedSettings & Wishes & ConfiguredProfile,
  { accountId: given, owner = configured.owner, iamStatements = [] }: PermissionsAsked,
): Promise<FleetPermissions> {
  const { access, accessReason } = configured;
  // Chosen on the machine of whoever deploys, which this one need not be.
  const settings = { ...configured, owner, access: accessReason === undefined ? access : undefined };
  const { fleetKind, region } = settings.aws;
  const place = { fleetKind, region };
  const permissionsIn = (accountId: string, notes: readonly string[] = [], instanceProfileRole?: string) => ({
    statements: asStatements(
      neededOf(rows, { ...place, accountId }, { ...settings, instanceProfileRole }, iamStatements),
    ),
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
