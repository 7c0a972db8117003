import type { Finding } from '@loadwright/core/fleet';
import { lookUpProfileRole } from '../aws/account/profile-role.js';
import { startLookups, type AccountLookups } from '../aws/account/account.js';
import type { Aws } from '../aws/clients.js';
import { findingOf } from '../aws/check/finding.js';
import {
  findAll,
  lookAtOwnAddress,
  looksAtMachines,
  looksAtPermissions,
  looksAtTime,
  type CheckRequest,
  type LookAt,
} from '../aws/check/looks.js';
import { anyFleet } from '../aws/permissions/tag-condition.js';
import { machineStatements } from './permissions/machine.js';
import { ec2Policies } from './permissions/policy.js';
import { checkLaunch } from './check/launch.js';
import { checkMachineRole } from '../aws/check/permissions.js';
import { checkQuota } from '../aws/check/quota.js';
import { checkSessionManager } from '../aws/check/session-manager.js';
import type { Ec2FleetSettings } from './settings.js';

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
  const { caller, machine, image, subnets } = lookups;
  return findAll(aws, settings, request, caller, () => {
    const quota = findingOf(aws, 'quota', checkQuota(aws, settings, machine), 'unknown');
    return [
      ...looksAtTime(settings, request, caller, 'the machine'),
      ...looksAtMachines(settings, lookups),
      ['quota', quota],
      ...(settings.access === 'session-manager'
        ? [['session manager', checkSessionManager(settings.environment)] as const]
        : []),
      lookAtOwnAddress(lookups),
      ...checksOfProfile(aws, settings, request, lookups),
      ...looksAtPermissions(aws, settings, request, caller, ec2Policies),
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
  });
}

/** What the machine is to be, and may do. */
function checksOfProfile(
  aws: Aws,
  settings: Ec2FleetSettings,
  { iamStatements }: CheckRequest,
  { caller }: AccountLookups,
): LookAt[] {
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
