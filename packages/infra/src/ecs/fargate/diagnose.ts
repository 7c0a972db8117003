import { isLoadwrightError, type Finding } from '@loadwright/core/fleet';
import type { Environment } from '../../environment.js';
import { failed, problemOf } from '../../aws/check/finding.js';
import type { Aws } from '../../aws/clients.js';
import { nameOf } from '../../aws/fleet-identity.js';
import { idOfTask, tasksOf } from '../../aws/kinds/fargate/task.js';
import { adviceOn } from '../reach/advice.js';
import { networkFindings } from '../reach/network-findings.js';
import { describeTask, stoppedAmong } from '../reach/stopped-tasks.js';
import { machinesOf } from '../scale/deployed-machines.js';
import { fargateQuotas } from './quotas.js';
import { detailOf, findDeployedTasks, isOfSpot, placesOf, type DeployedTasks } from './deployed-tasks.js';

const parts = [
  ['master', 'the master'],
  ['worker', 'the workers'],
] as const;

/**
 * Why a fleet on Fargate does not work, from what AWS knows of its tasks, of its network, and of the quota where tasks are missing.
 *
 * @returns nothing when it has no tasks, and had none within the last hour
 */
export async function diagnoseTasks(
  aws: Aws,
  fleetId: string,
  cluster: string,
  environment: Environment,
): Promise<readonly Finding[]> {
  const [running, deployed, ...stopped] = await Promise.all([
    tasksOf(aws, fleetId, cluster),
    deployedTasks(aws, fleetId),
    ...parts.map(([role]) => stoppedAmong(aws, cluster, { family: nameOf(aws.fleet(fleetId), role) })),
  ]);
  const wanted = { master: 1, worker: deployed && wantedTasks(deployed) };
  const findings = parts.flatMap(([role, who], index) => {
    const family = nameOf(aws.fleet(fleetId), role);
    const own = running.filter(({ taskDefinitionArn = '' }) => taskDefinitionArn.includes(`/${family}:`));
    const ended = stopped[index] ?? [];
    if (own.length + ended.length === 0) return [];
    return [findingOn(`tasks of ${who}`, own, ended, wanted[role] ?? own.length)];
  });
  const [quotas, network] = await Promise.all([
    deployed ? quotasOf(aws, deployed) : [],
    networkOf(aws, { running, stopped: stopped.flat(), deployed }, environment),
  ]);
  return [...findings, ...quotas, ...network];
}

/** @returns undefined also when its tags or definitions were changed: whoever opens the fleet reports that */
async function deployedTasks(aws: Aws, fleetId: string): Promise<DeployedTasks | undefined> {
  try {
    return await findDeployedTasks(aws, fleetId);
  } catch (error) {
    aws.signal.throwIfAborted();
    problemOf(error);
    return undefined;
  }
}

/** Tasks of workers that the fleet is to have. */
function wantedTasks({ facts, processes }: DeployedTasks): number {
  return Math.ceil(facts.workers / processes);
}

/** Could ECS start all tasks of the fleet? Asked only where some are missing. */
async function quotasOf(aws: Aws, deployed: DeployedTasks): Promise<readonly Finding[]> {
  const wanted = wantedTasks(deployed);
  if (deployed.workers.length >= wanted) return [];
  const vcpus = Number(deployed.definition.cpu ?? 0) / 1024;
  return fargateQuotas(aws, { vcpus, machines: machinesOf(wanted, await isOfSpot(aws, deployed)) });
}

interface SeenFleet {
  readonly running: Tasks;
  readonly stopped: Tasks;
  readonly deployed: DeployedTasks | undefined;
}

async function networkOf(
  aws: Aws,
  { running, stopped, deployed }: SeenFleet,
  environment: Environment,
): Promise<readonly Finding[]> {
  const places = await placesOf(aws, running).catch(problemOf);
  aws.signal.throwIfAborted();
  if (isLoadwrightError(places)) return [{ subject: 'network', ...failed(places, 'unknown') }];
  const masterId = deployed && idOfTask(deployed.master);
  const nodes = [...places].map(([id, place]) => ({
    ...place,
    id,
    isMaster: id === masterId,
    name: `${id === masterId ? 'master' : 'worker'} ${id.split('/').at(-1)}`,
  }));
  const ended = stopped.flatMap((one) => {
    const subnetId = detailOf(one, 'subnetId');
    const name = `${idOfTask(one).split('/').at(-1)}, which has ended`;
    return subnetId === undefined ? [] : [{ name, subnetId, hasPublicAddress: undefined }];
  });
  const master = nodes.find(({ id }) => id === masterId);
  const ui = deployed && master && { ...master, ...deployed.facts, mayBePrivate: true };
  return networkFindings(aws, [...nodes, ...ended], ui, environment);
}

type Tasks = Awaited<ReturnType<typeof tasksOf>>;

function findingOn(subject: string, own: Tasks, stopped: Tasks, wanted: number): Finding {
  const run = own.filter(({ lastStatus }) => lastStatus === 'RUNNING').length;
  const detail = `${run} of ${wanted} run`;
  if (stopped.length > 0 || own.length < wanted) {
    return {
      subject,
      state: 'problem',
      detail: `${detail}; others have ended, and nothing starts them again`,
      evidence: stopped.map(describeTask),
      remedy: adviceOn(stopped) ?? 'Deploy another fleet.',
      next: [{ action: 'deploy-fleet' }],
    };
  }
  if (run === own.length) return { subject, state: 'good', detail };
  return {
    subject,
    state: 'unknown',
    detail,
    remedy: 'A task fetches its image anew, which takes a minute or two.',
  };
}
