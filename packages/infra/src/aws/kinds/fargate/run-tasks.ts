import { createHash } from 'node:crypto';
import { RunTaskCommand, type Failure, type RunTaskCommandInput } from '@aws-sdk/client-ecs';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../../clients.js';
import type { Step } from '../../ensure.js';
import { ecsTagsOf, partTag, readTags, type FleetIdentity } from '../../fleet-identity.js';
import { poll } from '../../poll.js';
import { describeTasks, idOfTask, startedBy, task, tasksOf } from './task.js';

/** The most tasks that one call starts. */
export const startedAtOnce = 10;

/** Tasks of a role that one call can start. */
export interface TaskBatch {
  readonly cluster: string;
  /** `family:revision` */
  readonly taskDefinition: string;
  /** At most {@link startedAtOnce}. */
  readonly count: number;
  readonly spot: boolean;
  readonly subnets: readonly string[];
  readonly securityGroup: string;
  readonly hasPublicAddress: boolean;
  /** What its containers know besides what their definition says. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Name of the container that gets it; that of the role. */
  readonly role: 'master' | 'worker';
  /** Session Manager may reach its containers. */
  readonly withSessions?: boolean;
  /** Facts that `attach` needs, as tags. */
  readonly facts?: Readonly<Record<string, string>>;
}

/** What may pass: a shortage, and a role, a cluster or a definition that has just been made. Of all else waiting is in vain. */
const mayPass =
  /capacity is unavailable|RESOURCE:|throttl|rate exceeded|unable to assume the|update in progress|^(cluster|task ?definition) not found/i;

/** ECS's words where the account runs as much as it may: the quotas are those of Fargate alone. */
const quotaReached = /limit on the number of (vCPUs|tasks)/i;

/**
 * Starts so many tasks as are lacking of a batch. ECS may place a part of them only, and say so in an answer that is no error: the
 * rest is asked for again. A call whose answer is lost is repeated with the same token, and so starts none twice.
 *
 * @param step its part names the batch: tasks that one call starts share their tags
 * @returns ids of the tasks
 * @throws LoadwrightError `PROVISIONING_FAILED` when not all of them could be placed.
 */
export async function ensureTasks(step: Step, batch: TaskBatch): Promise<readonly string[]> {
  const { aws, fleet: ofFleet, journal, part } = step;
  const fleet = part === undefined ? ofFleet : { ...ofFleet, part };
  const key = { kind: task.name, part };
  /** Also those that ECS does not list yet, and those that have ended. */
  const known = new Set<string>();
  let refused: readonly Failure[] = [];
  let placed = 0;
  /** Calls that were answered; one whose answer is lost is repeated as it was. */
  let answered = 0;
  await journal.intent(key);
  const started = await poll(aws, 'propagation', async () => {
    const live = await liveTasks(aws, fleet, batch.cluster, known);
    placed = live.length;
    const lacking = batch.count - placed;
    if (lacking <= 0) return live;
    const token = tokenOf(fleet, known.size, lacking, answered);
    const { tasks = [], failures = [] } = await runTasks(aws, inputOf(aws, fleet, batch, lacking, token));
    answered += 1;
    for (const one of tasks) known.add(idOfTask(one));
    placed += tasks.length;
    refused = failures;
    if (tasks.length >= lacking) return [...live, ...tasks.map(idOfTask)];
    if (!failures.every(({ reason = '' }) => mayPass.test(reason))) throw notPlaced(batch, placed, failures);
    return undefined;
  });
  if (!started) throw notPlaced(batch, placed, refused);
  await journal.done(key, started[0] ?? '');
  return started;
}

async function liveTasks(
  aws: Aws,
  { fleetId, part }: FleetIdentity,
  cluster: string,
  known: Set<string>,
): Promise<string[]> {
  const listed = await tasksOf(aws, fleetId, cluster);
  for (const one of listed) if (readTags(one.tags)[partTag] === part) known.add(idOfTask(one));
  if (known.size === 0) return [];
  const described = await describeTasks(aws, [...known]);
  const ended = new Set(
    described.filter(({ desiredStatus }) => desiredStatus === 'STOPPED').map((one) => idOfTask(one)),
  );
  return [...known].filter((id) => !ended.has(id));
}

function inputOf(
  aws: Aws,
  fleet: FleetIdentity,
  batch: TaskBatch,
  count: number,
  clientToken: string,
): RunTaskCommandInput {
  const { role, environment = {}, facts = {} } = batch;
  return {
    cluster: batch.cluster,
    taskDefinition: batch.taskDefinition,
    count,
    clientToken,
    startedBy: startedBy(aws, fleet.fleetId),
    // With a strategy a launch type would be refused.
    ...(batch.spot
      ? { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] }
      : { launchType: 'FARGATE' as const }),
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...batch.subnets],
        securityGroups: [batch.securityGroup],
        assignPublicIp: batch.hasPublicAddress ? 'ENABLED' : 'DISABLED',
      },
    },
    ...(batch.withSessions && { enableExecuteCommand: true }),
    overrides: {
      containerOverrides: [
        { name: role, environment: Object.entries(environment).map(([name, value]) => ({ name, value })) },
      ],
    },
    tags: [
      ...ecsTagsOf(fleet, role),
      ...Object.entries(facts).map(([name, value]) => ({ key: name, value })),
    ],
  };
}

async function runTasks(aws: Aws, input: RunTaskCommandInput) {
  try {
    return await aws.ecs.send(new RunTaskCommand(input));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (mayPass.test(error.message)) return { tasks: [], failures: [{ reason: error.message }] };
    if (!quotaReached.test(error.message)) throw error;
    throw new LoadwrightError('PROVISIONING_FAILED', `AWS refuses the tasks: ${error.message}`, {
      hint: 'The quota of Fargate vCPUs is used up (L-3032A538, of spot L-36FBB829): ask for more, use fewer workers, or end other tasks.',
      cause: error,
    });
  }
}

function notPlaced(
  { count, spot }: TaskBatch,
  placed: number,
  failures: readonly Failure[],
): LoadwrightError {
  const reasons = [
    ...new Set(failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(': '))),
  ];
  return new LoadwrightError(
    'PROVISIONING_FAILED',
    `ECS placed ${placed} of ${count} tasks: ${reasons.join('; ') || 'it gives no reason'}`,
    {
      hint: spot
        ? 'There is no spare capacity now: try again later, name subnets in more zones, or leave spot out.'
        : 'Try again later, or name subnets in more zones.',
      retryable: true,
    },
  );
}

/**
 * 64 characters, as many as RunTask takes. The same lack of tasks is the same call, also after a crash; what was refused is asked
 * for by another one.
 */
function tokenOf({ fleetId, part }: FleetIdentity, known: number, lacking: number, answered: number): string {
  return createHash('sha256')
    .update(JSON.stringify([fleetId, part, known, lacking, answered]))
    .digest('hex');
}
