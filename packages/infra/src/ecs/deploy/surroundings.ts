import type { IamStatement } from '@loadwright/core/fleet';
import type { Architecture } from '../../aws/account/machine.js';
import { findBoundary } from '../../aws/account/boundary.js';
import { all } from '../../aws/all.js';
import { groupParameters } from '../../aws/deploy/group.js';
import { fleetTokenParameter, loginParameters, ownParameters } from '../../aws/deploy/login.js';
import { ensureParameters, workerParameters } from '../../aws/deploy/secrets.js';
import { ensure, type Step } from '../../aws/ensure.js';
import { parameterPrefix, type FleetIdentity } from '../../aws/fleet-identity.js';
import { cluster, type ClusterParameters } from '../../aws/kinds/cluster.js';
import { placeTags } from '../../aws/kinds/ecs-place.js';
import { logGroup } from '../../aws/kinds/log-group.js';
import { executionRole, taskRole, type RoleParameters } from '../../aws/kinds/role.js';
import { securityGroup } from '../../aws/kinds/security-group.js';
import type { CreatableKind } from '../../aws/kind.js';
import { arnOf } from '../../aws/permissions/arn.js';
import type { PolicyDuties } from '../../aws/permissions/fleet-policies.js';
import { roleArn } from '../../aws/permissions/role-arn.js';
import { makesRoles } from '../permissions/table.js';
import { masterPort } from '../ports.js';
import type { Deployment } from './deployment.js';
import { pushBundle } from './push-bundle.js';

/** What of a deployment its surroundings are made for. */
export type SurroundedDeployment = Omit<Deployment, 'account' | 'pricePerHour' | 'crew'> & {
  readonly account: Pick<Deployment['account'], 'accountId' | 'arn' | 'subnets' | 'callerAddress'>;
};

/** What the steps that make roles share. */
export interface RoleStep {
  readonly step: Step;
  readonly deployment: SurroundedDeployment;
  readonly boundary: Promise<string | undefined>;
}

/** What of them depends on what the containers run on. */
interface OwnSurroundings<Also extends readonly unknown[]> {
  readonly architecture: Architecture;
  readonly executionStatements: (duties: Omit<PolicyDuties, 'iamStatements'>) => IamStatement[];
  readonly cluster?: ClusterParameters;
  /** What else is made at the same time. */
  readonly also: (
    step: RoleStep,
  ) => readonly [...{ [Index in keyof Also]: Also[Index] | Promise<Also[Index]> }];
}

/**
 * Makes what containers need before they run. Steps that do not need each other run at the same time, so that many machines take no
 * longer than few; none is paid for before its image is there.
 */
export async function makeSurroundings<const Also extends readonly unknown[]>(
  deployment: SurroundedDeployment,
  { architecture, executionStatements, cluster: ofCluster, also }: OwnSurroundings<Also>,
) {
  const { aws, journal, settings, account, request, existing } = deployment;
  const fleet: FleetIdentity = {
    ...aws.fleet(request.fleetId),
    region: settings.aws.region,
    owner: account.arn,
    name: request.name,
    createdAt: deployment.createdAt,
    expiresAt: new Date(deployment.createdAt.getTime() + settings.timeToLiveSeconds * 1000),
    tags: settings.tags,
  };
  const step: Step = { aws, fleet, journal };
  const place = { ...fleet, accountId: account.accountId };
  const boundary = makesRoles(settings) ? findBoundary(aws, place, settings) : Promise.resolve(undefined);
  boundary.catch(() => {});

  request.onProgress('Making the cluster, the roles, the security group, the parameters and the image');
  const ofWorker = workerParameters(request);
  const values = {
    ...ownParameters(settings),
    ...ofWorker,
  };
  // It shows any machine where the rest of the fleet is, so it is there before that.
  const logs = ensure(step, logGroup, {
    retentionDays: settings.logRetentionDays,
    facts: {
      ...(settings.cluster !== undefined && { [placeTags.cluster]: settings.cluster }),
      ...(settings.isOwnRepository && { [placeTags.repository]: settings.repository }),
    },
  });
  const roleStep = { step, deployment, boundary };
  const [logGroupName, clusterName, image, group, executionArn, taskArn, secrets, others] = await all([
    logs,
    settings.cluster ?? ensure(step, cluster, ofCluster),
    logs.then(() => pushBundle(aws, settings, request, architecture)),
    settings.securityGroup ??
      ensure(step, securityGroup, { ...groupParameters(settings, account), innerPorts: [masterPort] }),
    settings.executionRole ??
      ensureRole(roleStep, executionRole, executionStatements({ ...fleet, owner: aws.settings.owner })),
    // A role without any permission cannot have a policy.
    settings.taskRole ??
      (request.iamStatements.length > 0 ? ensureRole(roleStep, taskRole, request.iamStatements) : undefined),
    ensureParameters(step, values, existing.get('master')),
    all(also(roleStep)),
  ]);
  const parameter = (name: string) =>
    arnOf('ssm', fleet.region, `parameter${parameterPrefix(fleet, settings.owner)}${name}`, {
      accountId: account.accountId,
    });
  const token = { LOADWRIGHT_FLEET_TOKEN: parameter(fleetTokenParameter) };
  return {
    fleet,
    step,
    logGroup: logGroupName,
    clusterName,
    /** By its digest. */
    image,
    group,
    executionArn,
    /** Undefined: the target needs no permissions. */
    taskArn,
    secrets,
    /** Names of all of them, for who removes them at the end. */
    forgets: {
      region: fleet.region,
      parameterPrefix: parameterPrefix(fleet, settings.owner).replace(/\/$/, ''),
      parameters: Object.keys(values),
    },
    /** ARNs of parameters by the names of variables. */
    secretsOf: {
      master: { ...variables(loginParameters({ username: '', password: '' }), parameter), ...token },
      worker: { ...variables(ofWorker, parameter), ...token },
    },
    also: others as Also,
  };
}

/** @returns its ARN */
export async function ensureRole(
  { step, deployment, boundary }: RoleStep,
  kind: CreatableKind<RoleParameters>,
  statements: readonly IamStatement[],
): Promise<string> {
  const { owner } = step.aws.settings;
  const name = await ensure(step, kind, { statements, boundary });
  return roleArn(step.fleet, { owner, accountId: deployment.account.accountId }, name);
}

/** ARNs of parameters by the variables that they become: `worker/TOKEN` is the variable `TOKEN`. */
function variables(
  values: Readonly<Record<string, string>>,
  parameter: (name: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.keys(values).map((name) => [name.slice(name.indexOf('/') + 1), parameter(name)]),
  );
}
