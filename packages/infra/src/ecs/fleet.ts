import {
  digestWithoutLoad,
  LoadwrightError,
  type CallOptions,
  type Fleet,
  type FleetHandle,
  type ProvisionRequest,
} from '@loadwright/core/fleet';
import { lookUpAccount } from '../aws/account/account.js';
import { vcpusOf } from '../aws/account/without-credentials.js';
import { Aws } from '../aws/clients.js';
import { requireSessionManager } from '../aws/check/session-manager.js';
import type { Destroy } from '../aws/deploy/clean-up.js';
import { deployedMachine } from '../aws/deploy/deployed-machine.js';
import { certificateAsked, pinnedAccess, readSecrets } from '../aws/deploy/login.js';
import { countParameters } from '../aws/deploy/secrets.js';
import { provisionWithJournal, type Attempt } from '../aws/deploy/provision.js';
import { requireTime } from '../aws/fleet-settings.js';
import { requireOwnVersion, withAws } from '../aws/fleets/existing.js';
import { lastingFleets } from '../aws/fleets/lasting.js';
import { requireFreeName } from '../aws/fleets/name.js';
import type { FoundResource } from '../aws/kind.js';
import { ecsPlaces } from '../aws/kinds/ecs-place.js';
import { instance } from '../aws/kinds/instance.js';
import { fleetPermissions } from '../aws/permissions/fleet-permissions.js';
import { lookUpHourlyPrice, taggedAs } from '../aws/plan/hourly-price.js';
import { reachUi } from '../aws/reach/reach-ui.js';
import { requireReachable } from '../aws/reach/reachable.js';
import { settlingOnce } from '../aws/reach/settle-access.js';
import { blockedHint, StartTime } from '../aws/reach/wait-for-master.js';
import { probeFromHere } from '../local/probe-from-here.js';
import { checkAccount } from './check.js';
import { deploy } from './deploy/deploy.js';
import type { Deployment } from './deploy/deployment.js';
import { requireBaseImage } from './deploy/push-bundle.js';
import { diagnose } from './diagnose.js';
import { EcsHandle, type EcsHandleOptions } from './handle.js';
import { FleetLogs } from './logs/fleet-logs.js';
import { lookAtNodes, type WatchedFleet } from './reach/node-states.js';
import { checkFargate } from './fargate/check.js';
import { openFargate, provisionFargate } from './fargate/fleet.js';
import { planFargate } from './fargate/plan.js';
import { requireOwnPlaces } from './own-places.js';
import type { EcsFleetOptions } from './options.js';
import { ecsPolicies } from './permissions/statements.js';
import { planFleet } from './plan.js';
import { knownQuotas, requireQuotas } from './quotas.js';
import { waitForMachines, waitForUi } from './reach/wait-for-fleet.js';
import { ecsResources } from './resources.js';
import { firstCrew, partOf, readCrew, type Crew } from './scale/crew.js';
import { ecsScaling } from './scale/scaling.js';
import { findDeployedMachines } from './scale/deployed-machines.js';
import { processesOfMachine, resolveOptions, type EcsFleetSettings } from './settings.js';

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
  const settle = settlingOnce(settings, ecsPolicies, () => settings.uiPort);
  const lasting = lastingFleets(settings, ecsResources);
  const { destroy } = lasting;
  const open = (fleetId: string, { signal }: CallOptions = {}) =>
    call(signal, (aws) => openExisting(aws, settings, fleetId, (options) => destroy(fleetId, options)));
  // What there is of a fleet shows by itself what it runs on: this is of fleets to be made.
  const isOnFargate = settings.launchType === 'fargate';
  return {
    specificationVersion: 1,
    kind: settings.aws.fleetKind,
    defaultWorkers: ({ signal } = {}) =>
      call(signal, async (aws) => {
        if (isOnFargate) return settings.workerMachines * Math.max(1, Math.floor(settings.vcpus));
        return settings.workerMachines * (await vcpusOf(aws, await settle(aws), settings.aws.region));
      }),
    prepareProbe: (callOptions) => probeFromHere(settings.environment, callOptions),
    plan: (request, { signal } = {}) =>
      call(signal, async (aws) => (isOnFargate ? planFargate : planFleet)(aws, await settle(aws), request)),
    provision: async (request) => {
      requireTime(settings, request.durationSeconds);
      requireReachable(settings, request.host);
      processesOfMachine(settings, request.workers);
      request.signal.throwIfAborted();
      const make = isOnFargate ? provisionFargate : provision;
      return make(await call(request.signal, settle), request, destroy);
    },
    open,
    lasting: {
      ...lasting,
      check: (request, { signal } = {}) =>
        call(signal, async (aws) =>
          (isOnFargate ? checkFargate : checkAccount)(aws, await settle(aws), request),
        ),
      permissions: ({ signal, ...options } = {}) =>
        call(signal, (aws) => fleetPermissions(aws, ecsPolicies, settings, options)),
      scaling: ecsScaling(settings, open),
      diagnose: (fleetId, { signal } = {}) => call(signal, (aws) => diagnose(aws, fleetId, settings)),
    },
  };
}

async function provision(
  settings: EcsFleetSettings,
  given: ProvisionRequest,
  destroy: Destroy,
): Promise<FleetHandle> {
  if (settings.access === 'session-manager') await requireSessionManager(settings.environment);
  return provisionWithJournal(settings, given, destroy, async (attempt) => {
    const { aws, journal, request } = attempt;
    const { fleetId } = request;
    const { quotas, machines, ...looks } = await lookAround(aws, settings, request);
    requireOwnVersion(fleetId, machines);
    const crew = crewOf(fleetId, settings, machines);
    const existing = await existingMachines(attempt, crew, machines);
    attempt.existing = existing.get('master');
    requireSameCrew(fleetId, settings, crew);
    await requireFreeName(aws, ecsResources, request, looks.account.arn);
    // Those machines are counted already.
    if (existing.size === 0) requireQuotas(settings, quotas);
    return make({ aws, journal, settings, request, ...looks, existing, crew }, destroy);
  });
}

/** What must be known before anything is made. */
async function lookAround(aws: Aws, settings: EcsFleetSettings, request: ProvisionRequest) {
  const { fleetId, onProgress } = request;
  const createdAt = new Date();
  onProgress(`Looking at the account in ${settings.aws.region}`);
  const lookUp = lookUpAccount(aws, settings);
  const [account, price, quotas, machines] = await Promise.all([
    lookUp,
    lookUpHourlyPrice(aws, { ...settings, secrets: countParameters(request, settings) }, lookUp),
    knownQuotas(aws, settings, lookUp),
    instance.find(aws, { fleetId }),
    requireOwnPlaces(aws, settings),
    lookUp.then(({ instanceType }) => requireBaseImage(aws, settings, instanceType.architecture)),
  ]);
  return { account, createdAt, pricePerHour: taggedAs(price), quotas, machines };
}

/** The machines of workers that a fleet is to have; a deployed one shows which it has. */
function crewOf(
  fleetId: string,
  { workerMachines, spot }: EcsFleetSettings,
  machines: readonly FoundResource[],
): Crew {
  const master = machines.find(({ part, stays }) => part === 'master' && stays === undefined);
  return master ? readCrew(fleetId, master.tags) : firstCrew(workerMachines, spot);
}

/** @throws LoadwrightError `CONFIG_INVALID` for a fleet whose number of machines was changed since. */
function requireSameCrew(fleetId: string, { workerMachines }: EcsFleetSettings, { numbers }: Crew): void {
  if (numbers.length === workerMachines) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.workers: found ${workerMachines}, but fleet ${fleetId} has ${numbers.length} machines of workers`,
    {
      hint: `Its number was changed since: set workers to ${numbers.length}, or remove the fleet.`,
      next: [{ action: 'destroy-fleet', fleetId }],
    },
  );
}

/** The machines that an earlier attempt has launched, by their parts, also those that EC2 does not show yet. */
async function existingMachines(
  { aws, request, earlier }: Attempt,
  { numbers }: Crew,
  seen: Parameters<typeof deployedMachine>[1]['seen'],
): Promise<ReadonlyMap<string, string>> {
  const { fleetId, onProgress } = request;
  const parts = ['master', ...numbers.map(partOf)];
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
  let certificate: string | undefined;
  onProgress(`Waiting for the master at ${way.url}: the machines register, and fetch the image`);
  try {
    certificate = await waitForUi(aws, starting, {
      way,
      time,
      onProgress,
      ...certificateAsked(aws, fleetId, settings.access),
    });
  } catch (error) {
    await way.close();
    throw error;
  }
  return new EcsHandle({
    fleetId,
    ...watching(settings, {
      fleetId,
      master: machine.id,
      cluster: clusterName,
      expectedWorkers: request.workers,
    }),
    way,
    login,
    certificate,
    secrets,
    expectedWorkers: request.workers,
    bundleDigest: digestWithoutLoad(request.bundle),
    existedBefore: existing.has('master'),
    destroy: (options) => destroy(fleetId, options),
  });
}

/** Looks at machines of EC2 and at what they write, for as long as somebody asks. */
function watching(
  { aws: account, startTimeoutSeconds }: EcsFleetSettings,
  fleet: Omit<WatchedFleet, 'startTimeoutSeconds'>,
): Pick<EcsHandleOptions, 'look' | 'logs'> {
  const aws = new Aws(account, new AbortController().signal);
  return {
    look: () => lookAtNodes(aws, { ...fleet, startTimeoutSeconds }),
    logs: new FleetLogs(aws, fleet.fleetId),
  };
}

async function openExisting(
  aws: Aws,
  settings: EcsFleetSettings,
  fleetId: string,
  destroy: FleetHandle['destroy'],
): Promise<FleetHandle> {
  const { environment, startTimeoutSeconds } = settings;
  const deployed = await findDeployedMachines(aws, fleetId).catch((error: unknown) => error as Error);
  if (deployed instanceof Error) {
    const onFargate = await openFargate(aws, settings, fleetId, destroy);
    if (onFargate) return onFargate;
    throw deployed;
  }
  const { master, facts } = deployed;
  const { InstanceId: id = '', PublicIpAddress: publicAddress, LaunchTime } = master;
  const [known, [found]] = await Promise.all([readSecrets(aws, fleetId), ecsPlaces(aws, { fleetId })]);
  const place = { id, publicAddress };
  const { access, certificate } = pinnedAccess(facts.access, known);
  const way = await reachUi(aws, { facts: { ...facts, access }, machine: place, environment }, 0);
  return new EcsHandle({
    fleetId,
    ...watching(settings, {
      fleetId,
      master: id,
      cluster: found?.cluster ?? '',
      expectedWorkers: facts.workers,
    }),
    way,
    login: known.login,
    certificate,
    secrets: known.secrets,
    expectedWorkers: facts.workers,
    bundleDigest: facts.bundleDigest,
    readiness: LaunchTime && {
      at: LaunchTime,
      limitSeconds: startTimeoutSeconds,
      hint: blockedHint,
    },
    destroy,
  });
}
