import type { Finding } from '@loadwright/core/fleet';
import type { MachineType } from '../aws/account/machine.js';
import { knownQuota, requireQuota, type CountedMachines } from '../aws/check/quota.js';
import type { Aws } from '../aws/clients.js';
import type { EcsFleetSettings } from './settings.js';

/** The machines of a fleet by the quotas that they count against: spare capacity has one of its own. */
export function countedMachines({ instanceType, machines }: EcsFleetSettings): CountedMachines[] {
  const all = [
    { instanceType, spot: false, machines: machines.onDemand },
    { instanceType, spot: true, machines: machines.spot },
  ];
  return all.filter(({ machines: count }) => count > 0);
}

/** Do the quotas of vCPUs suffice? What AWS does not report is unknown. */
export function knownQuotas(
  aws: Aws,
  settings: EcsFleetSettings,
  account: Promise<{ readonly instanceType: Pick<MachineType, 'vcpus'> }>,
): Promise<Finding[]> {
  return Promise.all(countedMachines(settings).map((counted) => knownQuota(aws, counted, account)));
}

/**
 * EC2 would refuse machines, after all the rest was made.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when a quota is known not to suffice.
 */
export function requireQuotas(settings: EcsFleetSettings, quotas: readonly Finding[]): void {
  for (const quota of quotas) requireQuota(settings, quota);
}
