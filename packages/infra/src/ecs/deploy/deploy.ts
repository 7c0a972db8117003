import { digestWithoutLoad, LoadwrightError } from '@loadwright/core/fleet';
import { findBoundary } from '../../aws/account/boundary.js';
import { all } from '../../aws/all.js';
import { makeEndRole, scheduleEnd } from '../../aws/deploy/end-from-outside.js';
import { groupParameters } from '../../aws/deploy/group.js';
import {
  createFleetToken,
  createLogin,
  fleetTokenParameter,
  loginParameters,
} from '../../aws/deploy/login.js';
import { ensureParameters, workerParameters } from '../../aws/deploy/secrets.js';
import { ensure, stepOf, type Step } from '../../aws/ensure.js';
import { parameterPrefix, type FleetIdentity } from '../../aws/fleet-identity.js';
import { factTags } from '../../aws/fleets/facts.js';
import { cluster } from '../../aws/kinds/cluster.js';
import { placeTags } from '../../aws/kinds/ecs-place.js';
import { instanceProfile } from '../../aws/kinds/instance-profile.js';
import { describeInstance, instance } from '../../aws/kinds/instance.js';
import { logGroup } from '../../aws/kinds/log-group.js';
import { executionRole, role, taskRole } from '../../aws/kinds/role.js';
import { securityGroup } from '../../aws/kinds/security-group.js';
import { service } from '../../aws/kinds/service.js';
import { taskDefinition } from '../../aws/kinds/task-definition.js';
import { arnOf } from '../../aws/permissions/arn.js';
import { roleArn } from '../../aws/permissions/role-arn.js';
import { poll } from '../../aws/poll.js';
import { userData } from '../machine/user-data.js';
import { agentStatements, executionStatements } from '../permissions/statements.js';
import { makesRoles } from '../permissions/table.js';
import { masterPort } from '../ports.js';
import { processesOfMachine } from '../settings.js';
import type { Deployment } from './deployment.js';
import { pushBundle } from './push-bundle.js';
import { masterTask, workerTask } from './task-definitions.js';

/**
 * Makes the fleet. Steps that do not need each other run at the same time, so that many machines take no longer than few;
 * none is paid for before its image is there.
 *
 * @returns the ids of its machines by their parts, its services, and its secrets
 */
export async function deploy(deployment: Deployment) {
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
    ...loginParameters(createLogin()),
    ...ofWorker,
    [fleetTokenParameter]: createFleetToken(),
  };
  // It tells any machine where the rest of the fleet is, so it is there before that.
  const logs = ensure(step, logGroup, {
    retentionDays: settings.logRetentionDays,
    facts: {
      ...(settings.cluster !== undefined && { [placeTags.cluster]: settings.cluster }),
      ...(settings.isOwnRepository && { [placeTags.repository]: settings.repository }),
    },
  });
  const ofStep = { step, deployment, boundary };
  const [logGroupName, clusterName, image, group, profile, executionArn, taskArn, endRoleArn, secrets] =
    await all([
      logs,
      settings.cluster ?? ensure(step, cluster, undefined),
      logs.then(() => pushBundle(aws, settings, request, account.instanceType.architecture)),
      settings.securityGroup ??
        ensure(step, securityGroup, { ...groupParameters(settings, account), innerPorts: [masterPort] }),
      settings.instanceProfile ?? ensureProfile(ofStep),
      settings.executionRole ?? ensureExecutionRole(ofStep),
      settings.taskRole ?? ensureTaskRole(ofStep),
      makeEndRole(step, deployment, boundary),
      ensureParameters(step, values, existing.get('master')),
    ]);

  const { workerMachines } = settings;
  request.onProgress(`Starting ${workerMachines + 1} × ${settings.instanceType}`);
  const launch = (part: string) =>
    ensure(
      stepOf(step, part),
      instance,
      machineOf(deployment, part, { fleet, clusterName, group, profile }),
      existing.get(part),
    );
  const parts = ['master', ...Array.from({ length: workerMachines }, (_, index) => `worker-${index + 1}`)];
  const ids = await all(parts.map(async (part) => [part, await launch(part)] as const));
  const machines = new Map(ids);
  const ends = parts.map((part) =>
    scheduleEnd(stepOf(step, part), deployment, endRoleArn, machines.get(part) ?? ''),
  );

  const master = machines.get('master') ?? '';
  const parameter = (name: string) =>
    arnOf('ssm', fleet.region, `parameter${parameterPrefix(fleet, settings.owner)}${name}`, {
      accountId: account.accountId,
    });
  const token = { LOADWRIGHT_FLEET_TOKEN: parameter(fleetTokenParameter) };
  const common = {
    image,
    region: fleet.region,
    logGroup: logGroupName,
    executionRoleArn: executionArn,
    memoryMebibytes: account.instanceType.memoryMebibytes,
  };
  const definitions = {
    master: masterTask(
      {
        ...common,
        secrets: { ...variables(loginParameters({ username: '', password: '' }), parameter), ...token },
      },
      settings,
    ),
    worker: workerTask(
      { ...common, secrets: { ...variables(ofWorker, parameter), ...token } },
      {
        masterHost: await privateAddress(deployment, master),
        processes: processesOfMachine(settings, request.workers),
        taskRoleArn: taskArn,
      },
    ),
  };
  request.onProgress('Starting the services of the master and the workers');
  const [masterService, workerService] = await all([
    ensureService(step, clusterName, 'master', definitions.master),
    ensureService(step, clusterName, 'worker', definitions.worker),
    all(ends),
  ]);
  return { machines, services: { master: masterService, worker: workerService }, clusterName, ...secrets };
}

/** What the steps that make roles share. */
interface RoleStep {
  readonly step: Step;
  readonly deployment: Deployment;
  readonly boundary: Promise<string | undefined>;
}

/** The role and its profile at the same time: the profile takes the role in when it is there. */
async function ensureProfile({ step, deployment, boundary }: RoleStep): Promise<string> {
  const { cluster: own, repository } = deployment.settings;
  const statements = agentStatements(step.fleet, { ...(own !== undefined && { cluster: own }), repository });
  const roleName = ensure(step, role, { statements, boundary });
  const [, name] = await all([roleName, ensure(step, instanceProfile, { roleName })]);
  return name;
}

async function ensureExecutionRole({ step, deployment, boundary }: RoleStep): Promise<string> {
  const { owner } = step.aws.settings;
  const statements = executionStatements({ ...step.fleet, owner });
  const name = await ensure(step, executionRole, { statements, boundary });
  return roleArn(step.fleet, { owner, accountId: deployment.account.accountId }, name);
}

/** @returns undefined when the target needs no permissions: a role without any cannot have a policy */
async function ensureTaskRole({ step, deployment, boundary }: RoleStep): Promise<string | undefined> {
  const { owner } = step.aws.settings;
  const { iamStatements: statements } = deployment.request;
  if (statements.length === 0) return undefined;
  const name = await ensure(step, taskRole, { statements, boundary });
  return roleArn(step.fleet, { owner, accountId: deployment.account.accountId }, name);
}

function machineOf(
  { settings, account, request, pricePerHour }: Deployment,
  part: string,
  made: {
    readonly fleet: FleetIdentity;
    readonly clusterName: string;
    readonly group: string;
    readonly profile: string;
  },
) {
  const isMaster = part === 'master';
  const spot = settings.spot && !isMaster;
  const nodeRole = isMaster ? 'master' : 'worker';
  return {
    instanceType: settings.instanceType,
    imageId: account.image.id,
    rootDevice: account.image.rootDevice,
    volumeGigabytes: settings.volumeGigabytes,
    subnets: account.subnets,
    securityGroupId: made.group,
    instanceProfileName: made.profile,
    keyPair: settings.keyPair,
    spot,
    role: nodeRole,
    userData: userData({
      fleetId: request.fleetId,
      cluster: made.clusterName,
      role: nodeRole,
      part,
      uiPort: settings.uiPort,
      spot,
      expiresAt: made.fleet.expiresAt,
    }),
    // The master's machine tells what the fleet is; it costs what all of them cost.
    facts: isMaster
      ? factTags(
          {
            workers: request.workers,
            access: settings.access,
            uiPort: settings.uiPort,
            bundleDigest: digestWithoutLoad(request.bundle),
          },
          pricePerHour,
        )
      : {},
  } as const;
}

async function ensureService(
  step: Step,
  clusterName: string,
  part: 'master' | 'worker',
  definition: ReturnType<typeof masterTask>,
): Promise<string> {
  const own = stepOf(step, part);
  const revision = await ensure(own, taskDefinition, definition);
  return ensure(own, service, {
    cluster: clusterName,
    taskDefinition: revision,
    strategy: part === 'master' ? 'REPLICA' : 'DAEMON',
  });
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

/** Known as soon as the machine is, unless EC2 does not show it yet. */
async function privateAddress({ aws }: Deployment, id: string): Promise<string> {
  const { unknownOutcome } = aws.settings.pace;
  const address = await poll(
    aws,
    unknownOutcome,
    async () => (await describeInstance(aws, id))?.PrivateIpAddress,
  );
  if (address !== undefined) return address;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `EC2 tells no address of the machine ${id} of the master.`,
    {
      retryable: true,
    },
  );
}
