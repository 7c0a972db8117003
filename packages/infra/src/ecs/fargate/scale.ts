import { TagResourceCommand, type Task } from '@aws-sdk/client-ecs';
import type { ScalePlan } from '@loadwright/core/fleet';
import { all } from '../../aws/all.js';
import type { Aws } from '../../aws/clients.js';
import { readSecrets } from '../../aws/deploy/login.js';
import { stepOf, type Step } from '../../aws/ensure.js';
import { readTags } from '../../aws/fleet-identity.js';
import { workersTag } from '../../aws/fleets/facts.js';
import type { Journal } from '../../aws/journal.js';
import { ensureTasks, startedAtOnce, type TaskBatch } from '../../aws/kinds/fargate/run-tasks.js';
import { describeTasks, idOfTask, task } from '../../aws/kinds/fargate/task.js';
import { pricedAs, type HourlyPrice } from '../../aws/plan/hourly-price.js';
import { poll } from '../../aws/poll.js';
import { endOf, neededFor, priceTags } from '../scale/change-lines.js';
import { identityOf, machinesOf } from '../scale/deployed-machines.js';
import type { EcsFleetSettings } from '../settings.js';
import { lookUpFargatePrice } from './price.js';
import { fargateQuotas, requireFargateQuotas } from './quotas.js';
import { isOfSpot, networkOf, type DeployedTasks } from './deployed-tasks.js';

/** Another number of tasks, looked at from all sides. */
export interface TaskChange {
  readonly deployed: DeployedTasks;
  /** How many are started. */
  readonly come: number;
  /** Those that end: the newest. */
  readonly go: readonly Task[];
  /** How many were to be there, and have ended. */
  readonly lost: number;
  readonly workersAfter: number;
  readonly spot: boolean;
  readonly network: Awaited<ReturnType<typeof networkOf>>;
  readonly price: Readonly<Record<'before' | 'after', HourlyPrice>>;
}

/** @throws LoadwrightError `CONFIG_INVALID` for a number that it cannot have. */
export async function lookAtTaskChange(
  aws: Aws,
  configured: EcsFleetSettings,
  deployed: DeployedTasks,
  workers: number,
): Promise<TaskChange> {
  const { facts, processes, definition, workers: present } = deployed;
  const wanted = neededFor(workers, processes, ['in each of', 'tasks']);
  const [spot, network, kept] = await Promise.all([
    isOfSpot(aws, deployed),
    networkOf(aws, deployed),
    readSecrets(aws, deployed.fleetId),
  ]);
  const settingsFor = (tasks: number) => ({
    ...configured,
    vcpus: Number(definition.cpu) / 1024,
    memoryGigabytes: Number(definition.memory) / 1024,
    cpuArchitecture:
      definition.runtimePlatform?.cpuArchitecture === 'ARM64' ? ('arm64' as const) : ('x86_64' as const),
    spot,
    secrets: Object.keys(kept.values).length,
    workerMachines: tasks,
    machines: machinesOf(tasks, spot),
  });
  const known = Promise.resolve({ subnets: [], hasPublicAddress: network.hasPublicAddress });
  const before = facts.workers / processes;
  const come = Math.max(0, wanted - present.length);
  const [priceBefore, priceAfter, quotas] = await Promise.all([
    lookUpFargatePrice(aws, settingsFor(before), known),
    lookUpFargatePrice(aws, settingsFor(wanted), known),
    come === 0 ? [] : fargateQuotas(aws, settingsFor(wanted)),
  ]);
  requireFargateQuotas(settingsFor(wanted), quotas);
  return {
    deployed,
    come,
    go: present.slice(wanted),
    lost: Math.max(0, before - present.length),
    workersAfter: wanted * processes,
    spot,
    network,
    price: { before: priceBefore, after: priceAfter },
  };
}

/** Is everything as it should be? */
export function isTaskChangeEmpty({ deployed, come, go, workersAfter }: TaskChange): boolean {
  return come === 0 && go.length === 0 && deployed.facts.workers === workersAfter;
}

export function planOfTasks(change: TaskChange): ScalePlan {
  const { deployed, come, go, lost, workersAfter, spot, price } = change;
  const tasks = (count: number) => `${count} ${count === 1 ? 'task' : 'tasks'} of workers`;
  return {
    workersBefore: deployed.facts.workers,
    workersAfter,
    pricePerHourBefore: pricedAs(price.before),
    pricePerHourAfter: pricedAs(price.after),
    changes: [
      ...(lost > 0 ? [`${tasks(lost)}: gone`] : []),
      ...(come > 0 ? [`${tasks(come)}: started${spot ? ', spot' : ''}`] : []),
      ...go.map((one) => `${idOfTask(one)}: ends, its workers leave before`),
    ],
    notes: [
      `${deployed.processes} in each task. New tasks take some minutes, and end when the fleet does: at ${endOf(deployed.tags)}.`,
    ],
    ...(spot &&
      come > 0 && { warnings: ['Spot tasks of workers may be taken away in the middle of the test.'] }),
  };
}

/** Starts tasks before anything is recorded, and ends them after it: whoever watches counts what is there. */
export async function changeTasks(
  aws: Aws,
  change: TaskChange,
  journal: Journal,
  onProgress: (message: string) => void,
): Promise<void> {
  const { deployed, come, go, workersAfter, price } = change;
  const step: Step = { aws, fleet: identityOf(aws, deployed), journal };
  if (come > 0) {
    onProgress(`Starting ${come} ${come === 1 ? 'task' : 'tasks'} of workers`);
    await startTasks(step, change);
  }
  await record(aws, deployed, { ...workersTag(workersAfter), ...priceTags(deployed.tags, price.after) });
  if (go.length === 0) return;
  onProgress(`Waiting for the workers of ${go.length} ${go.length === 1 ? 'task' : 'tasks'} to leave`);
  await all(go.map((one) => task.destroy(aws, idOfTask(one))));
}

/** What could not be had at all is as if it had not been begun; after an interruption it stays, and is used or removed later. */
async function startTasks(step: Step, { deployed, come, spot, network }: TaskChange): Promise<void> {
  const { aws } = step;
  const { masterHost, ...place } = network;
  const { cluster, definition, fleetId } = deployed;
  const batch: Omit<TaskBatch, 'count'> = {
    ...place,
    cluster,
    taskDefinition: `${definition.family}:${definition.revision}`,
    spot,
    role: 'worker',
    environment: { LOCUST_MASTER_NODE_HOST: masterHost },
  };
  // ECS answers the call of an earlier batch of that name with the tasks of that, long after they have ended.
  const change = Date.now().toString(36);
  const counts = Array.from({ length: Math.ceil(come / startedAtOnce) }, (_, index) =>
    Math.min(startedAtOnce, come - index * startedAtOnce),
  );
  try {
    await all(
      counts.map((count, index) =>
        ensureTasks(stepOf(step, `workers-${change}-${index + 1}`), { ...batch, count }),
      ),
    );
  } catch (error) {
    aws.signal.throwIfAborted();
    const before = new Set([deployed.master, ...deployed.workers].map(idOfTask));
    const started = (await task.find(aws, { fleetId })).filter(({ id }) => !before.has(id));
    await all(started.map(({ id }) => task.destroy(aws, id)));
    throw error;
  }
}

/** Says on the task of the master how many workers there are, and waits until ECS shows it. */
async function record(
  aws: Aws,
  { master }: DeployedTasks,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
  await aws.ecs.send(new TagResourceCommand({ resourceArn: master.taskArn, tags: list }));
  await poll(aws, 'propagation', async () => {
    const [seen] = await describeTasks(aws, [idOfTask(master)]);
    const found = readTags(seen?.tags);
    return list.every(({ key, value }) => found[key] === value) ? true : undefined;
  });
}
