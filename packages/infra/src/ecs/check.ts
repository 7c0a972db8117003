import type { Finding } from '@loadwright/core/fleet';
import { startLookups, type AccountLookups } from '../aws/account/account.js';
import {
  findAll,
  lookAtOwnAddress,
  looksAtMachines,
  looksAtPermissions,
  looksAtTime,
  type CheckRequest,
  type Found,
  type LookAt,
} from '../aws/check/looks.js';
import { checkQuota } from '../aws/check/quota.js';
import { checkSessionManager } from '../aws/check/session-manager.js';
import type { Aws } from '../aws/clients.js';
import { checksOfGivenRoles } from './given-roles.js';
import { requireOwnPlaces } from './own-places.js';
import { ecsPolicies } from './permissions/statements.js';
import { countedMachines } from './quotas.js';
import { requireAccess, type EcsFleetSettings } from './settings.js';

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
  return checkAll(
    aws,
    settings,
    request,
    { ...lookups, places: () => requireOwnPlaces(aws, settings) },
    () => [
      ...looksAtMachines(settings, lookups),
      ...countedMachines(settings).map(
        (counted) =>
          [
            counted.spot ? 'quota of spot' : 'quota',
            checkQuota(aws, counted, lookups.machine),
            'unknown',
          ] as const,
      ),
    ],
  );
}

/** What is looked at whatever the containers run on, and what of that is its own. */
export function checkAll(
  aws: Aws,
  settings: EcsFleetSettings,
  request: CheckRequest,
  lookups: Pick<AccountLookups, 'caller' | 'address'> & { readonly places: () => Promise<void> },
  own: () => readonly LookAt[],
): Promise<readonly Finding[]> {
  const { caller, places } = lookups;
  const what = `each ${settings.launchType === 'fargate' ? 'task' : 'machine'}`;
  return findAll(aws, settings, request, caller, () => [
    ...looksAtTime(settings, request, caller, what),
    ['web UI', checkAccess(settings)],
    ...own(),
    ['cluster and repository', places().then(() => describePlaces(settings))],
    ...checksOfGivenRoles(aws, settings, caller),
    lookAtOwnAddress(lookups),
    ...looksAtPermissions(aws, settings, request, caller, ecsPolicies),
  ]);
}

async function checkAccess(settings: EcsFleetSettings): Promise<Found> {
  requireAccess(settings);
  return settings.access === 'session-manager' ? checkSessionManager(settings.environment) : settings.access;
}

function describePlaces({ cluster, repository }: EcsFleetSettings): string {
  return `${cluster === undefined ? 'a cluster of its own' : `the cluster ${cluster}`}, the repository ${repository}`;
}
