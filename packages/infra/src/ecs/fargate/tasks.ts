import type { Task } from '@aws-sdk/client-ecs';
import { DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2';
import { formatDuration, LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../../aws/clients.js';
import { readTags } from '../../aws/fleet-identity.js';
import { taggedWorkers } from '../../aws/fleets/facts.js';
import { describeTasks, idOfTask, removalReason } from '../../aws/kinds/fargate/task.js';
import { unlessAbsent } from '../../aws/service-error.js';
import { poll } from '../../aws/poll.js';
import { Look } from '../../aws/reach/look.js';
import type { WayToUi } from '../../aws/reach/port-forward.js';
import { blockedHint, type StartTime } from '../../aws/reach/wait-for-master.js';
import type { NodeState, NodeStates } from '../reach/node-states.js';
import { adviceOn } from '../reach/advice.js';
import { describeTask } from '../reach/stopped-tasks.js';

/** A task as ECS describes it, with its network. */
export interface SeenTask {
  readonly isRunning: boolean;
  /** When it was asked for. */
  readonly startedAt: Date | undefined;
  readonly privateAddress: string | undefined;
  /** Where Session Manager reaches its container; undefined until that runs. */
  readonly sessionTarget: string | undefined;
  readonly networkInterface: string | undefined;
}

/**
 * One look at a task that is to run.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when it has ended, with the reason and what to do about it.
 */
export async function lookAtTask(aws: Aws, id: string, part: string): Promise<SeenTask> {
  const [found] = await describeTasks(aws, [id]);
  // One that was started a moment ago may not be seen.
  requireNoneEnded(found ? [found] : [], new Map([[part, id]]));
  const details = found?.attachments?.flatMap(({ details: one = [] }) => one) ?? [];
  const detail = (name: string) => details.find((one) => one.name === name)?.value;
  const [cluster, own] = id.split('/');
  const runtimeId = found?.containers?.find(({ name }) => name === part)?.runtimeId;
  return {
    isRunning: found?.lastStatus === 'RUNNING',
    startedAt: found?.createdAt,
    privateAddress: detail('privateIPv4Address'),
    sessionTarget: runtimeId === undefined ? undefined : `ecs:${cluster}_${own}_${runtimeId}`,
    networkInterface: detail('networkInterfaceId'),
  };
}

/** Where the web UI of a master is reached: at the public address of its task, or at the private one of a task without. */
export async function placeOfMaster(aws: Aws, { privateAddress, sessionTarget, networkInterface }: SeenTask) {
  const address = networkInterface === undefined ? undefined : await publicAddress(aws, networkInterface);
  return { id: sessionTarget ?? '', publicAddress: address ?? privateAddress };
}

async function publicAddress(aws: Aws, id: string): Promise<string | undefined> {
  const command = new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [id] });
  const { NetworkInterfaces = [] } = (await unlessAbsent(aws.ec2.send(command))) ?? {};
  return NetworkInterfaces[0]?.Association?.PublicIp;
}

/**
 * Waits until the task of the master runs.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when it ends instead, or takes too long.
 */
export async function waitForMasterTask(aws: Aws, id: string, time: StartTime) {
  const seen = await poll(aws, time.left, async () => {
    const found = await lookAtTask(aws, id, 'master');
    return found.isRunning ? found : undefined;
  });
  if (seen) return placeOfMaster(aws, seen);
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The task ${id} of the master did not run within ${time.seconds} s.`,
    {
      hint: 'Allow more time with the option startTimeout: the image is fetched anew for each task.',
      retryable: true,
    },
  );
}

/**
 * Waits until the web UI answers.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` with what ECS says of tasks that end instead; at once.
 */
export async function waitForUi(
  aws: Aws,
  tasks: ReadonlyMap<string, string>,
  {
    way,
    time,
    onProgress,
  }: { readonly way: WayToUi; readonly time: StartTime; readonly onProgress: (message: string) => void },
): Promise<void> {
  const look = new Look();
  let said = '';
  const answered = await poll(aws, time.left, async () => {
    const [seen, found] = await Promise.all([
      look.at(way.url, aws.signal),
      describeTasks(aws, [...tasks.values()]),
    ]);
    requireNoneEnded(found, tasks);
    if (seen) return true;
    const problem = way.problem();
    if (problem !== undefined) throw new LoadwrightError('PROVISIONING_FAILED', problem, { retryable: true });
    const running = found.filter(({ lastStatus }) => lastStatus === 'RUNNING').length;
    const line = `${running} of ${tasks.size} tasks run`;
    if (line !== said) onProgress(`${line} after ${formatDuration(time.elapsed)}`);
    said = line;
    return undefined;
  });
  if (answered) return;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The master at ${way.url} did not answer within ${time.seconds} s: ${said}.`,
    { hint: `Allow more time with the option startTimeout; ${blockedHint}`, retryable: true },
  );
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when some have: nothing starts them again. */
function requireNoneEnded(found: readonly Task[], tasks: ReadonlyMap<string, string>): void {
  const ended = found.filter(hasEnded);
  if (ended.length === 0) return;
  const nameOfTask = (one: Task) => [...tasks].find(([, id]) => id === idOfTask(one))?.[0] ?? '';
  const lines = ended.slice(0, 3).map((one) => `${nameOfTask(one)}: ${describeTask(one)}`);
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    [`${ended.length} of ${tasks.size} tasks ended while the fleet was started.`, ...lines].join('\n  '),
    {
      hint: adviceOn(ended) ?? 'Read the events of the task in the console of ECS.',
      retryable: true,
    },
  );
}

function hasEnded({ lastStatus, desiredStatus }: Task): boolean {
  return lastStatus === 'STOPPED' || desiredStatus === 'STOPPED';
}

/**
 * What the nodes of a fleet are, from what ECS says of their tasks: workers share the state of the task that they are in. ECS lists
 * none that has ended: whose task was not found when the fleet was opened is lost. Where there are to be fewer by now, as the task of
 * the master reports, those that were ended for it are not missed.
 */
export async function stateOfFleet(
  aws: Aws,
  tasks: ReadonlyMap<string, string>,
  { workers, processes }: { readonly workers: number; readonly processes: number },
): Promise<NodeStates> {
  const found = new Map((await describeTasks(aws, [...tasks.values()])).map((one) => [idOfTask(one), one]));
  const stateOf = (id: string) => ({ ...stateOfTask(id, found.get(id)), instance: id });
  const [masterTask = '', ...others] = tasks.values();
  const wanted = Math.min(workers, taggedWorkers(readTags(found.get(masterTask)?.tags)) ?? workers);
  const removed = others.filter((id) => found.get(id)?.stoppedReason === removalReason);
  const excused = new Set(removed.slice(0, Math.max(0, others.length - Math.ceil(wanted / processes))));
  const master = stateOf(masterTask);
  const known: NodeState[] = others
    .filter((id) => !excused.has(id))
    .flatMap((id) => Array.from({ length: processes }, () => stateOf(id)));
  const lost: NodeState = { state: 'failed', reason: 'its task has ended' };
  while (known.length < wanted) known.push(lost);
  return { master, workers: known };
}

function stateOfTask(id: string, found: Task | undefined): NodeState {
  if (!found) return { state: 'failed', reason: `the task ${id} ended: ECS has forgotten it` };
  if (hasEnded(found)) {
    const advice = adviceOn([found]);
    const remedy = advice === undefined ? '' : `. ${advice}`;
    return { state: 'failed', reason: `the task ${id} ended: ${describeTask(found)}${remedy}` };
  }
  return { state: found.lastStatus === 'RUNNING' ? 'running' : 'starting' };
}
