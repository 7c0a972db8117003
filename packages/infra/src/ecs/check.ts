import {
  formatDuration,
  requireClock,
  sigv4ClockToleranceSeconds,
  type Finding,
  type FleetRequest,
} from '@loadwright/core/fleet';
import { startLookups } from '../aws/account/account.js';
import type { Caller } from '../aws/account/caller.js';
import { knownProfileRole } from '../aws/account/profile-role.js';
import { checkCredentials } from '../aws/check/credentials.js';
import { findingOf, withoutRepetition } from '../aws/check/finding.js';
import { checkBoundary, checkPermissions } from '../aws/check/permissions.js';
import { checkQuota } from '../aws/check/quota.js';
import { checkSessionManager } from '../aws/check/session-manager.js';
import type { Aws } from '../aws/clients.js';
import { requireTime } from '../aws/fleet-settings.js';
import { checksOfGivenRoles } from './given-roles.js';
import type { Found, LookAt } from './look-at.js';
import { requireOwnPlaces } from './own-places.js';
import { ecsPolicies } from './permissions/statements.js';
import { countedMachines } from './quotas.js';
import { requireAccess, type EcsFleetSettings } from './settings.js';

export type CheckRequest = Pick<FleetRequest, 'fleetId' | 'durationSeconds' | 'iamStatements'>;

/**
 * Everything that would keep the machines and services from being made, all at once, each with its remedy. Makes nothing.
 *
 * Policies of an organisation and free capacity are not seen beforehand.
 */
export async function checkAccount(
  aws: Aws,
  settings: EcsFleetSettings,
  request: CheckRequest,
): Promise<readonly Finding[]> {
  const lookups = startLookups(aws, settings);
  const { machine, image, subnets } = lookups;
  return checkAll(
    aws,
    settings,
    request,
    { ...lookups, places: () => requireOwnPlaces(aws, settings) },
    () => [
      [
        'instance type',
        machine.then(
          ({ vcpus, architecture }) => `${settings.instanceType}: ${vcpus} vCPUs, ${architecture}`,
        ),
      ],
      ['image', image.then(({ id, rootDevice }) => `${id}, root volume at ${rootDevice}`)],
      ['network', subnets.then((usable) => usable.map(({ id, zone }) => `${id} in ${zone}`).join(', '))],
      ...countedMachines(settings).map(
        (counted) =>
          [counted.spot ? 'quota of spot' : 'quota', checkQuota(aws, counted, machine), 'unknown'] as const,
      ),
    ],
  );
}

/** What is looked at whatever the containers run on, and what of that is its own. */
export async function checkAll(
  aws: Aws,
  settings: EcsFleetSettings,
  request: CheckRequest,
  {
    caller,
    address,
    places,
  }: {
    readonly caller: Promise<Caller>;
    readonly address: Promise<string | undefined>;
    readonly places: () => Promise<void>;
  },
  own: () => readonly LookAt[],
): Promise<readonly Finding[]> {
  const credentials = await findingOf(
    aws,
    'credentials',
    caller.then((who) => checkCredentials(who, settings, request.durationSeconds)),
  );
  // Without them every other look would say the same.
  const isUnknown = await caller.then(
    () => false,
    () => true,
  );
  if (isUnknown) return [credentials];
  const looks: LookAt[] = [
    ['clock', caller.then(({ clock }) => checkClock(clock))],
    ['time to live', checkTime(settings, request)],
    ['web UI', checkAccess(settings)],
    ...own(),
    ['cluster and repository', places().then(() => describePlaces(settings))],
    ...checksOfGivenRoles(aws, settings, caller),
    ['own address', address.then((own) => own ?? 'need not be known')],
    [
      'permissions',
      Promise.all([caller, knownProfileRole(aws, settings.instanceProfile)]).then(
        ([who, instanceProfileRole]) =>
          checkPermissions(
            aws,
            who,
            ecsPolicies,
            { ...settings, instanceProfileRole },
            request.iamStatements,
          ),
      ),
      'unknown',
    ],
    [
      'permissions boundary',
      caller.then((who) => checkBoundary(aws, who, ecsPolicies, settings, request.iamStatements)),
      'unknown',
    ],
  ];
  const findings = await Promise.all(
    looks.map(([subject, look, state]) => findingOf(aws, subject, look, state)),
  );
  return withoutRepetition([credentials, ...findings]);
}

async function checkTime(settings: EcsFleetSettings, { durationSeconds }: CheckRequest): Promise<Found> {
  requireTime(settings, durationSeconds);
  return `each ${settings.launchType === 'fargate' ? 'task' : 'machine'} ends itself after ${formatDuration(settings.timeToLiveSeconds)}`;
}

function checkClock(clock: Parameters<typeof requireClock>[0]): Found {
  requireClock(clock, sigv4ClockToleranceSeconds);
  if (!clock) return { state: 'unknown', detail: 'AWS did not tell the time' };
  return `at most ${Math.ceil(Math.abs(clock.seconds) + clock.uncertaintySeconds)} s off`;
}

async function checkAccess(settings: EcsFleetSettings): Promise<Found> {
  requireAccess(settings);
  return settings.access === 'session-manager' ? checkSessionManager(settings.environment) : settings.access;
}

function describePlaces({ cluster, repository }: EcsFleetSettings): string {
  return `${cluster === undefined ? 'a cluster of its own' : `the cluster ${cluster}`}, the repository ${repository}`;
}
