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
import { describeInstance, instance } from '../aws/kinds/instance.js';
import { requireOwnVersion, withAws } from '../aws/fleets/existing.js';
import { withArchive } from './deploy/archive.js';
import { checkAccount } from './check.js';
import type { Destroy } from '../aws/deploy/clean-up.js';
import { provisionWithJournal } from '../aws/deploy/provision.js';
import { countParameters } from '../aws/deploy/secrets.js';
import { lastingFleets } from '../aws/fleets/lasting.js';
import { knownQuota, requireQuota } from '../aws/check/quota.js';
import { requireSessionManager } from '../aws/check/session-manager.js';
import { deploy } from './deploy/deploy.js';
import type { Deployment } from './deploy/deployment.js';
import { readFacts } from '../aws/fleets/facts.js';
import { Ec2Handle } from './handle.js';
import { certificateAsked, pinnedAccess, readSecrets } from '../aws/deploy/login.js';
import { requireFreeName } from '../aws/fleets/name.js';
import type { Ec2FleetOptions } from './options.js';
import { ec2Policies } from './permissions/policy.js';
import { fleetPermissions } from '../aws/permissions/fleet-permissions.js';
import { ec2Resources } from './resources.js';
import { lookUpHourlyPrice, taggedAs } from '../aws/plan/hourly-price.js';
import { planFleet } from './plan.js';
import { probeFromHere } from '../local/probe-from-here.js';
import { reachUi } from '../aws/reach/reach-ui.js';
import { requireReachable } from '../aws/reach/reachable.js';
import { settlingOnce } from '../aws/reach/settle-access.js';
import { requireTime, usualPort } from '../aws/fleet-settings.js';
import { resolveOptions, type Ec2FleetSettings } from './settings.js';
import { deployedMachine } from '../aws/deploy/deployed-machine.js';
import { blockedHint, StartTime, waitForMachine, waitForUi } from '../aws/reach/wait-for-master.js';

/**
 * A Locust master and its workers in containers on one machine of Amazon EC2.
 *
 * The machine ends itself at the end of its time to live, whatever happens to the process that made it, and a schedule of
 * AWS ends it a little later should it hang. Everything is found again by names and tags alone.
 *
 * @throws LoadwrightError `CONFIG_INVALID` for a wrong option.
 */
export function ec2Fleet(options: Ec2FleetOptions = {}): Fleet {
  return fleetOf(resolveOptions(options));
}

/** The fleet of settings that are valid. */
export function fleetOf(settings: Ec2FleetSettings): Fleet {
  const call = <Result>(signal: AbortSignal | undefined, use: (aws: Aws) => Promise<Result>) =>
    withAws(settings.aws, signal, use);
  const settle = settlingOnce(settings, ec2Policies, usualPort);
  const lasting = lastingFleets(settings, ec2Resources);
  const { destroy } = lasting;
  const open = (fleetId: string, { signal }: CallOptions = {}) =>
    call(signal, (aws) => openExisting(aws, settings, fleetId, (options) => destroy(fleetId, options)));

  return {
    specificationVersion: 1,
    kind: settings.aws.fleetKind,
    defaultWorkers: ({ signal } = {}) =>
      call(signal, async (aws) => vcpusOf(aws, await settle(aws), settings.aws.region)),
    prepareProbe: (callOptions) => probeFromHere(settings.environment, callOptions),
    plan: (request, { signal } = {}) =>
      call(signal, async (aws) => planFleet(aws, await settle(aws), request)),
    provision: async (request) => {
      requireTime(settings, request.durationSeconds);
      requireReachable(settings, request.host);
      return provision(await call(request.signal, settle), request, destroy);
    },
    open,
    lasting: {
      ...lasting,
      check: (request, { signal } = {}) =>
        call(signal, async (aws) => checkAccount(aws, await settle(aws), request)),
      permissions: ({ signal, ...options } = {}) =>
        call(signal, (aws) => fleetPermissions(aws, ec2Policies, settings, options)),
    },
  };
}

async function provision(
  settings: Ec2FleetSettings,
  given: ProvisionRequest,
  destroy: Destroy,
): Promise<FleetHandle> {
  if (settings.access === 'session-manager') await requireSessionManager(settings.environment);
  return provisionWithJournal(settings, given, destroy, async (attempt) => {
    const { aws, journal, request, earlier } = attempt;
    const { fleetId, onProgress } = request;
    const { quota, ...looks } = await lookAround(aws, settings, request);
    const existing = await deployedMachine(aws, {
      fleetId,
      seen: looks.machines,
      expected: earlier?.expected,
      onProgress,
    });
    attempt.existing = existing;
    requireOwnVersion(fleetId, looks.machines);
    await requireFreeName(aws, ec2Resources, request, looks.account.arn);
    // That machine is counted already.
    if (existing === undefined) requireQuota(settings, quota);
    return make({ aws, journal, settings, request, ...looks, existing, destroy });
  });
}

/** What must be known before anything is made. */
async function lookAround(aws: Aws, settings: Ec2FleetSettings, request: ProvisionRequest) {
  const { fleetId, onProgress } = request;
  const createdAt = new Date();
  onProgress(`Looking at the account in ${settings.aws.region}`);
  const lookUp = lookUpAccount(aws, settings);
  const [account, price, quota, machines] = await Promise.all([
    lookUp,
    lookUpHourlyPrice(aws, { ...settings, secrets: countParameters(request, settings) }, lookUp),
    knownQuota(aws, settings, lookUp),
    instance.find(aws, { fleetId }),
  ]);
  return { account, createdAt, pricePerHour: taggedAs(price), quota, machines };
}

async function make({
  destroy,
  ...deployment
}: Omit<Deployment, 'archive'> & { readonly destroy: Destroy }): Promise<FleetHandle> {
  const { aws, settings, request, existing } = deployment;
  const { fleetId } = request;
  const { instanceId, login, secrets } = await withArchive(request.bundle, (archive) =>
    deploy({ ...deployment, archive }),
  );
  const time = new StartTime(settings.startTimeoutSeconds * 1000);
  request.onProgress(`Waiting for the machine ${instanceId}`);
  const machine = await waitForMachine(aws, instanceId, time);
  const way = await reachUi(aws, { facts: settings, machine, environment: settings.environment }, time.left);
  let certificate: string | undefined;
  request.onProgress(`Waiting for the master at ${way.url}: the machine installs Docker and starts it`);
  try {
    certificate = await waitForUi(aws, instanceId, {
      way,
      time,
      onProgress: request.onProgress,
      ...certificateAsked(aws, fleetId, settings.access),
    });
  } catch (error) {
    await way.close();
    throw error;
  }
  return new Ec2Handle({
    aws: new Aws(settings.aws, new AbortController().signal),
    instanceId,
    fleetId,
    way,
    login,
    certificate,
    secrets,
    expectedWorkers: request.workers,
    bundleDigest: digestWithoutLoad(request.bundle),
    existedBefore: existing !== undefined,
    destroy: (options) => destroy(fleetId, options),
  });
}

async function openExisting(
  aws: Aws,
  { environment, startTimeoutSeconds }: Ec2FleetSettings,
  fleetId: string,
  destroy: FleetHandle['destroy'],
): Promise<FleetHandle> {
  const found = await instance.find(aws, { fleetId });
  requireOwnVersion(fleetId, found);
  const machine = found.find(({ stays }) => stays === undefined);
  if (!machine) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `There is no machine of fleet ${fleetId} in ${aws.settings.region}.`,
      {
        hint: 'List those that there are. A fleet of another region is found with the option region.',
        next: [{ action: 'list-fleets' }],
      },
    );
  }
  const facts = readFacts(fleetId, machine.tags);
  const [known, described] = await Promise.all([
    readSecrets(aws, fleetId),
    describeInstance(aws, machine.id),
  ]);
  const place = { id: machine.id, publicAddress: described?.PublicIpAddress };
  const { access, certificate } = pinnedAccess(facts.access, known);
  const way = await reachUi(aws, { facts: { ...facts, access }, machine: place, environment }, 0);
  return new Ec2Handle({
    aws: new Aws(aws.settings, new AbortController().signal),
    instanceId: machine.id,
    fleetId,
    way,
    ...known,
    certificate,
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
