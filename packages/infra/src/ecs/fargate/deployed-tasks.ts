import { DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2';
import { DescribeTaskDefinitionCommand, type Task, type TaskDefinition } from '@aws-sdk/client-ecs';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../../aws/clients.js';
import { nameOf } from '../../aws/fleet-identity.js';
import { requireOwnVersion } from '../../aws/fleets/existing.js';
import { readFacts, type FleetFacts } from '../../aws/fleets/facts.js';
import { describeTasks, idOfTask, task } from '../../aws/kinds/fargate/task.js';
import { unlessAbsent } from '../../aws/service-error.js';
import { stoppedAmong } from '../reach/stopped-tasks.js';

/** Network interfaces that one call describes. */
const describedAtOnce = 100;

/** A fleet on Fargate that was deployed, as its tasks show it. */
export interface DeployedTasks {
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
export async function findDeployedTasks(aws: Aws, fleetId: string): Promise<DeployedTasks | undefined> {
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
export async function isOfSpot(aws: Aws, { workers, cluster, definition }: DeployedTasks): Promise<boolean> {
  const known =
    workers.length > 0 ? workers : await stoppedAmong(aws, cluster, { family: definition.family ?? '' });
  return known.some(({ capacityProviderName }) => capacityProviderName === 'FARGATE_SPOT');
}

/** Where a task is in the network. */
export interface TaskPlace {
  readonly subnetId: string;
  readonly hasPublicAddress: boolean;
  readonly address: string | undefined;
  readonly securityGroups: readonly string[];
}

/** Where tasks are, by their ids; one that has no network interface yet is left out. */
export async function placesOf(aws: Aws, tasks: readonly Task[]): Promise<ReadonlyMap<string, TaskPlace>> {
  const interfaces = new Map(
    tasks.flatMap((one) => {
      const id = detailOf(one, 'networkInterfaceId');
      return id === undefined ? [] : [[id, idOfTask(one)] as const];
    }),
  );
  const ids = [...interfaces.keys()];
  const places = new Map<string, TaskPlace>();
  for (let from = 0; from < ids.length; from += describedAtOnce) {
    const NetworkInterfaceIds = ids.slice(from, from + describedAtOnce);
    const command = new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds });
    for (const found of (await unlessAbsent(aws.ec2.send(command)))?.NetworkInterfaces ?? []) {
      places.set(interfaces.get(found.NetworkInterfaceId ?? '') ?? '', {
        subnetId: found.SubnetId ?? '',
        hasPublicAddress: found.Association?.PublicIp !== undefined,
        address: found.PrivateIpAddress,
        securityGroups: (found.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
      });
    }
  }
  return places;
}

/** What ECS says of a task's network interface: `subnetId`, `privateIPv4Address` … */
export function detailOf({ attachments = [] }: Task, key: string): string | undefined {
  return attachments.flatMap(({ details = [] }) => details).find(({ name }) => name === key)?.value;
}

/** Where its tasks are: another one is to be in the same subnets, with the same security groups. */
export async function networkOf(aws: Aws, { fleetId, master, workers }: DeployedTasks) {
  const id = detailOf(master, 'networkInterfaceId');
  const { NetworkInterfaces: [seen] = [] } =
    id === undefined
      ? {}
      : await aws.ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [id] }));
  const securityGroup = seen?.Groups?.[0]?.GroupId;
  const subnets = [...new Set([master, ...workers].flatMap((one) => detailOf(one, 'subnetId') ?? []))];
  const masterHost = detailOf(master, 'privateIPv4Address');
  if (securityGroup === undefined || subnets.length === 0 || masterHost === undefined) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `The task of the master of fleet ${fleetId} shows no network yet.`,
      { hint: 'Try again when its web UI answers.', retryable: true },
    );
  }
  return { securityGroup, subnets, masterHost, hasPublicAddress: seen?.Association?.PublicIp !== undefined };
}
