import { digestWithoutLoad, type FleetHandle, type ProvisionRequest } from '@loadwright/core/fleet';
import { Aws } from '../../aws/clients.js';
import { requireSessionManager } from '../../aws/check/session-manager.js';
import type { Destroy } from '../../aws/deploy/clean-up.js';
import { readSecrets } from '../../aws/deploy/login.js';
import { countParameters } from '../../aws/deploy/secrets.js';
import { provisionWithJournal } from '../../aws/deploy/provision.js';
import { requireOwnVersion } from '../../aws/fleets/existing.js';
import { requireFreeName } from '../../aws/fleets/name.js';
import { idOfTask, task } from '../../aws/kinds/fargate/task.js';
import { taggedAs } from '../../aws/plan/hourly-price.js';
import { reachUi } from '../../aws/reach/reach-ui.js';
import { blockedHint, StartTime } from '../../aws/reach/wait-for-master.js';
import { EcsHandle, type EcsHandleOptions } from '../handle.js';
import { FleetLogs } from '../logs/fleet-logs.js';
import { ecsResources } from '../resources.js';
import { processesOfMachine, requireAccess, type EcsFleetSettings } from '../settings.js';
import { lookUpFargateAccount } from './account.js';
import { deployFargate, tasksByPart } from './deploy.js';
import { lookUpFargatePrice } from './price.js';
import { fargateQuotas, requireFargateQuotas } from './quotas.js';
import { requireBaseImage } from '../deploy/push-bundle.js';
import { findDeployedTasks } from './deployed-tasks.js';
import { lookAtTask, placeOfMaster, stateOfFleet, waitForMasterTask, waitForUi } from './tasks.js';

/** Makes a fleet of tasks on Fargate, or continues one that was begun. */
export async function provisionFargate(
  settings: EcsFleetSettings,
  given: ProvisionRequest,
  destroy: Destroy,
): Promise<FleetHandle> {
  requireAccess(settings);
  if (settings.access === 'session-manager') await requireSessionManager(settings.environment);
  return provisionWithJournal(settings, given, destroy, async (attempt) => {
    const { aws, journal, request } = attempt;
    const { fleetId, onProgress } = request;
    const createdAt = new Date();
    onProgress(`Looking at the account in ${settings.aws.region}`);
    const lookUp = lookUpFargateAccount(aws, settings);
    const [account, price, quotas, found] = await Promise.all([
      lookUp,
      lookUpFargatePrice(aws, { ...settings, secrets: countParameters(request, settings) }, lookUp),
      fargateQuotas(aws, settings),
      task.find(aws, { fleetId }),
      requireBaseImage(aws, settings, settings.cpuArchitecture),
    ]);
    requireOwnVersion(fleetId, found);
    const earlier = found.find(({ part }) => part === 'master')?.id;
    attempt.existing = earlier;
    await requireFreeName(aws, ecsResources, request, account.arn);
    // Tasks of this fleet have their part of the quota already.
    if (found.length === 0) requireFargateQuotas(settings, quotas);
    const time = new StartTime(settings.startTimeoutSeconds * 1000);
    const { tasks, login, secrets } = await deployFargate(
      {
        aws,
        journal,
        settings,
        account,
        request,
        createdAt,
        pricePerHour: taggedAs(price),
        existing: new Map(earlier === undefined ? [] : [['master', earlier]]),
      },
      time,
    );
    onProgress('Waiting for the task of the master');
    const machine = await waitForMasterTask(aws, tasks.get('master') ?? '', time);
    const way = await reachUi(
      aws,
      { facts: settings, machine, environment: settings.environment },
      time.left,
    );
    onProgress(`Waiting for the master at ${way.url}: the tasks fetch the image`);
    try {
      await waitForUi(aws, tasks, { way, time, onProgress });
    } catch (error) {
      await way.close();
      throw error;
    }
    return handleOf(settings.aws, tasks, processesOfMachine(settings, request.workers), {
      fleetId,
      way,
      login,
      secrets,
      expectedWorkers: request.workers,
      bundleDigest: digestWithoutLoad(request.bundle),
      existedBefore: earlier !== undefined,
      destroy: (options) => destroy(fleetId, options),
    });
  });
}

/** @returns undefined when the fleet has no master on Fargate that runs */
export async function openFargate(
  aws: Aws,
  { environment, startTimeoutSeconds }: EcsFleetSettings,
  fleetId: string,
  destroy: FleetHandle['destroy'],
): Promise<FleetHandle | undefined> {
  const deployed = await findDeployedTasks(aws, fleetId);
  if (!deployed) return undefined;
  const { facts, processes } = deployed;
  const master = idOfTask(deployed.master);
  const [known, seen] = await Promise.all([readSecrets(aws, fleetId), lookAtTask(aws, master, 'master')]);
  const machine = await placeOfMaster(aws, seen);
  const way = await reachUi(aws, { facts, machine, environment }, 0);
  return handleOf(aws.settings, tasksByPart(master, deployed.workers.map(idOfTask)), processes, {
    fleetId,
    way,
    login: known.login,
    secrets: known.secrets,
    expectedWorkers: facts.workers,
    bundleDigest: facts.bundleDigest,
    readiness: seen.startedAt && {
      at: seen.startedAt,
      limitSeconds: startTimeoutSeconds,
      hint: blockedHint,
    },
    destroy,
  });
}

function handleOf(
  settings: Aws['settings'],
  tasks: ReadonlyMap<string, string>,
  processes: number,
  options: Omit<EcsHandleOptions, 'look' | 'logs'>,
): EcsHandle {
  const aws = new Aws(settings, new AbortController().signal);
  const { expectedWorkers: workers, fleetId } = options;
  return new EcsHandle({
    ...options,
    look: () => stateOfFleet(aws, tasks, { workers, processes }),
    logs: new FleetLogs(aws, fleetId),
  });
}
