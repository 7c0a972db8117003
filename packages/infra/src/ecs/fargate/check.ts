import type { Finding } from '@loadwright/core/fleet';
import type { CheckRequest } from '../../aws/check/looks.js';
import type { Aws } from '../../aws/clients.js';
import { checkAll } from '../check.js';
import type { EcsFleetSettings } from '../settings.js';
import { startLookups } from './account.js';
import { fargateQuotas } from './quotas.js';

/** Everything that would keep the tasks from being started, all at once, each with its remedy. Makes nothing. */
export async function checkFargate(
  aws: Aws,
  settings: EcsFleetSettings,
  request: CheckRequest,
): Promise<readonly Finding[]> {
  const { network, places, ...lookups } = startLookups(aws, settings);
  const found = await checkAll(aws, settings, request, { ...lookups, places: () => places }, () => [
    [
      'network',
      network.then(
        ({ subnets, hasPublicAddress }) =>
          `${subnets.map(({ id, zone }) => `${id} in ${zone}`).join(', ')}, with ${hasPublicAddress ? 'public' : 'private'} addresses`,
      ),
    ],
  ]);
  return found.length === 1 ? found : [...found, ...(await fargateQuotas(aws, settings))];
}
