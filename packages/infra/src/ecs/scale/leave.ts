import { UpdateContainerInstancesStateCommand } from '@aws-sdk/client-ecs';
import { all } from '../../aws/all.js';
import type { Aws } from '../../aws/clients.js';
import { nameOf } from '../../aws/fleet-identity.js';
import type { Journal } from '../../aws/journal.js';
import { containerInstances } from '../../aws/kinds/container-instance.js';
import { describeTasks, idOfTask, tasksOfFamily } from '../../aws/kinds/fargate/task.js';
import { endInstance, instance } from '../../aws/kinds/instance.js';
import { schedule } from '../../aws/kinds/schedule.js';
import { poll } from '../../aws/poll.js';
import { stopSeconds } from '../deploy/task-definitions.js';

/** The most that one call takes. */
const drainedAtOnce = 10;

/** A machine that is to end. */
export interface Leaving {
  readonly part: string;
  /** Id of the machine. Absent: it has ended already. */
  readonly id?: string | undefined;
}

/**
 * Has workers leave their master, then ends their machines. ECS stops the tasks of a machine that drains: the workers
 * hear it, and have the time of their task to end.
 */
export async function endMachines(
  aws: Aws,
  { fleetId, cluster }: { readonly fleetId: string; readonly cluster: string },
  leaving: readonly Leaving[],
  journal: Journal,
): Promise<void> {
  if (leaving.length === 0) return;
  await drain(aws, { fleetId, cluster }, new Set(leaving.flatMap(({ id }) => id ?? [])));
  await all(
    leaving.map(async ({ part, id }) => {
      if (id !== undefined) await endInstance(aws, id);
      await all([
        journal.removed({ kind: instance.name, part }),
        // It would end what has ended.
        schedule.destroy(aws, nameOf(aws.fleet(fleetId), part)),
      ]);
      await journal.removed({ kind: schedule.name, part });
    }),
  );
}

/**
 * One that has not registered runs no worker. One of which ECS hears nothing does not say when its worker has left. The machines'
 * own counts leave out a task as soon as it is to stop, while its worker still waits for answers.
 */
async function drain(
  aws: Aws,
  { fleetId, cluster }: { readonly fleetId: string; readonly cluster: string },
  ids: ReadonlySet<string>,
): Promise<void> {
  if (ids.size === 0) return;
  const arns = (await containerInstances(aws, cluster))
    .filter(({ ec2InstanceId = '', agentConnected }) => ids.has(ec2InstanceId) && agentConnected === true)
    .map(({ containerInstanceArn = '' }) => containerInstanceArn);
  if (arns.length === 0) return;
  const tasks = (await tasksOfFamily(aws, cluster, nameOf(aws.fleet(fleetId), 'worker')))
    .filter(({ containerInstanceArn = '' }) => arns.includes(containerInstanceArn))
    .map(idOfTask);
  const batches = Array.from({ length: Math.ceil(arns.length / drainedAtOnce) }, (_, index) =>
    arns.slice(index * drainedAtOnce, (index + 1) * drainedAtOnce),
  );
  await all(
    batches.map((batch) =>
      aws.ecs.send(
        new UpdateContainerInstancesStateCommand({
          cluster,
          containerInstances: batch,
          status: 'DRAINING',
        }),
      ),
    ),
  );
  if (tasks.length === 0) return;
  // A worker has half of it to end, and ECS the other half to ask it to and to hear of it. Of a machine that falls silent meanwhile
  // it is waited for in full: its agent may only be changing its connection, as it does several times an hour
  // (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_container_instance_events.html), and its worker may be handing
  // over its last figures. Ended sooner, it would be lost, and the load with it; as it is, the change takes a minute longer.
  const limit = 2 * stopSeconds * 1000;
  await poll(aws, limit, async () => {
    const found = await describeTasks(aws, tasks);
    return found.every(({ lastStatus }) => lastStatus === 'STOPPED') ? true : undefined;
  });
}
