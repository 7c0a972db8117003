import {
  digestWithoutLoad,
  LoadwrightError,
  type CallOptions,
  type DestroyOptions,
  type DestroyReport,
  type Fleet,
  type FleetHandle,
  type ProvisionRequest,
} from '@loadwright/core/fleet';
import { lookUpAccount } from '../aws/account/account.js';
import { lookUpCaller } from '../aws/account/caller.js';
import { combined } from '../aws/account/combined.js';
import { Aws } from '../aws/clients.js';
import { Journal, readJournal, removeJournal, type JournalState } from '../aws/journal.js';
import { describeInstance, instance } from '../aws/kinds/instance.js';
import { kindsOf } from '../aws/removal/fleet-resources.js';
import { introduceResource, takeInventory } from '../aws/removal/inventory.js';
import { removeFleetResources } from '../aws/removal/remove.js';
import { leftToOtherVersion, ownerOf } from '../aws/fleet-identity.js';
import type { FoundResource } from '../aws/kind.js';
import { withArchive } from './deploy/archive.js';
import { accountProblem, checkAccount } from './check.js';
import { cleanUpAfter, type Destroy } from '../aws/deploy/clean-up.js';
import { knownQuota, requireQuota } from '../aws/check/quota.js';
import { requireSessionManager } from '../aws/check/session-manager.js';
import { deploy } from './deploy/deploy.js';
import type { Deployment } from './deploy/deployment.js';
import { readFacts } from '../aws/fleets/facts.js';
import { Ec2Handle } from './handle.js';
import { findSecrets, readSecrets } from '../aws/deploy/login.js';
import { requireFreeName } from '../aws/fleets/name.js';
import type { Ec2FleetOptions } from './options.js';
import { ec2Policies } from './permissions/policy.js';
import { fleetPermissions } from './permissions/fleet-permissions.js';
import { ec2Resources } from './resources.js';
import { lookUpHourlyPrice } from '../aws/plan/hourly-price.js';
import { planFleet } from './plan.js';
import { probeFromHere } from '../local/probe-from-here.js';
import { reachUi } from '../aws/reach/reach-ui.js';
import { requireReachable } from '../aws/reach/reachable.js';
import { settleAccess } from '../aws/reach/settle-access.js';
import { requireTime, usualPort } from '../aws/fleet-settings.js';
import { resolveOptions, type Ec2FleetSettings } from './settings.js';
import { deployedMachine } from '../aws/deploy/deployed-machine.js';
import { deployedFleets } from '../aws/fleets/deployed-fleets.js';
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
  const never = new AbortController().signal;
  const withAws = async <Result>(signal: AbortSignal | undefined, use: (aws: Aws) => Promise<Result>) => {
    const aws = new Aws(settings.aws, signal ?? never);
    try {
      return await use(aws);
    } catch (error) {
      throw accountProblem(error);
    } finally {
      aws.close();
    }
  };
  // Chosen once: what a plan said is what is made.
  let settled: Promise<Ec2FleetSettings> | undefined;
  const settle = (aws: Aws): Promise<Ec2FleetSettings> => {
    settled ??= settleAccess(aws, settings, ec2Policies, usualPort).catch((error: unknown) => {
      settled = undefined;
      throw error;
    });
    return settled;
  };
  const destroy = (fleetId: string, { signal, onProgress }: DestroyOptions = {}) =>
    withAws(signal, (aws) => removeEverything(aws, settings, fleetId, onProgress));
  const open = (fleetId: string, { signal }: CallOptions = {}) =>
    withAws(signal, (aws) => openExisting(aws, settings, fleetId, (options) => destroy(fleetId, options)));

  return {
    specificationVersion: 1,
    kind: settings.aws.fleetKind,
    defaultWorkers: ({ signal } = {}) =>
      withAws(signal, async (aws) => (await lookUpAccount(aws, await settle(aws))).instanceType.vcpus),
    prepareProbe: (callOptions) => probeFromHere(settings.environment, callOptions),
    plan: (request, { signal } = {}) =>
      withAws(signal, async (aws) => planFleet(aws, await settle(aws), request)),
    provision: async (request) => {
      requireTime(settings, request.durationSeconds);
      requireReachable(settings, request.host);
      return provision(await withAws(request.signal, settle), request, destroy);
    },
    open,
    lasting: {
      check: (request, { signal } = {}) =>
        withAws(signal, async (aws) => checkAccount(aws, await settle(aws), request)),
      permissions: ({ signal, ...options } = {}) =>
        withAws(signal, (aws) => fleetPermissions(aws, settings, options)),
      place: ({ signal } = {}) =>
        withAws(signal, async (aws) => {
          const { accountId, arn } = await lookUpCaller(aws);
          const { region, profile } = settings.aws;
          const named = profile === undefined ? '' : `, profile ${profile}`;
          return { description: `${region}, account ${accountId}${named}`, caller: ownerOf(arn) };
        }),
      list: () => withAws(undefined, async (aws) => deployedFleets((await inventory(aws)).found, new Date())),
      inventory: (fleetId) =>
        withAws(undefined, async (aws) =>
          (await inventory(aws, fleetId)).found.map((found) => ({
            fleetId,
            resource: introduceResource(found),
          })),
        ),
      destroy,
    },
  };
}

async function provision(
  settings: Ec2FleetSettings,
  given: ProvisionRequest,
  destroy: Destroy,
): Promise<FleetHandle> {
  if (settings.access === 'session-manager') await requireSessionManager(settings.environment);
  given.signal.throwIfAborted();
  // On the disk before the first call: what is made can then be found, whatever happens.
  const { journals } = settings;
  const { fleetKind, region } = settings.aws;
  const { fleetId } = given;
  const earlier = await readJournal(journals, { fleetKind, fleetId });
  if (earlier?.hasBegun) requireRegion(earlier, region);
  // An interrupted deployment continues under the name that it began with.
  const name = given.name ?? earlier?.name;
  const request = { ...given, ...(name !== undefined && { name }) };
  const journal = await Journal.open(journals, { fleetKind, fleetId, region, name });
  const aws = new Aws(settings.aws, request.signal);
  let existing: string | undefined;
  try {
    const { onProgress } = request;
    const { quota, ...looks } = await lookAround(aws, settings, request);
    existing = await deployedMachine(aws, {
      fleetId,
      seen: looks.machines,
      expected: earlier?.expected,
      onProgress,
    });
    requireOwnVersion(fleetId, looks.machines);
    await requireFreeName(aws, ec2Resources, request, looks.account.arn);
    // That machine is counted already.
    if (existing === undefined) requireQuota(settings, quota);
    return await make({ aws, journal, settings, request, ...looks, existing, destroy });
  } catch (error) {
    await journal.close();
    await cleanUpAfter({
      error,
      fleetKind: settings.aws.fleetKind,
      request,
      journal,
      journals,
      existing,
      destroy,
    });
    if (request.signal.aborted) {
      throw new LoadwrightError('ABORTED', 'Starting the fleet was stopped.', { cause: error });
    }
    throw accountProblem(error);
  } finally {
    await journal.close();
    aws.close();
  }
}

/** What must be known before anything is made. */
async function lookAround(aws: Aws, settings: Ec2FleetSettings, { fleetId, onProgress }: ProvisionRequest) {
  const createdAt = new Date();
  onProgress(`Looking at the account in ${settings.aws.region}`);
  const lookUp = lookUpAccount(aws, settings);
  const [account, price, quota, machines] = await Promise.all([
    lookUp,
    lookUpHourlyPrice(aws, settings, lookUp),
    knownQuota(aws, settings, lookUp),
    instance.find(aws, { fleetId }),
  ]);
  const pricePerHour = { usDollars: price.known, isIncomplete: price.total === undefined };
  return { account, createdAt, pricePerHour, quota, machines };
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
      ...(settings.access === 'https' && {
        certificate: async () => (await findSecrets(aws, fleetId))?.certificate,
      }),
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
  // Whoever can change a tag must not get a login in clear text by it: where there is a certificate, it is asked for.
  const { certificate } = known;
  const access = facts.access === 'http' && certificate !== undefined ? 'https' : facts.access;
  const way = await reachUi(aws, { facts: { ...facts, access }, machine: place, environment }, 0);
  return new Ec2Handle({
    aws: new Aws(aws.settings, new AbortController().signal),
    instanceId: machine.id,
    fleetId,
    way,
    ...known,
    certificate: access === 'https' ? (certificate ?? '') : undefined,
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

async function removeEverything(
  aws: Aws,
  { journals }: Ec2FleetSettings,
  fleetId: string,
  onProgress: DestroyOptions['onProgress'],
): Promise<DestroyReport> {
  // The journal is a cache: one that cannot be read keeps nothing from being removed, and only costs a wait.
  const known = await readJournal(journals, aws.fleet(fleetId)).catch(() => undefined);
  if (!known) return removeFleetResources(aws, ec2Resources, fleetId, { expected: undefined, onProgress });
  requireRegion(known, aws.settings.region);
  // A disk that is full keeps nothing from being removed: without the lines a second removal waits a minute longer.
  const journal = await Journal.open(journals, known).catch(() => undefined);
  try {
    const report = await removeFleetResources(aws, ec2Resources, fleetId, {
      expected: known.expected,
      onProgress,
      onRemoved: async (resource) => journal?.removed(resource).catch(() => {}),
    });
    if (report.remaining.length === 0) await removeJournal(journals, fleetId).catch(() => {});
    return report;
  } finally {
    await journal?.close();
  }
}

/** Elsewhere nothing would be found: the fleet would count as removed, or be made a second time and its journal be lost. */
function requireRegion({ fleetId, region }: JournalState, asked: string): void {
  if (region === asked) return;
  throw new LoadwrightError('CONFIG_INVALID', `Fleet ${fleetId} is in ${region}, not in ${asked}.`, {
    hint: `Set the option region to ${region}, or remove the fleet.`,
    next: [{ action: 'destroy-fleet', fleetId, fleet: { kind: 'ec2', options: { region } } }],
  });
}

/** @throws LoadwrightError `CONFIG_INVALID` for a fleet whose machine another version has made. */
function requireOwnVersion(fleetId: string, machines: readonly FoundResource[]): void {
  const other = machines.find(({ otherVersion }) => otherVersion !== undefined)?.otherVersion;
  if (other === undefined) return;
  throw new LoadwrightError('CONFIG_INVALID', `Fleet ${fleetId} was ${leftToOtherVersion[other]}.`, {
    hint: 'Use the version that made it.',
    next: [{ action: 'list-fleets' }],
  });
}

/** What exists, of one fleet or of all. @throws LoadwrightError when not all of it could be looked at. */
async function inventory(aws: Aws, fleetId?: string) {
  const taken = await takeInventory(aws, kindsOf(ec2Resources), fleetId === undefined ? {} : { fleetId });
  if (taken.causes.length === 0) return taken;
  throw combined(taken.causes.map(accountProblem));
}
