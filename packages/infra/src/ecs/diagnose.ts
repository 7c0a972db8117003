import type { Instance } from '@aws-sdk/client-ec2';
import type { ContainerInstance } from '@aws-sdk/client-ecs';
import { isLoadwrightError, LoadwrightError, type Finding } from '@loadwright/core/fleet';
import { partTag, readTags, tagKeys } from '../aws/fleet-identity.js';
import { readFacts, type FleetFacts } from '../aws/fleets/facts.js';
import { lookUpMachineType } from '../aws/account/machine.js';
import { findingOf } from '../aws/check/finding.js';
import { knownQuota } from '../aws/check/quota.js';
import type { Aws } from '../aws/clients.js';
import type { Environment } from '../environment.js';
import type { FoundResource } from '../aws/kind.js';
import { containerInstances } from '../aws/kinds/container-instance.js';
import { ecsPlaces } from '../aws/kinds/ecs-place.js';
import { describeFleet, instance } from '../aws/kinds/instance.js';
import { describeService, service } from '../aws/kinds/service.js';
import { diagnoseTasks } from './fargate/diagnose.js';
import { adviceOn, adviceOnPlacement } from './reach/advice.js';
import { networkFindings } from './reach/network-findings.js';
import { unregisteredHint } from './reach/wait-for-fleet.js';
import { describeTask, eventsOf, stoppedTasks } from './reach/stopped-tasks.js';
import { partOf, readCrew, type Crew } from './scale/crew.js';
import type { EcsFleetSettings } from './settings.js';

/**
 * Why a fleet does not work, from what AWS knows of its machines, agents and tasks, of its network, and of the quotas where
 * machines are missing.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when nothing of it is there to be explained.
 */
export async function diagnose(
  aws: Aws,
  fleetId: string,
  { startTimeoutSeconds, environment }: Pick<EcsFleetSettings, 'startTimeoutSeconds' | 'environment'>,
): Promise<readonly Finding[]> {
  const [machines, described, services, [place]] = await Promise.all([
    instance.find(aws, { fleetId }),
    describeFleet(aws, fleetId),
    service.find(aws, { fleetId }),
    ecsPlaces(aws, { fleetId }),
  ]);
  const own = machines.filter(({ stays }) => stays === undefined);
  if (own.length === 0 && services.length === 0) {
    const ofTasks = await diagnoseTasks(aws, fleetId, place?.cluster ?? '', environment);
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
  const told = readMaster(fleetId, own);
  const missing = missingParts(own, told);
  const network = networkOf(aws, described, told, environment);
  network.catch(() => {});
  const findings = await Promise.all([
    findingOf(
      aws,
      'machines',
      registered.then((all) => machinesFinding(own, all, { missing, lacking })),
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
    ...(told && missing.length > 0
      ? [quotaFinding(aws, described[0]?.InstanceType ?? '', told, missing.length)]
      : []),
  ]);
  return [...findings, ...(await network)];
}

/** What the machine of the master tells of its fleet. */
interface Told {
  readonly facts: FleetFacts;
  readonly crew: Crew;
}

/** @returns undefined without a master, or when somebody has changed its tags: whoever opens the fleet reports that */
function readMaster(fleetId: string, machines: readonly FoundResource[]): Told | undefined {
  const tags = machines.find(({ part }) => part === 'master')?.tags;
  try {
    return tags && { facts: readFacts(fleetId, tags), crew: readCrew(fleetId, tags) };
  } catch (error) {
    if (!isLoadwrightError(error)) throw error;
    return undefined;
  }
}

/** The parts of which there is no machine; those of workers that are to be only the master tells. */
function missingParts(machines: readonly FoundResource[], told: Told | undefined): string[] {
  const present = new Set(machines.map(({ part }) => part));
  const wanted = ['master', ...(told?.crew.numbers.map(partOf) ?? [])];
  return wanted.filter((part) => !present.has(part));
}

/** Would EC2 give so many machines like those that there are? */
function quotaFinding(aws: Aws, instanceType: string, { crew: { spot } }: Told, machines: number) {
  const type = lookUpMachineType(aws, instanceType).then((found) => ({ instanceType: found }));
  return knownQuota(aws, { instanceType, spot, machines }, type);
}

function networkOf(
  aws: Aws,
  described: readonly Instance[],
  told: Told | undefined,
  environment: Environment,
): Promise<readonly Finding[]> {
  const nodes = described.flatMap((one) => {
    const { InstanceId, SubnetId: subnetId = '', PrivateIpAddress: address, PublicIpAddress, Tags } = one;
    const part = readTags(Tags)[partTag];
    const groups = (one.NetworkInterfaces ?? []).flatMap(({ Groups = [] }) => Groups);
    const securityGroups = groups.flatMap(({ GroupId }) => GroupId ?? []);
    const hasPublicAddress = PublicIpAddress !== undefined;
    const isMaster = part === 'master';
    const name = `${part} ${InstanceId}`;
    const node = { name, isMaster, address, subnetId, hasPublicAddress, securityGroups };
    // By the time that it runs, EC2 has given it its address.
    return one.State?.Name === 'running' ? [node] : [];
  });
  const master = nodes.find(({ isMaster }) => isMaster);
  const ui = master && told && { ...master, ...told.facts, mayBePrivate: false };
  return networkFindings(aws, nodes, ui, environment);
}

type Found = string | Omit<Finding, 'subject'>;

/** What is not there, or not there yet. */
type Lacking = 'unknown' | 'problem';

function machinesFinding(
  machines: readonly FoundResource[],
  registered: readonly ContainerInstance[],
  { missing, lacking }: { readonly missing: readonly string[]; readonly lacking: Lacking },
): Found {
  const ids = new Set(registered.map(({ ec2InstanceId }) => ec2InstanceId));
  const silent = machines.filter(({ id }) => !ids.has(id));
  if (machines.length === 0) {
    return {
      state: 'problem',
      detail: 'there are none: they have ended',
      remedy: 'Deploy another fleet.',
      next: [{ action: 'deploy-fleet' }],
    };
  }
  if (silent.length + missing.length === 0) return `all ${machines.length} have registered`;
  const evidence = [
    ...silent.map(({ id, part = '', state = '' }) => `${part} ${id}: ${state}`),
    ...missing.map((part) => `${part}: there is no machine`),
  ];
  const all = machines.length + missing.length;
  if (silent.length === 0) {
    return {
      state: lacking,
      detail: `${missing.length} of ${all} have ended`,
      evidence,
      remedy: missing.includes('master')
        ? 'Deploy another fleet.'
        : 'Scale the fleet to the number of workers that it is to have: it gets other machines.',
    };
  }
  return {
    state: lacking,
    detail: `${silent.length + missing.length} of ${all} have not registered with the cluster`,
    evidence,
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
