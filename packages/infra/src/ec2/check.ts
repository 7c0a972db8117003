import {
  formatDuration,
  requireClock,
  sigv4ClockToleranceSeconds,
  type Finding,
  type FleetRequest,
} from '@loadwright/core/fleet';
import { knownProfileRole, lookUpProfileRole } from '../aws/account/profile-role.js';
import { startLookups, type AccountLookups } from '../aws/account/account.js';
import type { Aws } from '../aws/clients.js';
import { checkCredentials } from '../aws/check/credentials.js';
import { failed, findingOf, problemOf, withoutRepetition } from '../aws/check/finding.js';
import { anyFleet } from '../aws/permissions/tag-condition.js';
import { machineStatements } from './permissions/machine.js';
import { ec2Policies } from './permissions/policy.js';
import { checkLaunch } from './check/launch.js';
import { checkBoundary, checkMachineRole, checkPermissions } from '../aws/check/permissions.js';
import { checkQuota } from '../aws/check/quota.js';
import { checkSessionManager } from '../aws/check/session-manager.js';
import { requireTime } from '../aws/fleet-settings.js';
import type { Ec2FleetSettings } from './settings.js';

type Found = string | Omit<Finding, 'subject'>;

/** Its subject, its answer, and what it is when it fails; a problem by default. */
type Look = readonly [subject: string, answer: Promise<Found>, failure?: 'unknown'];

type CheckRequest = Pick<FleetRequest, 'fleetId' | 'durationSeconds' | 'iamStatements'>;

/**
 * Everything that would keep a machine from being made, all at once, each with its remedy. Makes nothing.
 *
 * Quotas of other resources than vCPUs, policies of an organisation and free capacity are not seen beforehand.
 */
export async function checkAccount(
  aws: Aws,
  settings: Ec2FleetSettings,
  request: CheckRequest,
): Promise<readonly Finding[]> {
  const lookups = startLookups(aws, settings);
  const { caller, machine, image, subnets, address } = lookups;
  const credentials = await findingOf(
    aws,
    'credentials',
    caller.then((who) => checkCredentials(who, settings, request.durationSeconds)),
  );
  // Without them every other look would say the same.
  if (await isCallerUnknown(aws, lookups)) return [credentials];
  const quota = findingOf(aws, 'quota', checkQuota(aws, settings, machine), 'unknown');
  const looks: Look[] = [
    ['clock', caller.then(checkClock)],
    ['time to live', checkTime(settings, request)],
    [
      'instance type',
      machine.then(({ vcpus, architecture }) => `${settings.instanceType}: ${vcpus} vCPUs, ${architecture}`),
    ],
    ['image', image.then(({ id, rootDevice }) => `${id}, root volume at ${rootDevice}`)],
    ['network', subnets.then((usable) => usable.map(({ id, zone }) => `${id} in ${zone}`).join(', '))],
    ['quota', quota],
    ...(settings.access === 'session-manager'
      ? [['session manager', checkSessionManager(settings.environment)] as const]
      : []),
    ['own address', address.then((own) => own ?? 'need not be known')],
    ...checksOfProfile(aws, settings, request, lookups),
    [
      'permissions',
      Promise.all([caller, knownProfileRole(aws, settings.instanceProfile)]).then(
        ([who, instanceProfileRole]) =>
          checkPermissions(
            aws,
            who,
            ec2Policies,
            { ...settings, instanceProfileRole },
            request.iamStatements,
          ),
      ),
      'unknown',
    ],
    [
      'permissions boundary',
      caller.then((who) => checkBoundary(aws, who, ec2Policies, settings, request.iamStatements)),
      'unknown',
    ],
    [
      'launch',
      Promise.all([caller, image, subnets, quota]).then(([{ arn }, found, usable, { state }]) =>
        checkLaunch(
          aws,
          settings,
          request.fleetId,
          { arn, image: found, subnets: usable },
          state === 'problem',
        ),
      ),
    ],
  ];
  const findings = await Promise.all(
    looks.map(([subject, look, state]) => findingOf(aws, subject, look, state)),
  );
  return withoutRepetition([credentials, ...findings]);
}

async function isCallerUnknown(aws: Aws, { caller }: AccountLookups): Promise<boolean> {
  try {
    await caller;
    return false;
  } catch {
    aws.signal.throwIfAborted();
    return true;
  }
}

async function checkTime(settings: Ec2FleetSettings, { durationSeconds }: CheckRequest): Promise<Found> {
  requireTime(settings, durationSeconds);
  return `the machine ends itself after ${formatDuration(settings.timeToLiveSeconds)}`;
}

function checkClock({ clock }: { readonly clock: Parameters<typeof requireClock>[0] }): Found {
  try {
    requireClock(clock, sigv4ClockToleranceSeconds);
  } catch (error) {
    return failed(problemOf(error), 'problem');
  }
  if (!clock) return { state: 'unknown', detail: 'AWS did not tell the time' };
  return `at most ${Math.ceil(Math.abs(clock.seconds) + clock.uncertaintySeconds)} s off`;
}

/** What the machine is to be, and may do. */
function checksOfProfile(
  aws: Aws,
  settings: Ec2FleetSettings,
  { iamStatements }: CheckRequest,
  { caller }: AccountLookups,
): Look[] {
  const { instanceProfile } = settings;
  if (instanceProfile === undefined) {
    return [['instance profile', Promise.resolve('one of its own will be made')]];
  }
  const role = lookUpProfileRole(aws, instanceProfile);
  return [
    ['instance profile', role.then((arn) => `${instanceProfile} with the role ${arn}`)],
    [
      'permissions of the machine',
      Promise.all([caller, role]).then(([who, arn]) =>
        checkMachineRole(
          aws,
          who,
          arn,
          settings.access,
          machineStatements({
            ...aws.fleet(anyFleet),
            region: aws.settings.region,
            owner: settings.owner,
            iamStatements,
            handsOverCertificate: settings.access === 'https',
          }),
        ),
      ),
      'unknown',
    ],
  ];
}
