import {
  formatDuration,
  requireClock,
  sigv4ClockToleranceSeconds,
  type Finding,
  type FleetRequest,
} from '@loadwright/core/fleet';
import type { AccountLookups } from '../account/account.js';
import type { Caller } from '../account/caller.js';
import { knownProfileRole } from '../account/profile-role.js';
import type { Aws } from '../clients.js';
import { requireTime, type SharedSettings } from '../fleet-settings.js';
import type { BoundaryWish } from '../permissions/boundary.js';
import type { EndWish } from '../permissions/end.js';
import type { FleetPolicies } from '../permissions/fleet-policies.js';
import { checkCredentials } from './credentials.js';
import { findingOf, withoutRepetition } from './finding.js';
import { checkBoundary, checkPermissions } from './permissions.js';

export type Found = string | Omit<Finding, 'subject'>;

/** A subject with the answer to it; what cannot be looked up may be unknown, and no problem. */
export type LookAt = readonly [subject: string, answer: Promise<Found>, failure?: 'unknown'];

export type CheckRequest = Pick<FleetRequest, 'fleetId' | 'durationSeconds' | 'iamStatements'>;

/**
 * What is found of the credentials and, where they are good for anything, of all else at once.
 *
 * @param looks begins what is looked at besides
 */
export async function findAll(
  aws: Aws,
  settings: SharedSettings,
  { durationSeconds }: CheckRequest,
  caller: Promise<Caller>,
  looks: () => readonly LookAt[],
): Promise<readonly Finding[]> {
  const credentials = await findingOf(
    aws,
    'credentials',
    caller.then((who) => checkCredentials(who, settings, durationSeconds)),
  );
  // Without them every other look would say the same.
  const isUnknown = await caller.then(
    () => false,
    () => true,
  );
  if (isUnknown) return [credentials];
  const findings = await Promise.all(
    looks().map(([subject, look, state]) => findingOf(aws, subject, look, state)),
  );
  return withoutRepetition([credentials, ...findings]);
}

/** Of this machine's clock, and of how long what is made is there. @param what is made: `the machine` */
export function looksAtTime(
  settings: SharedSettings,
  { durationSeconds }: CheckRequest,
  caller: Promise<Caller>,
  what: string,
): LookAt[] {
  return [
    ['clock', caller.then(checkClock)],
    ['time to live', checkTime(settings, durationSeconds, what)],
  ];
}

function checkClock({ clock }: Caller): Found {
  requireClock(clock, sigv4ClockToleranceSeconds);
  if (!clock) return { state: 'unknown', detail: 'AWS did not tell the time' };
  return `at most ${Math.ceil(Math.abs(clock.seconds) + clock.uncertaintySeconds)} s off`;
}

async function checkTime(settings: SharedSettings, durationSeconds: number, what: string): Promise<Found> {
  requireTime(settings, durationSeconds);
  return `${what} ends itself after ${formatDuration(settings.timeToLiveSeconds)}`;
}

/** Of machines: their type, their image, and the networks that they may be in. */
export function looksAtMachines(
  { instanceType }: { readonly instanceType: string },
  { machine, image, subnets }: Pick<AccountLookups, 'machine' | 'image' | 'subnets'>,
): LookAt[] {
  return [
    [
      'instance type',
      machine.then(({ vcpus, architecture }) => `${instanceType}: ${vcpus} vCPUs, ${architecture}`),
    ],
    ['image', image.then(({ id, rootDevice }) => `${id}, root volume at ${rootDevice}`)],
    ['network', subnets.then((usable) => usable.map(({ id, zone }) => `${id} in ${zone}`).join(', '))],
  ];
}

export const lookAtOwnAddress = ({ address }: Pick<AccountLookups, 'address'>): LookAt => [
  'own address',
  address.then((own) => own ?? 'need not be known'),
];

/** Of what the caller may do, and of the boundary of what it makes. */
export function looksAtPermissions<Wishes extends BoundaryWish & EndWish>(
  aws: Aws,
  settings: Wishes & { readonly instanceProfile?: string | undefined },
  { iamStatements }: CheckRequest,
  caller: Promise<Caller>,
  policies: FleetPolicies<Wishes>,
): LookAt[] {
  return [
    [
      'permissions',
      Promise.all([caller, knownProfileRole(aws, settings.instanceProfile)]).then(
        ([who, instanceProfileRole]) =>
          checkPermissions(aws, who, policies, { ...settings, instanceProfileRole }, iamStatements),
      ),
      'unknown',
    ],
    [
      'permissions boundary',
      caller.then((who) => checkBoundary(aws, who, policies, settings, iamStatements)),
      'unknown',
    ],
  ];
}
