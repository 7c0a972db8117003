import type { ContainerInstance } from '@aws-sdk/client-ecs';
import { LoadwrightError, type Finding } from '@loadwright/core/fleet';
import type { SharedSettings } from '../aws/fleet-settings.js';
import { tagKeys } from '../aws/fleet-identity.js';
import { findingOf } from '../aws/check/finding.js';
import type { Aws } from '../aws/clients.js';
import type { FoundResource } from '../aws/kind.js';
import { containerInstances } from '../aws/kinds/container-instance.js';
import { ecsPlaces } from '../aws/kinds/ecs-place.js';
import { instance } from '../aws/kinds/instance.js';
import { describeService, service } from '../aws/kinds/service.js';
import { diagnoseTasks } from './fargate/diagnose.js';
import { adviceOn, adviceOnPlacement } from './reach/advice.js';
import { unregisteredHint } from './reach/wait-for-fleet.js';
import { describeTask, eventsOf, stoppedTasks } from './reach/stopped-tasks.js';

/**
 * Why a fleet does not work, from what ECS knows of its machines, agents and tasks.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when nothing of it is there to be explained.
 */
export async function diagnose(
  aws: Aws,
  fleetId: string,
  { startTimeoutSeconds }: Pick<SharedSettings, 'startTimeoutSeconds'>,
): Promise<readonly Finding[]> {
  const [machines, services, [place]] = await Promise.all([
    instance.find(aws, { fleetId }),
    service.find(aws, { fleetId }),
    ecsPlaces(aws, { fleetId }),
  ]);
  const own = machines.filter(({ stays }) => stays === undefined);
  if (own.length === 0 && services.length === 0) {
    const ofTasks = await diagnoseTasks(aws, fleetId, place?.cluster ?? '');
    if (ofTasks.length > 0) return ofTasks;
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `There is nothing of fleet ${fleetId} in ${aws.settings.region} that runs.`,
      {
        hint: 'List those that there are. A fleet of another region is found with the option region.',
        next: [{ action: 'list-fleets' }],
      },
    );
  }
  const times = own.map(({ tags }) => Date.parse(tags[tagKeys.createdAt] ?? '') || 0);
  const since = times.length === 0 ? 0 : Math.min(...times);
  // What takes its time is no problem yet.
  const lacking = Date.now() - since < startTimeoutSeconds * 1000 ? 'unknown' : 'problem';
  const registered = containerInstances(aws, place?.cluster ?? '');
  registered.catch(() => {});
  return Promise.all([
    findingOf(
      aws,
      'machines',
      registered.then((all) => machinesFinding(own, all, lacking)),
      'unknown',
    ),
    findingOf(
      aws,
      'agents',
      registered.then((all) => agentsFinding(own, all)),
      'unknown',
    ),
    ...(['master', 'worker'] as const).map((part) =>
      findingOf(
        aws,
        `tasks of the ${part === 'master' ? 'master' : 'workers'}`,
        tasksFinding(
          aws,
          services.find((one) => one.part === part),
          lacking,
        ),
        'unknown',
      ),
    ),
  ]);
}

type Found = string | Omit<Finding, 'subject'>;

/** What is not there, or not there yet. */
type Lacking = 'unknown' | 'problem';

function machinesFinding(
  machines: readonly FoundResource[],
  registered: readonly ContainerInstance[],
  lacking: Lacking,
): Found {
  const ids = new Set(registered.map(({ ec2InstanceId }) => ec2InstanceId));
  const missing = machines.filter(({ id }) => !ids.has(id));
  if (machines.length === 0) {
    return {
      state: 'problem',
      detail: 'there are none: they have ended',
      remedy: 'Deploy another fleet.',
      next: [{ action: 'deploy-fleet' }],
    };
  }
  if (missing.length === 0) return `all ${machines.length} have registered`;
  return {
    state: lacking,
    detail: `${missing.length} of ${machines.length} have not registered with the cluster`,
    evidence: missing.map(({ id, part = '', state = '' }) => `${part} ${id}: ${state}`),
    remedy: unregisteredHint,
    next: [{ action: 'show-permissions', of: 'machine' }],
  };
}

function agentsFinding(machines: readonly FoundResource[], registered: readonly ContainerInstance[]): Found {
  const ids = new Map(machines.map(({ id, part = '' }) => [id, part]));
  const own = registered.filter(({ ec2InstanceId = '' }) => ids.has(ec2InstanceId));
  const lost = own.filter(({ agentConnected, status }) => agentConnected !== true || status !== 'ACTIVE');
  if (lost.length === 0) return `all ${own.length} are connected`;
  return {
    state: 'problem',
    detail: `${lost.length} of ${own.length} are not connected, or take no tasks`,
    evidence: lost.map(
      ({ ec2InstanceId = '', status = '', agentConnected }) =>
        `${ids.get(ec2InstanceId)} ${ec2InstanceId}: ${status}, agent ${agentConnected ? 'connected' : 'not connected'}`,
    ),
    remedy:
      'ECS does not start their tasks elsewhere. Look at /var/log/ecs/ecs-agent.log through Session Manager, or deploy another fleet.',
  };
}

async function tasksFinding(aws: Aws, found: FoundResource | undefined, lacking: Lacking): Promise<Found> {
  const described = found && (await describeService(aws, found.id));
  if (!found || !described) {
    return {
      state: lacking,
      detail: 'there is no service for them',
      remedy: 'Its deployment broke off, or somebody removed it: remove the fleet.',
      next: [{ action: 'list-fleets' }],
    };
  }
  const { runningCount = 0, desiredCount = 0 } = described;
  const [cluster = ''] = found.id.split('/');
  const stopped = await stoppedTasks(aws, cluster, found.id);
  const evidence = [...stopped.map(describeTask), ...eventsOf(described)];
  const failed = described.deployments?.find(({ rolloutState }) => rolloutState === 'FAILED');
  if (!failed && runningCount > 0 && runningCount >= desiredCount)
    return `${runningCount} of ${desiredCount} run`;
  const remedy =
    adviceOn(stopped) ??
    adviceOnPlacement(evidence.join('\n')) ??
    'No machine of that role has registered yet, or none has a place: see the machines.';
  return {
    state: failed || stopped.length > 0 ? 'problem' : lacking,
    detail: `${runningCount} of ${desiredCount} run${failed ? `, and ECS gave up: ${failed.rolloutStateReason}` : ''}`,
    evidence,
    remedy,
  };
}
