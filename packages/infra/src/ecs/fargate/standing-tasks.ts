import { DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2';
import { DescribeTaskDefinitionCommand, type Task, type TaskDefinition } from '@aws-sdk/client-ecs';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../../aws/clients.js';
import { nameOf } from '../../aws/fleet-identity.js';
import { requireOwnVersion } from '../../aws/fleets/existing.js';
import { readFacts, type FleetFacts } from '../../aws/fleets/facts.js';
import { describeTasks, idOfTask, task } from '../../aws/kinds/fargate/task.js';
import { stoppedAmong } from '../reach/stopped-tasks.js';

/** A fleet on Fargate that was deployed, as its tasks show it. */
export interface StandingTasks {
  readonly fleetId: string;
  readonly cluster: string;
  readonly master: Task;
  /** Tags of the task of the master. */
  readonly tags: Readonly<Record<string, string>>;
  readonly facts: FleetFacts;
  /** Tasks of workers that are there and are to stay, the oldest first. */
  readonly workers: readonly Task[];
  /** Worker processes of each task. */
  readonly processes: number;
  /** What tasks of workers run. */
  readonly definition: TaskDefinition;
}

/** @returns undefined when the fleet has no master on Fargate that runs */
export async function findStandingTasks(aws: Aws, fleetId: string): Promise<StandingTasks | undefined> {
  const found = await task.find(aws, { fleetId });
  requireOwnVersion(fleetId, found);
  const own = found.filter(({ stays }) => stays === undefined);
  const master = own.find(({ part }) => part === 'master');
  if (!master) return undefined;
  const [described, definition] = await Promise.all([
    describeTasks(
      aws,
      own.map(({ id }) => id),
    ),
    definitionOfWorkers(aws, fleetId),
  ]);
  const masterTask = described.find((one) => idOfTask(one) === master.id);
  if (!masterTask) return undefined;
  const { command = [] } = definition.containerDefinitions?.[0] ?? {};
  const option = command.indexOf('--processes');
  return {
    fleetId,
    cluster: master.id.split('/')[0] ?? '',
    master: masterTask,
    tags: master.tags,
    facts: readFacts(fleetId, master.tags),
    workers: described
      .filter((one) => one !== masterTask && one.desiredStatus !== 'STOPPED')
      .sort((a, b) => startOf(a) - startOf(b) || idOfTask(a).localeCompare(idOfTask(b))),
    processes: option < 0 ? 1 : Number(command[option + 1]),
    definition,
  };
}

const startOf = ({ createdAt }: Task) => createdAt?.getTime() ?? 0;

/** The newest revision. */
async function definitionOfWorkers(aws: Aws, fleetId: string): Promise<TaskDefinition> {
  const family = nameOf(aws.fleet(fleetId), 'worker');
  const { taskDefinition } = await aws.ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: family }),
  );
  return taskDefinition ?? {};
}

/** Are its workers spare capacity? Those that have ended tell it where none is left. */
export async function isOfSpot(aws: Aws, { workers, cluster, definition }: StandingTasks): Promise<boolean> {
  const known =
    workers.length > 0 ? workers : await stoppedAmong(aws, cluster, { family: definition.family ?? '' });
  return known.some(({ capacityProviderName }) => capacityProviderName === 'FARGATE_SPOT');
}

/** Where its tasks are: another one is to be in the same subnets, with the same security groups. */
export async function networkOf(aws: Aws, { fleetId, master, workers }: StandingTasks) {
  const detailsOf = ({ attachments = [] }: Task) => attachments.flatMap(({ details = [] }) => details);
  const valueOf = (one: Task, key: string) => detailsOf(one).find(({ name }) => name === key)?.value;
  const id = valueOf(master, 'networkInterfaceId');
  const { NetworkInterfaces: [seen] = [] } =
    id === undefined
      ? {}
      : await aws.ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [id] }));
  const securityGroup = seen?.Groups?.[0]?.GroupId;
  const subnets = [...new Set([master, ...workers].flatMap((one) => valueOf(one, 'subnetId') ?? []))];
  const masterHost = valueOf(master, 'privateIPv4Address');
  if (securityGroup === undefined || subnets.length === 0 || masterHost === undefined) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `The task of the master of fleet ${fleetId} shows no network yet.`,
      { hint: 'Try again when its web UI answers.', retryable: true },
    );
  }
  return { securityGroup, subnets, masterHost, hasPublicAddress: seen?.Association?.PublicIp !== undefined };
}
