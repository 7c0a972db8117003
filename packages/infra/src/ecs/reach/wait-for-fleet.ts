import type { Service } from '@aws-sdk/client-ecs';
import { formatDuration, LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../../aws/clients.js';
import { containerInstances } from '../../aws/kinds/container-instance.js';
import { describeInstances } from '../../aws/kinds/instance.js';
import { describeService } from '../../aws/kinds/service.js';
import { poll } from '../../aws/poll.js';
import { Look } from '../../aws/reach/look.js';
import { blockedHint, type StartTime, type WaitForUi } from '../../aws/reach/wait-for-master.js';
import { adviceOn, adviceOnPlacement } from './advice.js';
import { describeTask, eventsOf, stoppedTasks } from './stopped-tasks.js';

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
 * @returns its certificate, if it has one
 * @throws LoadwrightError `PROVISIONING_FAILED` with what ECS says of tasks that cannot start; at once when a service has given up.
 */
export async function waitForUi(
  aws: Aws,
  fleet: StartingFleet,
  { way, time, onProgress, certificate: ask }: WaitForUi,
): Promise<string | undefined> {
  const look = new Look(ask);
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
  if (answered) return look.certificate;
  const [stopped, shown, service] = await Promise.all([
    stoppedTasks(aws, fleet.cluster, fleet.services.master),
    lookAt(aws, fleet),
    describeService(aws, fleet.services.master),
  ]);
  const isRegistered = shown.registered === fleet.machines.size;
  // A service of which a task runs has found a place.
  const events = service && isRegistered && !service.runningCount ? eventsOf(service) : [];
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    [
      `The master at ${way.url} did not answer within ${time.seconds} s: ${describeShown(fleet, shown)}.`,
      ...(ask && look.certificate === undefined ? [withoutCertificate] : []),
      ...stopped.map(describeTask),
      ...events,
    ].join('\n  '),
    {
      hint:
        adviceOn(stopped) ??
        adviceOnPlacement(events.join('\n')) ??
        (isRegistered ? `Allow more time with the option startTimeout; ${blockedHint}` : unregisteredHint),
      retryable: true,
    },
  );
}

/** Of an encrypted web UI that nobody has asked for anything yet. */
const withoutCertificate =
  'The machine of the master has not handed over the certificate of its web UI: its console output says why, and its role must allow ssm:PutParameter.';

/** Why a machine that runs is not in its cluster. */
export const unregisteredHint =
  'A machine takes some minutes: allow more time with the option startTimeout. Its subnet must lead to ECS and ECR (a public address with an internet gateway, or NAT), its image must have the agent of ECS, and the role in instanceProfile must allow what the agent does: see the permissions of the machine.';

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
