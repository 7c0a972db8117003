import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import {
  type FleetHandle,
  type FleetScaling,
  type ScaleOptions,
  type ScalePlan,
} from '@loadwright/core/fleet';
import { accountProblem } from '../../aws/account/problem.js';
import { lookUpAccount, type Account } from '../../aws/account/account.js';
import { all } from '../../aws/all.js';
import { knownQuota, requireQuota } from '../../aws/check/quota.js';
import type { Aws } from '../../aws/clients.js';
import { scheduleEnd } from '../../aws/deploy/end-from-outside.js';
import { readSecrets } from '../../aws/deploy/login.js';
import { ensure, stepOf, type Step } from '../../aws/ensure.js';
import { readTags } from '../../aws/fleet-identity.js';
import { withAws } from '../../aws/fleets/existing.js';
import { workersTag } from '../../aws/fleets/facts.js';
import { changingAlone, Journal } from '../../aws/journal.js';
import { containerInstances } from '../../aws/kinds/container-instance.js';
import { ecsPlaces } from '../../aws/kinds/ecs-place.js';
import { describeInstance, instance } from '../../aws/kinds/instance.js';
import { parameters } from '../../aws/kinds/parameters.js';
import { endRole } from '../../aws/kinds/role.js';
import { roleArn } from '../../aws/permissions/role-arn.js';
import { lookUpHourlyPrice, pricedAs } from '../../aws/plan/hourly-price.js';
import { poll } from '../../aws/poll.js';
import { machineParameters } from '../deploy/machine.js';
import { changeTasks, isTaskChangeEmpty, lookAtTaskChange, planOfTasks } from '../fargate/scale.js';
import { findDeployedTasks } from '../fargate/deployed-tasks.js';
import type { EcsFleetSettings } from '../settings.js';
import { endOf, neededFor, priceTags } from './change-lines.js';
import { changeCrew, crewTags, isUnchanged, partOf, type Crew, type CrewChange } from './crew.js';
import { endMachines } from './leave.js';
import {
  findDeployedMachines,
  identityOf,
  machinesOf,
  processesOfEach,
  settingsOfFleet,
  type DeployedMachines,
} from './deployed-machines.js';

/** A change of a fleet, looked at from all sides. */
interface Change extends CrewChange {
  readonly deployed: DeployedMachines;
  /** Of the fleet as it is. */
  readonly settings: Awaited<ReturnType<typeof settingsOfFleet>>;
  readonly account: Account;
  readonly workersAfter: number;
  readonly price: Readonly<Record<'before' | 'after', Awaited<ReturnType<typeof lookUpHourlyPrice>>>>;
}

/**
 * Other numbers of machines for a deployed fleet. ECS runs the task of workers on each machine that has joined, so that
 * nothing but machines is made and removed; on Fargate nothing but tasks. Those that are gone are replaced by the same call.
 */
export function ecsScaling(
  settings: EcsFleetSettings,
  open: (fleetId: string, options: ScaleOptions) => Promise<FleetHandle>,
): FleetScaling {
  const call = <Result>(signal: AbortSignal | undefined, use: (aws: Aws) => Promise<Result>) =>
    withAws(settings.aws, signal, use);
  return {
    plan: (fleetId, workers, { signal } = {}) =>
      call(signal, async (aws) => {
        const tasks = await findDeployedTasks(aws, fleetId);
        return tasks
          ? planOfTasks(await lookAtTaskChange(aws, settings, tasks, workers))
          : planOf(await lookAtChange(aws, settings, fleetId, workers));
      }),
    scale: async (fleetId, workers, options = {}) => {
      const { signal, onProgress: say = () => {} } = options;
      const change = (aws: Aws) => changeWorkers(aws, settings, { fleetId, workers, say });
      await call(signal, (aws) =>
        changingAlone(settings.journals, { fleetId, say, signal: aws.signal }, () => change(aws)),
      );
      return open(fleetId, options);
    },
  };
}

async function changeWorkers(
  aws: Aws,
  settings: EcsFleetSettings,
  { fleetId, workers, say }: { fleetId: string; workers: number; say: (message: string) => void },
): Promise<void> {
  // Of what is not there nothing is written down.
  const tasks = await findDeployedTasks(aws, fleetId);
  if (!tasks) await findDeployedMachines(aws, fleetId);
  const { fleetKind, region } = aws.settings;
  const journal = await Journal.open(settings.journals, { fleetKind, fleetId, region });
  try {
    if (tasks) {
      const change = await lookAtTaskChange(aws, settings, tasks, workers);
      if (!isTaskChangeEmpty(change)) await changeTasks(aws, change, journal, say);
      return;
    }
    const change = await lookAtChange(aws, settings, fleetId, workers);
    if (!isUnchanged(change.deployed.crew, change)) await carryOut(aws, change, journal, say);
  } finally {
    await journal.close();
  }
}

async function lookAtChange(
  aws: Aws,
  configured: EcsFleetSettings,
  fleetId: string,
  workers: number,
): Promise<Change> {
  const deployed = await findDeployedMachines(aws, fleetId);
  const processes = processesOfEach(deployed);
  const wanted = neededFor(workers, processes, ['on each of', 'machines']);
  const [settings, leaving, kept] = await Promise.all([
    settingsOfFleet(aws, configured, deployed),
    leavingOf(aws, deployed),
    readSecrets(aws, fleetId),
  ]);
  const change = changeCrew(deployed.crew, [...deployed.present.keys()], wanted, leaving);
  // Its machines are in the group: there is nothing to check of it, and EC2 may not see a new one yet.
  const lookUp = lookUpAccount(aws, { ...settings, securityGroup: undefined, allowedAddresses: [] });
  const { spot } = settings;
  const secrets = Object.keys(kept.values).length;
  const priceOf = (machines: number) =>
    lookUpHourlyPrice(aws, { ...settings, secrets, machines: machinesOf(machines, spot) }, lookUp);
  const added = { instanceType: settings.instanceType, spot, machines: change.come.length };
  const [account, before, after, quota] = await Promise.all([
    lookUp,
    priceOf(deployed.crew.numbers.length),
    priceOf(wanted),
    change.come.length === 0 ? undefined : knownQuota(aws, added, lookUp),
  ]);
  if (quota) requireQuota(settings, quota);
  return {
    ...change,
    deployed,
    settings,
    account,
    workersAfter: wanted * processes,
    price: { before, after },
  };
}

/** Numbers of machines that are being drained. */
async function leavingOf(aws: Aws, { fleetId, present }: DeployedMachines): Promise<number[]> {
  const [place] = await ecsPlaces(aws, { fleetId });
  const registered = await containerInstances(aws, place?.cluster ?? '');
  const draining = new Set(
    registered.filter(({ status }) => status === 'DRAINING').map(({ ec2InstanceId }) => ec2InstanceId),
  );
  return [...present].flatMap(([number, { InstanceId }]) => (draining.has(InstanceId) ? [number] : []));
}

function planOf(change: Change): ScalePlan {
  const { deployed, settings, come, go, lost, workersAfter, price } = change;
  const { instanceType, spot } = settings;
  const idOf = (number: number) => deployed.present.get(number)?.InstanceId ?? '';
  return {
    workersBefore: deployed.facts.workers,
    workersAfter,
    pricePerHourBefore: pricedAs(price.before),
    pricePerHourAfter: pricedAs(price.after),
    changes: [
      ...lost.map((number) => `${partOf(number)}: gone`),
      ...come.map((number) => `${partOf(number)}: a ${instanceType}${spot ? ', spot,' : ''} is launched`),
      ...go.map((number) => `${partOf(number)}: ${idOf(number)} ends, its workers leave before`),
    ],
    notes: [
      `${processesOfEach(deployed)} on each machine. New machines take some minutes, and end when the fleet does: at ${endOf(deployed.tags)}.`,
    ],
    ...(spot &&
      come.length > 0 && {
        warnings: ['Spot machines of workers may be taken away in the middle of the test.'],
      }),
  };
}

async function carryOut(
  aws: Aws,
  change: Change,
  journal: Journal,
  onProgress: (message: string) => void,
): Promise<void> {
  const { deployed, settings, go, lost, after, workersAfter, price } = change;
  const { fleetId } = deployed;
  const step: Step = { aws, fleet: identityOf(aws, deployed), journal };
  const [place] = await ecsPlaces(aws, { fleetId });
  const cluster = place?.cluster ?? '';
  await launchMachines(step, change, cluster, onProgress);
  // Before anything ends: what whoever watches the fleet does not count is not missed.
  await record(aws, deployed, after, {
    ...workersTag(workersAfter),
    ...priceTags(deployed.tags, price.after),
  });
  if (go.length > 0)
    onProgress(`Waiting for the workers of ${go.length} × ${settings.instanceType} to leave`);
  const leaving = [...go, ...lost].map((number) => ({
    part: partOf(number),
    id: deployed.present.get(number)?.InstanceId,
  }));
  await endMachines(aws, { fleetId, cluster }, leaving, journal);
}

/** What could not be had at all is as if it had not been begun; after an interruption it stays, and is used or removed later. */
async function launchMachines(
  step: Step,
  change: Change,
  cluster: string,
  onProgress: (message: string) => void,
): Promise<void> {
  const { aws, journal } = step;
  const { deployed, settings, account, come, after } = change;
  const added = after.numbers.filter((number) => !deployed.crew.numbers.includes(number));
  if (added.length === 0) return;
  if (come.length > 0) onProgress(`Starting ${come.length} × ${settings.instanceType}`);
  const place = {
    fleet: step.fleet,
    clusterName: cluster,
    group: settings.securityGroup,
    profile: settings.instanceProfile,
    facts: {},
  };
  const endRoleArn = await knownEndRole(step, account);
  const launched: { readonly part: string; readonly id: string }[] = [];
  try {
    await all(
      added.map(async (number) => {
        const part = partOf(number);
        const own = machineParameters(settings, account, part, place);
        // One that an interrupted change has launched may have no schedule yet.
        const known = deployed.present.get(number)?.InstanceId;
        launched.push({ part, id: await ensure(stepOf(step, part), instance, own, known) });
      }),
    );
    // Its role is there, so one is wished.
    const wish = { endFromOutside: 'if-permitted', instanceProfile: undefined } as const;
    await all(
      launched.map(({ part, id }) =>
        scheduleEnd(stepOf(step, part), { settings: wish, account, request: { onProgress } }, endRoleArn, id),
      ),
    );
  } catch (error) {
    aws.signal.throwIfAborted();
    onProgress(`Removing the ${launched.length} machines that were had: ${accountProblem(error).message}`);
    await endMachines(aws, { fleetId: deployed.fleetId, cluster }, launched, journal);
    await record(aws, deployed, { ...deployed.crew, last: after.last }, {});
    throw error;
  }
}

/** The role that ends its other machines from outside; undefined where none does. */
async function knownEndRole({ aws, fleet }: Step, { accountId }: Account): Promise<string | undefined> {
  const { fleetId } = fleet;
  const [[found], [prefix]] = await Promise.all([
    endRole.find(aws, { fleetId }),
    parameters.find(aws, { fleetId }),
  ]);
  if (!found) return undefined;
  // Whose the fleet is, its parameters tell: this caller may have no configuration.
  const [, owner] = new RegExp(`^/loadwright/[^/]+/(?:([^/]+)/)?${fleetId}/`).exec(prefix?.id ?? '') ?? [];
  return roleArn(fleet, { owner, accountId }, found.id);
}

/** Says on the machine of the master which machines make load, and waits until EC2 shows it. */
async function record(
  aws: Aws,
  { master: { InstanceId = '' } }: DeployedMachines,
  crew: Crew,
  more: Readonly<Record<string, string>>,
): Promise<void> {
  const tags = { ...crewTags(crew), ...more };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await aws.ec2.send(new CreateTagsCommand({ Resources: [InstanceId], Tags }));
  await poll(aws, 'propagation', async () => {
    const found = readTags((await describeInstance(aws, InstanceId))?.Tags);
    return Object.entries(tags).every(([key, value]) => found[key] === value) ? true : undefined;
  });
}
