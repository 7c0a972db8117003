import { isLoadwrightError, type Finding } from '@loadwright/core/fleet';
import type { Environment } from '../../environment.js';
import { failed, problemOf } from '../../aws/check/finding.js';
import type { Aws } from '../../aws/clients.js';
import { nameOf } from '../../aws/fleet-identity.js';
import { idOfTask, tasksOf } from '../../aws/kinds/fargate/task.js';
import { adviceOn } from '../reach/advice.js';
import { networkFindings } from '../reach/network-findings.js';
import { describeTask, stoppedAmong } from '../reach/stopped-tasks.js';
import { machinesOf } from '../scale/standing-fleet.js';
import { fargateQuotas } from './quotas.js';
import { detailOf, findStandingTasks, isOfSpot, placesOf, type StandingTasks } from './standing-tasks.js';

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
  const [running, standing, ...stopped] = await Promise.all([
    tasksOf(aws, fleetId, cluster),
    standingTasks(aws, fleetId),
    ...parts.map(([role]) => stoppedAmong(aws, cluster, { family: nameOf(aws.fleet(fleetId), role) })),
  ]);
  const wanted = { master: 1, worker: standing && wantedTasks(standing) };
  const findings = parts.flatMap(([role, who], index) => {
    const family = nameOf(aws.fleet(fleetId), role);
    const own = running.filter(({ taskDefinitionArn = '' }) => taskDefinitionArn.includes(`/${family}:`));
    const ended = stopped[index] ?? [];
    if (own.length + ended.length === 0) return [];
    return [findingOn(`tasks of ${who}`, own, ended, wanted[role] ?? own.length)];
  });
  const [quotas, network] = await Promise.all([
    standing ? quotasOf(aws, standing) : [],
    networkOf(aws, { running, stopped: stopped.flat(), standing }, environment),
  ]);
  return [...findings, ...quotas, ...network];
}

/** @returns undefined also when its tags or definitions were changed: whoever opens the fleet reports that */
async function standingTasks(aws: Aws, fleetId: string): Promise<StandingTasks | undefined> {
  try {
    return await findStandingTasks(aws, fleetId);
  } catch (error) {
    aws.signal.throwIfAborted();
    problemOf(error);
    return undefined;
  }
}

/** Tasks of workers that the fleet is to have. */
function wantedTasks({ facts, processes }: StandingTasks): number {
  return Math.ceil(facts.workers / processes);
}

/** Could ECS start all tasks of the fleet? Asked only where some are missing. */
async function quotasOf(aws: Aws, standing: StandingTasks): Promise<readonly Finding[]> {
  const wanted = wantedTasks(standing);
  if (standing.workers.length >= wanted) return [];
  const vcpus = Number(standing.definition.cpu ?? 0) / 1024;
  return fargateQuotas(aws, { vcpus, machines: machinesOf(wanted, await isOfSpot(aws, standing)) });
}

interface SeenFleet {
  readonly running: Tasks;
  readonly stopped: Tasks;
  readonly standing: StandingTasks | undefined;
}

async function networkOf(
  aws: Aws,
  { running, stopped, standing }: SeenFleet,
  environment: Environment,
): Promise<readonly Finding[]> {
  const places = await placesOf(aws, running).catch(problemOf);
  aws.signal.throwIfAborted();
  if (isLoadwrightError(places)) return [{ subject: 'network', ...failed(places, 'unknown') }];
  const masterId = standing && idOfTask(standing.master);
  const nodes = [...places].map(([id, place]) => ({
    ...place,
    id,
    name: `${id === masterId ? 'master' : 'worker'} ${id.split('/').at(-1)}`,
  }));
  const ended = stopped.flatMap((one) => {
    const subnetId = detailOf(one, 'subnetId');
    const name = `${idOfTask(one).split('/').at(-1)}, which has ended`;
    return subnetId === undefined ? [] : [{ name, subnetId, hasPublicAddress: undefined }];
  });
  const master = nodes.find(({ id }) => id === masterId);
  const ui = standing && master && { ...master, ...standing.facts, mayBePrivate: true };
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
