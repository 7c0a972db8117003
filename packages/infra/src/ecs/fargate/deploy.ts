import { digestWithoutLoad, LoadwrightError } from '@loadwright/core/fleet';
import { all } from '../../aws/all.js';
import { ensure, stepOf } from '../../aws/ensure.js';
import { factTags, type TaggedPrice } from '../../aws/fleets/facts.js';
import { ensureTasks, startedAtOnce, type TaskBatch } from '../../aws/kinds/fargate/run-tasks.js';
import { sessionRole } from '../../aws/kinds/role.js';
import { taskDefinition } from '../../aws/kinds/task-definition.js';
import { sessionManagerStatement } from '../../aws/permissions/session-manager.js';
import { poll } from '../../aws/poll.js';
import type { StartTime } from '../../aws/reach/wait-for-master.js';
import { ensureRole, makeSurroundings, type SurroundedDeployment } from '../deploy/surroundings.js';
import { masterTask, workerTask } from '../deploy/task-definitions.js';
import { fargateExecutionStatements } from '../permissions/statements.js';
import { processesOfMachine } from '../settings.js';
import type { FargateAccount } from './account.js';
import { lookAtTask } from './tasks.js';

/** What {@link deployFargate} needs. */
export type FargateDeployment = Omit<SurroundedDeployment, 'account'> & {
  readonly account: FargateAccount;
  readonly pricePerHour: TaggedPrice;
};

/**
 * Makes the fleet: the master first, because the workers get its address. No service: what ends on Fargate must stay ended.
 *
 * @returns the ids of its tasks by their parts, and its secrets
 */
export async function deployFargate(deployment: FargateDeployment, time: StartTime) {
  const { settings, account, request } = deployment;
  const { vcpus, memoryGigabytes, cpuArchitecture, spot, workerMachines, repository, access } = settings;
  const withSessions = access === 'session-manager';
  const around = await makeSurroundings(deployment, {
    architecture: settings.cpuArchitecture,
    executionStatements: (duties) => fargateExecutionStatements(duties, { repository }),
    ...(spot && { cluster: { capacityProviders: ['FARGATE', 'FARGATE_SPOT'] } }),
    also: (roleStep) => [
      withSessions ? ensureRole(roleStep, sessionRole, [sessionManagerStatement]) : undefined,
    ],
  });
  const { step, clusterName: cluster, secrets } = around;
  const common = {
    image: around.image,
    region: around.fleet.region,
    logGroup: around.logGroup,
    executionRoleArn: around.executionArn,
    on: { vcpus, memoryGigabytes, cpuArchitecture, expiresAt: around.fleet.expiresAt },
  };
  const [masterDefinition, workerDefinition] = await all([
    ensure(
      stepOf(step, 'master'),
      taskDefinition,
      masterTask(
        { ...common, secrets: around.secretsOf.master },
        { uiPort: settings.uiPort, taskRoleArn: around.also[0] },
      ),
    ),
    ensure(
      stepOf(step, 'worker'),
      taskDefinition,
      workerTask(
        { ...common, secrets: around.secretsOf.worker },
        {
          masterHost: undefined,
          processes: processesOfMachine(settings, request.workers),
          taskRoleArn: around.taskArn,
        },
      ),
    ),
  ]);
  const place = {
    cluster,
    subnets: account.subnets.map(({ id }) => id),
    securityGroup: around.group,
    hasPublicAddress: account.hasPublicAddress,
  };
  request.onProgress('Starting the task of the master');
  const [master = ''] = await ensureTasks(stepOf(step, 'master'), {
    ...place,
    taskDefinition: masterDefinition,
    count: 1,
    spot: false,
    role: 'master',
    withSessions,
    // The master's task shows what the fleet is; it costs what all of them cost.
    facts: factTags(
      {
        workers: request.workers,
        access,
        uiPort: settings.uiPort,
        bundleDigest: digestWithoutLoad(request.bundle),
      },
      deployment.pricePerHour,
    ),
  });
  const masterHost = await privateAddress(deployment, master, time);
  request.onProgress(`Starting ${workerMachines} ${workerMachines === 1 ? 'task' : 'tasks'} of workers`);
  const batch: Omit<TaskBatch, 'count'> = {
    ...place,
    taskDefinition: workerDefinition,
    spot,
    role: 'worker',
    environment: { LOCUST_MASTER_NODE_HOST: masterHost },
  };
  const workers = await all(
    batchesOf(workerMachines).map((count, index) =>
      ensureTasks(stepOf(step, `workers-${index + 1}`), { ...batch, count }),
    ),
  );
  return { tasks: tasksByPart(master, workers.flat()), ...secrets };
}

/** As few calls as there can be. */
function batchesOf(count: number): number[] {
  return Array.from({ length: Math.ceil(count / startedAtOnce) }, (_, index) =>
    Math.min(startedAtOnce, count - index * startedAtOnce),
  );
}

/** `worker-1` is the first of them by its id. */
export function tasksByPart(master: string, workers: readonly string[]): ReadonlyMap<string, string> {
  return new Map([
    ['master', master],
    ...[...workers].sort().map((id, index) => [`worker-${index + 1}`, id] as const),
  ]);
}

/** Known once the task has its network, before its image is there. */
async function privateAddress(
  { aws }: Pick<FargateDeployment, 'aws'>,
  master: string,
  time: StartTime,
): Promise<string> {
  const address = await poll(
    aws,
    time.left,
    async () => (await lookAtTask(aws, master, 'master')).privateAddress,
  );
  if (address !== undefined) return address;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The task ${master} of the master has no address after ${time.seconds} s.`,
    { hint: 'Try again, in other subnets if it happens again.', retryable: true },
  );
}
