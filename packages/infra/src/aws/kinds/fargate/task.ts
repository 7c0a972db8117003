import {
  DescribeTasksCommand,
  paginateListTasks,
  StopTaskCommand,
  type ListTasksCommandInput,
  type Task,
} from '@aws-sdk/client-ecs';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../../clients.js';
import { nameOf } from '../../fleet-identity.js';
import type { FoundResource, Kind } from '../../kind.js';
import { poll } from '../../poll.js';
import { isAbsent, unlessAbsent } from '../../service-error.js';
import { together } from '../../together.js';
import { byCluster, ecsPlaces } from '../ecs-place.js';
import { taggedResource } from '../tagged.js';

/** The most tasks that one call describes. */
const describedAtOnce = 100;

/** Why a task is stopped: `doctor` and the console show it. */
export const removalReason = 'Loadwright removes it';

/**
 * A task that no service keeps: it runs on Fargate, and what has ended stays so. Its id is `cluster/id`. ECS forgets one an hour
 * after its end.
 */
export const task: Kind = {
  name: 'task',

  async find(aws, scope) {
    const places = await ecsPlaces(aws, scope);
    const found = await Promise.all(
      places.map(async ({ fleetId, cluster }) =>
        (await tasksOf(aws, fleetId, cluster)).flatMap((one) =>
          toResources(aws, one).filter((resource) => resource.fleetId === fleetId),
        ),
      ),
    );
    return found.flat();
  },

  async exists(aws, id) {
    const found = await describeOne(aws, id);
    return found !== undefined && found.lastStatus !== 'STOPPED';
  },

  async wasSeen(aws, id) {
    return (await describeOne(aws, id)) !== undefined;
  },

  /** Locust has its stop time-out to end. */
  async destroy(aws, id) {
    const { removal } = aws.settings.pace;
    const [cluster, own] = split(id);
    let isAsked = false;
    const ended = await poll(aws, 'removal', async () => {
      if (!(await this.exists(aws, id))) return true;
      if (!isAsked) await aws.ecs.send(new StopTaskCommand({ cluster, task: own, reason: removalReason }));
      isAsked = true;
      return undefined;
    });
    if (ended) return;
    throw new LoadwrightError('RESOURCES_REMAIN', `the task ${id} has not ended after ${removal / 1000} s`, {
      retryable: true,
    });
  },
};

/** When the last task of a fleet was started, of those that run. */
export async function lastStart(aws: Aws, fleetId: string): Promise<Date | undefined> {
  const places = await ecsPlaces(aws, { fleetId });
  const found = await Promise.all(places.map(({ cluster }) => tasksOf(aws, fleetId, cluster)));
  const times = found.flat().flatMap(({ createdAt }) => createdAt ?? []);
  return times.sort((a, b) => b.getTime() - a.getTime())[0];
}

/** What a fleet's tasks are started by: a service has a name of its own there. */
export function startedBy(aws: Aws, fleetId: string): string {
  return nameOf(aws.fleet(fleetId));
}

/** Tasks by their ids, all of one cluster; those that ECS does not know are left out. */
export async function describeTasks(aws: Aws, ids: readonly string[]): Promise<Task[]> {
  const [cluster] = split(ids[0] ?? '');
  const found: Task[] = [];
  for (let from = 0; from < ids.length; from += describedAtOnce) {
    const command = new DescribeTasksCommand({
      cluster,
      tasks: ids.slice(from, from + describedAtOnce).map((id) => split(id)[1]),
      include: ['TAGS'],
    });
    found.push(...((await unlessAbsent(aws.ecs.send(command)))?.tasks ?? []));
  }
  return found;
}

const describeOne = together(describedAtOnce, async (aws, ids) => {
  const found = await Promise.all(
    byCluster(ids).map(([cluster, own]) =>
      describeTasks(
        aws,
        own.map((id) => `${cluster}/${id}`),
      ),
    ),
  );
  return new Map(found.flat().map((one) => [idOfTask(one), one]));
});

/** `cluster/id` */
export function idOfTask({ taskArn = '' }: Task): string {
  return taskArn.split('/').slice(-2).join('/');
}

/** In words that EC2 has for its machines, so that fleets of both are described alike. */
function stateOf({ lastStatus = '' }: Task): string {
  if (lastStatus === 'RUNNING') return 'running';
  return ['DEACTIVATING', 'STOPPING', 'DEPROVISIONING'].includes(lastStatus) ? 'shutting-down' : 'pending';
}

function toResources(aws: Aws, found: Task): FoundResource[] {
  if (found.lastStatus === 'STOPPED') return [];
  return taggedResource(aws, found.tags).map((own) => ({
    ...own,
    kind: task.name,
    id: idOfTask(found),
    state: stateOf(found),
  }));
}

/** The tasks of a fleet that are to run and that no service keeps; none where there is no cluster. */
export async function tasksOf(aws: Aws, fleetId: string, cluster: string): Promise<Task[]> {
  return listTasks(aws, { cluster, startedBy: startedBy(aws, fleetId) });
}

/** The tasks of a definition that are to run, whoever keeps them; none where there is no cluster. */
export async function tasksOfFamily(aws: Aws, cluster: string, family: string): Promise<Task[]> {
  return listTasks(aws, { cluster, family });
}

async function listTasks(
  aws: Aws,
  wish: Pick<ListTasksCommandInput, 'cluster' | 'startedBy' | 'family'>,
): Promise<Task[]> {
  const ids: string[] = [];
  try {
    for await (const { taskArns = [] } of paginateListTasks({ client: aws.ecs }, wish)) {
      ids.push(...taskArns.map((taskArn) => idOfTask({ taskArn })));
    }
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
  return ids.length === 0 ? [] : describeTasks(aws, ids);
}

function split(id: string): [cluster: string, id: string] {
  const [cluster = '', own = ''] = id.split('/');
  return [cluster, own];
}
