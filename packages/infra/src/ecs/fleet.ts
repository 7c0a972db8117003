import {
  digestWithoutLoad,
  LoadwrightError,
  type CallOptions,
  type Fleet,
  type FleetHandle,
  type ProvisionRequest,
} from '@loadwright/core/fleet';
import { lookUpAccount } from '../aws/account/account.js';
import { Aws } from '../aws/clients.js';
import { requireSessionManager } from '../aws/check/session-manager.js';
import type { Destroy } from '../aws/deploy/clean-up.js';
import { deployedMachine } from '../aws/deploy/deployed-machine.js';
import { readSecrets } from '../aws/deploy/login.js';
import { provisionWithJournal, type Attempt } from '../aws/deploy/provision.js';
import { requireTime } from '../aws/fleet-settings.js';
import { requireOwnVersion, withAws } from '../aws/fleets/existing.js';
import { readFacts } from '../aws/fleets/facts.js';
import { lastingFleets } from '../aws/fleets/lasting.js';
import { requireFreeName } from '../aws/fleets/name.js';
import { describeInstance, instance } from '../aws/kinds/instance.js';
import { fleetPermissions } from '../aws/permissions/fleet-permissions.js';
import { lookUpHourlyPrice } from '../aws/plan/hourly-price.js';
import { reachUi } from '../aws/reach/reach-ui.js';
import { requireReachable } from '../aws/reach/reachable.js';
import { settleAccess } from '../aws/reach/settle-access.js';
import { blockedHint, StartTime } from '../aws/reach/wait-for-master.js';
import { probeFromHere } from '../local/probe-from-here.js';
import { checkAccount } from './check.js';
import { deploy } from './deploy/deploy.js';
import type { Deployment } from './deploy/deployment.js';
import { diagnose } from './diagnose.js';
import { EcsHandle } from './handle.js';
import { requireOwnPlaces } from './own-places.js';
import type { EcsFleetOptions } from './options.js';
import { ecsPolicies } from './permissions/statements.js';
import { planFleet } from './plan.js';
import { knownQuotas, requireQuotas } from './quotas.js';
import { waitForMachines, waitForUi } from './reach/wait-for-fleet.js';
import { ecsResources } from './resources.js';
import { processesOfMachine, requireAccess, resolveOptions, type EcsFleetSettings } from './settings.js';

/**
 * A Locust master and its workers as services of an ECS cluster, on machines of Amazon EC2: one for the master, and as many as
 * one likes for workers.
 *
 * Each machine ends itself at the end of its time to live, whatever happens to the process that made it, and a schedule of
 * AWS ends it a little later should it hang. Everything is found again by names and tags alone.
 *
 * @throws LoadwrightError `CONFIG_INVALID` for a wrong option.
 */
export function ecsFleet(options: EcsFleetOptions = {}): Fleet {
  return fleetOf(resolveOptions(options));
}

/** The fleet of settings that are valid. */
export function fleetOf(settings: EcsFleetSettings): Fleet {
  const call = <Result>(signal: AbortSignal | undefined, use: (aws: Aws) => Promise<Result>) =>
    withAws(settings.aws, signal, use);
  // Chosen once: what a plan said is what is made.
  let settled: Promise<EcsFleetSettings> | undefined;
  const settle = (aws: Aws): Promise<EcsFleetSettings> => {
    settled ??= settleAccess(aws, settings, ecsPolicies, () => settings.uiPort).catch((error: unknown) => {
      settled = undefined;
      throw error;
    });
    return settled;
  };
  const lasting = lastingFleets(settings, ecsResources);
  const { destroy } = lasting;
  return {
    specificationVersion: 1,
    kind: settings.aws.fleetKind,
    defaultWorkers: ({ signal } = {}) =>
      call(signal, async (aws) => {
        const { instanceType } = await lookUpAccount(aws, await settle(aws));
        return settings.workerMachines * instanceType.vcpus;
      }),
    prepareProbe: (callOptions) => probeFromHere(settings.environment, callOptions),
    plan: (request, { signal } = {}) =>
      call(signal, async (aws) => planFleet(aws, await settle(aws), request)),
    provision: async (request) => {
      requireTime(settings, request.durationSeconds);
      requireReachable(settings, request.host);
      processesOfMachine(settings, request.workers);
      request.signal.throwIfAborted();
      return provision(await call(request.signal, settle), request, destroy);
    },
    open: (fleetId: string, { signal }: CallOptions = {}) =>
      call(signal, (aws) => openExisting(aws, settings, fleetId, (options) => destroy(fleetId, options))),
    lasting: {
      ...lasting,
      check: (request, { signal } = {}) =>
        call(signal, async (aws) => checkAccount(aws, await settle(aws), request)),
      permissions: ({ signal, ...options } = {}) =>
        call(signal, (aws) => fleetPermissions(aws, ecsPolicies, settings, options)),
      diagnose: (fleetId, { signal } = {}) => call(signal, (aws) => diagnose(aws, fleetId, settings)),
    },
  };
}

async function provision(
  settings: EcsFleetSettings,
  given: ProvisionRequest,
  destroy: Destroy,
): Promise<FleetHandle> {
  requireAccess(settings);
  if (settings.access === 'session-manager') await requireSessionManager(settings.environment);
  return provisionWithJournal(settings, given, destroy, async (attempt) => {
    const { aws, journal, request } = attempt;
    const { fleetId } = request;
    const { quotas, machines, ...looks } = await lookAround(aws, settings, request);
    const existing = await existingMachines(attempt, settings, machines);
    attempt.existing = existing.get('master');
    requireOwnVersion(fleetId, machines);
    await requireFreeName(aws, ecsResources, request, looks.account.arn);
    // Those machines are counted already.
    if (existing.size === 0) requireQuotas(settings, quotas);
    return make({ aws, journal, settings, request, ...looks, existing }, destroy);
  });
}

/** What must be known before anything is made. */
async function lookAround(aws: Aws, settings: EcsFleetSettings, { fleetId, onProgress }: ProvisionRequest) {
  const createdAt = new Date();
  onProgress(`Looking at the account in ${settings.aws.region}`);
  const lookUp = lookUpAccount(aws, settings);
  const [account, price, quotas, machines] = await Promise.all([
    lookUp,
    lookUpHourlyPrice(aws, settings, lookUp),
    knownQuotas(aws, settings, lookUp),
    instance.find(aws, { fleetId }),
    requireOwnPlaces(aws, settings),
  ]);
  const pricePerHour = { usDollars: price.known, isIncomplete: price.total === undefined };
  return { account, createdAt, pricePerHour, quotas, machines };
}

/** The machines that an earlier attempt has launched, by their parts, also those that EC2 does not show yet. */
async function existingMachines(
  { aws, request, earlier }: Attempt,
  { workerMachines }: EcsFleetSettings,
  seen: Parameters<typeof deployedMachine>[1]['seen'],
): Promise<ReadonlyMap<string, string>> {
  const { fleetId, onProgress } = request;
  const parts = ['master', ...Array.from({ length: workerMachines }, (_, index) => `worker-${index + 1}`)];
  const found = await Promise.all(
    parts.map(async (part) => {
      const id = await deployedMachine(aws, { fleetId, part, seen, expected: earlier?.expected, onProgress });
      return id === undefined ? [] : [[part, id] as const];
    }),
  );
  return new Map(found.flat());
}

async function make(deployment: Deployment, destroy: Destroy): Promise<FleetHandle> {
  const { aws, settings, request, existing } = deployment;
  const { fleetId, onProgress } = request;
  const { machines, services, clusterName, login, secrets } = await deploy(deployment);
  const time = new StartTime(settings.startTimeoutSeconds * 1000);
  onProgress(`Waiting for the machines of the cluster ${clusterName}`);
  const starting = { machines, cluster: clusterName, services };
  const machine = await waitForMachines(aws, starting, time);
  const { environment } = settings;
  const way = await reachUi(aws, { facts: settings, machine, environment }, time.left);
  onProgress(`Waiting for the master at ${way.url}: the machines register, and fetch the image`);
  try {
    await waitForUi(aws, starting, { way, time, onProgress });
  } catch (error) {
    await way.close();
    throw error;
  }
  return new EcsHandle({
    aws: new Aws(settings.aws, new AbortController().signal),
    fleetId,
    machines,
    way,
    login,
    secrets,
    expectedWorkers: request.workers,
    bundleDigest: digestWithoutLoad(request.bundle),
    existedBefore: existing.has('master'),
    destroy: (options) => destroy(fleetId, options),
  });
}

async function openExisting(
  aws: Aws,
  { environment, startTimeoutSeconds }: EcsFleetSettings,
  fleetId: string,
  destroy: FleetHandle['destroy'],
): Promise<FleetHandle> {
  const found = await instance.find(aws, { fleetId });
  requireOwnVersion(fleetId, found);
  const own = found.filter(({ stays }) => stays === undefined);
  const master = own.find(({ part }) => part === 'master');
  if (!master) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `There is no machine of a master of fleet ${fleetId} in ${aws.settings.region}.`,
      {
        hint: 'List those that there are. A fleet of another region is found with the option region.',
        next: [{ action: 'list-fleets' }],
      },
    );
  }
  const facts = readFacts(fleetId, master.tags);
  const [known, described] = await Promise.all([readSecrets(aws, fleetId), describeInstance(aws, master.id)]);
  const place = { id: master.id, publicAddress: described?.PublicIpAddress };
  const way = await reachUi(aws, { facts, machine: place, environment }, 0);
  return new EcsHandle({
    aws: new Aws(aws.settings, new AbortController().signal),
    fleetId,
    machines: new Map(own.map(({ part = '', id }) => [part, id])),
    way,
    login: known.login,
    secrets: known.secrets,
    expectedWorkers: facts.workers,
    bundleDigest: facts.bundleDigest,
    readiness: described?.LaunchTime && {
      at: described.LaunchTime,
      limitSeconds: startTimeoutSeconds,
      hint: blockedHint,
    },
    destroy,
  });
}
