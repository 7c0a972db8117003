import { DescribeTasksCommand, ListTasksCommand, type Service, type Task } from '@aws-sdk/client-ecs';
import type { Aws } from '../../aws/clients.js';
import { unlessAbsent } from '../../aws/service-error.js';

/** The most tasks that are named, and the newest events of a service. */
const shown = 3;

/** Tasks of a service that have stopped, the newest first; ECS keeps them for an hour. */
export async function stoppedTasks(aws: Aws, cluster: string, service: string): Promise<Task[]> {
  return stoppedAmong(aws, cluster, { serviceName: service.slice(service.lastIndexOf('/') + 1) });
}

/** The same of whatever runs a definition. */
export async function stoppedAmong(
  aws: Aws,
  cluster: string,
  which: { readonly serviceName: string } | { readonly family: string },
): Promise<Task[]> {
  const list = new ListTasksCommand({ cluster, ...which, desiredStatus: 'STOPPED' });
  const { taskArns = [] } = (await unlessAbsent(aws.ecs.send(list))) ?? {};
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await aws.ecs.send(
    new DescribeTasksCommand({ cluster, tasks: taskArns.slice(0, 100) }),
  );
  return tasks.sort((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0)).slice(0, shown);
}

/** Why a task stopped, in the words of ECS. */
export function describeTask(task: Task): string {
  const container = task.containers?.[0];
  const code = container?.exitCode === undefined ? '' : ` (exit code ${container.exitCode})`;
  const reason = [task.stoppedReason, container?.reason].filter(Boolean).join(': ');
  return `${task.stopCode ?? 'a task stopped'}: ${reason || 'ECS gives no reason'}${code}`;
}

/** What ECS last said of a service. */
export function eventsOf({ events = [] }: Service): string[] {
  return events.slice(0, shown).flatMap(({ message }) => message ?? []);
}
