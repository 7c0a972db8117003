import { digestWithoutLoad, LoadwrightError } from '@loadwright/core/fleet';
import { all } from '../../aws/all.js';
import { makeEndRole, scheduleEnd } from '../../aws/deploy/end-from-outside.js';
import { ensure, stepOf, type Step } from '../../aws/ensure.js';
import { factTags } from '../../aws/fleets/facts.js';
import { instanceProfile } from '../../aws/kinds/instance-profile.js';
import { describeInstance, instance } from '../../aws/kinds/instance.js';
import { role } from '../../aws/kinds/role.js';
import { service } from '../../aws/kinds/service.js';
import { taskDefinition } from '../../aws/kinds/task-definition.js';
import { handOverStatement } from '../../aws/permissions/hand-over.js';
import { poll } from '../../aws/poll.js';
import { agentStatements, executionStatements, forgetStatement } from '../permissions/statements.js';
import { crewTags, partOf } from '../scale/crew.js';
import { processesOfMachine } from '../settings.js';
import type { Deployment } from './deployment.js';
import { machineParameters } from './machine.js';
import { makeSurroundings, type RoleStep } from './surroundings.js';
import { masterTask, workerTask } from './task-definitions.js';

/**
 * Makes the fleet. Steps that do not need each other run at the same time, so that many machines take no longer than few;
 * none is paid for before its image is there.
 *
 * @returns the ids of its machines by their parts, its services, and its secrets
 */
export async function deploy(deployment: Deployment) {
  const { settings, account, request, existing } = deployment;
  const around = await makeSurroundings(deployment, {
    architecture: account.instanceType.architecture,
    executionStatements,
    also: (roleStep) => [
      settings.instanceProfile ?? ensureProfile(roleStep),
      makeEndRole(roleStep.step, deployment, roleStep.boundary),
    ],
  });
  const { fleet, step, clusterName, group, secrets } = around;
  const [profile, endRoleArn] = around.also;

  const { workerMachines } = settings;
  request.onProgress(`Starting ${workerMachines + 1} × ${settings.instanceType}`);
  const launch = (part: string) =>
    ensure(
      stepOf(step, part),
      instance,
      machineParameters(settings, account, part, {
        fleet,
        clusterName,
        group,
        profile,
        // The master's machine shows what the fleet is; it costs what all of them cost.
        facts: part === 'master' ? factsOf(deployment) : {},
        ...(part === 'master' && { forgets: around.forgets }),
      }),
      existing.get(part),
    );
  const parts = ['master', ...deployment.crew.numbers.map(partOf)];
  const ids = await all(parts.map(async (part) => [part, await launch(part)] as const));
  const machines = new Map(ids);
  const start = async () => {
    const master = machines.get('master') ?? '';
    const common = {
      image: around.image,
      region: fleet.region,
      logGroup: around.logGroup,
      executionRoleArn: around.executionArn,
      on: { memoryMebibytes: account.instanceType.memoryMebibytes },
    };
    const definitions = {
      master: masterTask(
        { ...common, secrets: around.secretsOf.master },
        { uiPort: settings.uiPort, isEncrypted: settings.access === 'https' },
      ),
      worker: workerTask(
        { ...common, secrets: around.secretsOf.worker },
        {
          masterHost: await privateAddress(deployment, master),
          processes: processesOfMachine(settings, request.workers),
          taskRoleArn: around.taskArn,
        },
      ),
    };
    request.onProgress('Starting the services of the master and the workers');
    return all([
      ensureService(step, clusterName, 'master', definitions.master),
      ensureService(step, clusterName, 'worker', definitions.worker),
    ]);
  };
  const [[masterService, workerService]] = await all([
    start(),
    ...parts.map((part) => scheduleEnd(stepOf(step, part), deployment, endRoleArn, machines.get(part) ?? '')),
  ]);
  return { machines, services: { master: masterService, worker: workerService }, clusterName, ...secrets };
}

/** The role and its profile at the same time: the profile takes the role in when it is there. */
async function ensureProfile({ step, deployment, boundary }: RoleStep): Promise<string> {
  const { cluster: own, repository, access } = deployment.settings;
  const { owner } = step.aws.settings;
  const statements = [
    ...agentStatements(step.fleet, { ...(own !== undefined && { cluster: own }), repository }),
    forgetStatement({ ...step.fleet, owner }),
    ...(access === 'https' ? [handOverStatement({ ...step.fleet, owner })] : []),
  ];
  const roleName = ensure(step, role, { statements, boundary });
  const [, name] = await all([roleName, ensure(step, instanceProfile, { roleName })]);
  return name;
}

function factsOf({ settings, request, pricePerHour, crew }: Deployment): Record<string, string> {
  const facts = {
    workers: request.workers,
    access: settings.access,
    uiPort: settings.uiPort,
    bundleDigest: digestWithoutLoad(request.bundle),
  };
  return { ...factTags(facts, pricePerHour), ...crewTags(crew) };
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

/** Known as soon as the machine is, unless EC2 does not show it yet. */
async function privateAddress({ aws }: Deployment, id: string): Promise<string> {
  const address = await poll(
    aws,
    'unknownOutcome',
    async () => (await describeInstance(aws, id))?.PrivateIpAddress,
  );
  if (address !== undefined) return address;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `EC2 reports no address for the machine ${id} of the master.`,
    {
      retryable: true,
    },
  );
}
