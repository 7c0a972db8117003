import { DescribeTasksCommand, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import type { Aws } from '../../aws/clients.js';
import { unlessAbsent } from '../../aws/service-error.js';

/** The most that are told. */
const shown = 3;

/** Tasks of a service that have stopped, the newest first; ECS keeps them for an hour. */
export async function stoppedTasks(aws: Aws, cluster: string, service: string): Promise<Task[]> {
  const serviceName = service.slice(service.lastIndexOf('/') + 1);
  const list = new ListTasksCommand({ cluster, serviceName, desiredStatus: 'STOPPED' });
  const { taskArns = [] } = (await unlessAbsent(aws.ecs.send(list))) ?? {};
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await aws.ecs.send(
    new DescribeTasksCommand({ cluster, tasks: taskArns.slice(0, 100) }),
  );
  return tasks.sort((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0)).slice(0, shown);
}

/**
 * What ECS says of a task that ended, and what to do about it:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /no matching manifest|descriptor matching platform|exec format error/i,
    'The image is for another processor than the machines have: choose an instanceType of its architecture, or another containerImage.',
  ],
  [
    /CannotPull(Container|ECRContainer)Error/,
    'The machines cannot fetch the image: their role must allow ecr:BatchGetImage on the repository, and their subnet must lead to ECR.',
  ],
  [
    /ResourceInitializationError/,
    'The secrets or the logs cannot be reached: the execution role must allow ssm:GetParameters, the subnet must lead to the Parameter Store and CloudWatch.',
  ],
  [
    /OutOfMemory|exit code 137/i,
    'A container had too little memory: choose a larger instanceType, fewer workers a machine, or fewer payloads.',
  ],
  [
    /unable to assume the role/i,
    'AWS does not know the role of the task yet, or its trust policy lacks ecs-tasks.amazonaws.com: try again.',
  ],
  [
    /CannotStartContainerError/,
    'Docker could not start the container: see the reason, and the logs of the fleet.',
  ],
  [/Essential container .*exited/, 'Locust ended by itself: the last lines of its log say why.'],
];

/** The remedy for the first of them that has one. */
export function adviceOn(tasks: readonly Task[]): string | undefined {
  for (const { stoppedReason = '', containers = [] } of tasks) {
    const codes = containers.map(({ reason = '', exitCode }) => `${reason} exit code ${exitCode}`).join(' ');
    const found = advice.find(([pattern]) => pattern.test(`${stoppedReason} ${codes}`));
    if (found) return found[1];
  }
  return undefined;
}

/** Why a task stopped, in the words of ECS. */
export function describeTask(task: Task): string {
  const container = task.containers?.[0];
  const code = container?.exitCode === undefined ? '' : ` (exit code ${container.exitCode})`;
  const reason = [task.stoppedReason, container?.reason].filter(Boolean).join(': ');
  return `${task.stopCode ?? 'a task stopped'}: ${reason || 'ECS gives no reason'}${code}`;
}
