import type { Service } from '@aws-sdk/client-ecs';
import { formatDuration, LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../../aws/clients.js';
import { containerInstances } from '../../aws/kinds/container-instance.js';
import { describeInstances } from '../../aws/kinds/instance.js';
import { describeService } from '../../aws/kinds/service.js';
import { poll } from '../../aws/poll.js';
import { Look } from '../../aws/reach/look.js';
import type { WayToUi } from '../../aws/reach/port-forward.js';
import { blockedHint, type StartTime } from '../../aws/reach/wait-for-master.js';
import { adviceOn, describeTask, stoppedTasks } from './stopped-tasks.js';

/** A fleet that is being made. */
export interface StartingFleet {
  /** Ids of its machines by their parts. */
  readonly machines: ReadonlyMap<string, string>;
  readonly cluster: string;
  readonly services: { readonly master: string; readonly worker: string };
}

/** What the services and machines of a fleet show. */
interface Shown {
  readonly registered: number;
  readonly running: number;
}

/**
 * Waits until the machine of the master runs: by then EC2 has given it its address.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when a machine ends instead, or it takes too long.
 */
export async function waitForMachines(
  aws: Aws,
  { machines }: Pick<StartingFleet, 'machines'>,
  time: StartTime,
): Promise<{ readonly id: string; readonly publicAddress: string | undefined }> {
  const id = machines.get('master') ?? '';
  const master = await poll(aws, time.left, async () => {
    const found = await requireAlive(aws, machines);
    const own = found.find(({ InstanceId }) => InstanceId === id);
    return own?.State?.Name === 'running' ? { id, publicAddress: own.PublicIpAddress } : undefined;
  });
  if (master) return master;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The machine ${id} of the master did not run within ${time.seconds} s.`,
    { hint: 'Try again, in other subnets if it happens again.', retryable: true },
  );
}

/**
 * Waits until the web UI answers.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` with what ECS says of tasks that cannot start; at once when a service has given up.
 */
export async function waitForUi(
  aws: Aws,
  fleet: StartingFleet,
  {
    way,
    time,
    onProgress,
  }: { readonly way: WayToUi; readonly time: StartTime; readonly onProgress: (message: string) => void },
): Promise<void> {
  const look = new Look();
  let said = '';
  const answered = await poll(aws, time.left, async () => {
    const [seen, shown] = await Promise.all([look.at(way.url, aws.signal), lookAt(aws, fleet)]);
    if (seen) return true;
    const problem = way.problem();
    if (problem !== undefined) throw new LoadwrightError('PROVISIONING_FAILED', problem, { retryable: true });
    const line = describeShown(fleet, shown);
    if (line !== said) onProgress(`${line} after ${formatDuration(time.elapsed)}`);
    said = line;
    return undefined;
  });
  if (answered) return;
  const stopped = await stoppedTasks(aws, fleet.cluster, fleet.services.master);
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    [
      `The master at ${way.url} did not answer within ${time.seconds} s: ${said}.`,
      ...stopped.map(describeTask),
    ].join('\n  '),
    {
      hint:
        adviceOn(stopped) ??
        `Allow more time with the option startTimeout. Machines register only with a way to the internet; ${blockedHint}`,
      retryable: true,
    },
  );
}

async function lookAt(aws: Aws, { machines, cluster, services }: StartingFleet): Promise<Shown> {
  const [, registered, ...found] = await Promise.all([
    requireAlive(aws, machines),
    containerInstances(aws, cluster),
    describeService(aws, services.master),
    describeService(aws, services.worker),
  ]);
  const ids = new Set(machines.values());
  for (const service of found) await requireNotFailed(aws, cluster, service);
  return {
    registered: registered.filter(({ ec2InstanceId = '' }) => ids.has(ec2InstanceId)).length,
    running: found.reduce((sum, one) => sum + (one?.runningCount ?? 0), 0),
  };
}

function describeShown({ machines }: StartingFleet, { registered, running }: Shown): string {
  return `${registered} of ${machines.size} machines have registered, ${running} of ${machines.size} tasks run`;
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when a machine has ended. */
async function requireAlive(aws: Aws, machines: ReadonlyMap<string, string>) {
  const found = await describeInstances(aws, [...machines.values()]);
  const ended = found.find(({ State }) =>
    ['shutting-down', 'terminated', 'stopping', 'stopped'].includes(State?.Name ?? ''),
  );
  if (!ended) return found;
  const part = [...machines].find(([, id]) => id === ended.InstanceId)?.[0];
  const reason = ended.StateReason?.Message ?? ended.StateTransitionReason ?? 'EC2 gives no reason';
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The machine ${ended.InstanceId} (${part}) ended while the fleet was started: ${reason}.`,
    {
      hint: 'A spot machine may be taken away at any time; an encrypted volume needs a key that you may use.',
      retryable: true,
    },
  );
}

/** The circuit breaker ends a deployment of which no task starts. */
async function requireNotFailed(aws: Aws, cluster: string, service: Service | undefined): Promise<void> {
  const failed = service?.deployments?.find(({ rolloutState }) => rolloutState === 'FAILED');
  if (!service || !failed) return;
  const stopped = await stoppedTasks(aws, cluster, `${cluster}/${service.serviceName}`);
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    [
      `ECS gave up on ${service.serviceName}: ${failed.rolloutStateReason ?? 'it gives no reason'}`,
      ...stopped.map(describeTask),
    ].join('\n  '),
    { hint: adviceOn(stopped) ?? 'Read the events of the service in the console of ECS.' },
  );
}
