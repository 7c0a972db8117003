import { GetRoleCommand } from '@aws-sdk/client-iam';
import type { Finding, IamStatement } from '@loadwright/core/fleet';
import { findBoundary, missingInBoundary } from '../account/boundary.js';
import { lookUpCaller, type Caller } from '../account/caller.js';
import { lookUpProfileRole } from '../account/profile-role.js';
import type { Aws } from '../clients.js';
import { neededOf, type NeededPermissions } from '../permissions/needed.js';
import type { BoundaryWish } from '../permissions/boundary.js';
import type { EndWish } from '../permissions/end.js';
import type { FleetPolicies } from '../permissions/fleet-policies.js';
import { codeOf } from '../service-error.js';
import type { Access } from '../access.js';
import { deniedActions } from './simulate.js';

/** A machine is made without them too, with a warning. */
const ofSchedules = /^scheduler:/;

type Found = string | Omit<Finding, 'subject'>;

/** All permissions that the caller lacks, at once. IAM is asked; nothing is tried. */
export async function checkPermissions<Wishes extends BoundaryWish & EndWish>(
  aws: Aws,
  { accountId, arn }: Caller,
  { rows, makesRoles }: FleetPolicies<Wishes>,
  wishes: Wishes,
  ofTarget: readonly IamStatement[],
): Promise<Found> {
  const place = { ...aws.settings, accountId };
  const needed = neededOf(rows, place, wishes, ofTarget);
  const count = needed.reduce((sum, { actions }) => sum + actions.length, 0);
  if (arn.endsWith(':root')) return `the root user has all ${count}`;
  try {
    const [principal, boundary] = await Promise.all([
      principalOf(aws, arn),
      makesRoles(wishes) ? findBoundary(aws, place, wishes) : undefined,
    ]);
    const deniedOf = async (row: NeededPermissions) =>
      (await deniedActions(aws, principal, accountId, row, boundary)).map((action) => ({
        text: `${action} (to ${row.why})`,
        isOptional: wishes.endFromOutside !== 'always' && ofSchedules.test(action),
      }));
    const missing = (await Promise.all(needed.map(deniedOf))).flat();
    if (missing.length === 0) return `${principal} has all ${count}`;
    const lacksBoundary = boundary === undefined && makesRoles(wishes);
    const isWithout = missing.every(({ isOptional }) => isOptional);
    const lacks = `${principal} lacks ${missing.map(({ text }) => text).join('; ')}`;
    return {
      state: isWithout ? 'unknown' : 'problem',
      detail: isWithout ? `${lacks}. The machine’s own timers alone will end it` : lacks,
      remedy:
        'Grant them with the whole policy.' +
        (lacksBoundary
          ? ' It allows roles only with the permissions boundary, which this account has not: create it.'
          : ''),
      next: [
        { action: 'show-permissions', of: 'caller' },
        ...(lacksBoundary ? [{ action: 'show-permissions', of: 'boundary' } as const] : []),
      ],
    };
  } catch (error) {
    // Whoever is neither a user nor a role of the account, federated users say.
    if (!/^(NoSuchEntity|InvalidInput|ValidationError)/.test(codeOf(error))) throw error;
    return {
      state: 'unknown',
      detail: `IAM does not tell what ${arn} may do: it is no user and no role of the account`,
      remedy: 'Compare its permissions with those that are needed.',
      next: [{ action: 'show-permissions', of: 'caller' }],
    };
  }
}

/** Whether the permissions boundary of the account, where there is one, lets machines do what they must. */
export async function checkBoundary<Wishes extends BoundaryWish>(
  aws: Aws,
  { accountId }: Pick<Caller, 'accountId'>,
  { makesRoles, boundaryStatements }: FleetPolicies<Wishes>,
  wishes: Wishes,
  ofTarget: readonly IamStatement[],
): Promise<Found> {
  const place = { ...aws.settings, accountId };
  const arn = makesRoles(wishes) ? await findBoundary(aws, place, wishes) : undefined;
  if (arn === undefined) return makesRoles(wishes) ? 'this account has none' : 'not needed: no role is made';
  try {
    const missing = await missingInBoundary(aws, arn, boundaryStatements(place, ofTarget, wishes.owner));
    if (missing.length === 0) return arn;
    return {
      state: 'problem',
      detail: `${arn} does not allow ${missing.join(', ')}: it is of another version of Loadwright, or for other targets`,
      remedy: `Write its permissions to boundary.json, then "aws iam create-policy-version --policy-arn ${arn} --policy-document file://boundary.json --set-as-default"`,
      next: [{ action: 'show-permissions', of: 'boundary' }],
    };
  } catch (error) {
    if (!/^AccessDenied/.test(codeOf(error))) throw error;
    return {
      state: 'unknown',
      detail: `what ${arn} allows cannot be read`,
      remedy: 'Allow iam:GetPolicyVersion, as the whole policy does.',
      next: [{ action: 'show-permissions', of: 'caller' }],
    };
  }
}

/**
 * What is known to keep the caller from a port forward of Session Manager, or a machine with a profile of the user from
 * being reached by one. Undefined: nothing, as far as IAM shows.
 */
export async function lacksSessions<Wishes>(
  aws: Aws,
  { rows: all }: FleetPolicies<Wishes>,
  wishes: Wishes & { readonly instanceProfile?: string | undefined },
): Promise<string | undefined> {
  try {
    const { accountId, arn } = await lookUpCaller(aws);
    const wanted = { ...wishes, access: 'session-manager' as const };
    const rows = neededOf(all, { ...aws.settings, accountId }, wanted, []).filter(({ actions }) =>
      actions.includes('ssm:StartSession'),
    );
    const asked = arn.endsWith(':root') ? [] : rows;
    const [principal, role] = await Promise.all([
      principalOf(aws, arn),
      wishes.instanceProfile === undefined ? undefined : lookUpProfileRole(aws, wishes.instanceProfile),
    ]);
    const ofCaller = asked.map((row) => deniedActions(aws, principal, accountId, row));
    const ofRole = role === undefined ? [] : [deniedActions(aws, role, accountId, agentPermissions)];
    const [callerLacks, roleLacks] = await Promise.all([Promise.all(ofCaller), Promise.all(ofRole)]);
    if (callerLacks.flat().length > 0) return `${principal} lacks ssm:StartSession`;
    const [first] = roleLacks.flat();
    return first && `${role} lacks ${first}`;
  } catch {
    // Who may not ask may still open one.
    aws.signal.throwIfAborted();
    return undefined;
  }
}

/** Without it the agent of a machine does not report. */
const agentPermissions = {
  actions: ['ssm:UpdateInstanceInformation'],
  resources: ['*'],
  condition: undefined,
};

/**
 * What a role of the user lacks, such as the one in an instance profile: the machine gets nothing but what it allows.
 *
 * @param needed what the machine does
 * @param option that names it
 */
export async function checkMachineRole(
  aws: Aws,
  { accountId }: Caller,
  roleArn: string,
  access: Access,
  needed: readonly IamStatement[],
  option = 'instanceProfile',
): Promise<Found> {
  const statements = needed
    // Session Manager's own, without which a machine is reached at its public address.
    .filter(
      ({ Action }) => access === 'session-manager' || !Action.includes('ssm:UpdateInstanceInformation'),
    );
  const denied = await Promise.all(
    statements.map(({ Action, Resource, Condition }) =>
      deniedActions(aws, roleArn, accountId, { actions: Action, resources: Resource, condition: Condition }),
    ),
  );
  const missing = [...new Set(denied.flat())];
  if (missing.length === 0) return `${roleArn} allows what is needed`;
  return {
    state: 'problem',
    detail: `${roleArn} lacks ${missing.join('; ')}`,
    remedy: `Add them to that role, or leave the option ${option} out.`,
    // The policy of machines is printed; what else a role needs is among what it lacks.
    ...(option === 'instanceProfile' && { next: [{ action: 'show-permissions', of: 'machine' }] }),
  };
}

/** A session is judged by its role, of which it shows the name alone: those of SSO and others have a path. */
async function principalOf(aws: Aws, arn: string): Promise<string> {
  const [, RoleName] = /^arn:[\w-]+:sts::\d+:assumed-role\/([^/]+)\//.exec(arn) ?? [];
  if (RoleName === undefined) return arn;
  const { Role } = await aws.iam.send(new GetRoleCommand({ RoleName }));
  return Role?.Arn ?? arn;
}
