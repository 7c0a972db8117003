import { setTimeout as delay } from 'node:timers/promises';
import { LoadwrightError, type Finding } from '@loadwright/core/fleet';
import type { MachineType } from '../account/machine.js';
import { lookUpQuota, quotaOf } from '../account/quota.js';
import type { Aws } from '../clients.js';
import { findingOf } from './finding.js';

/** How long a plan and a deployment wait for what they can do without, in milliseconds. */
const patience = 10_000;

/** Machines that count against one quota. */
export interface CountedMachines {
  readonly instanceType: string;
  readonly spot: boolean;
  /** Absent: one. */
  readonly machines?: number;
}

/** Does the quota of vCPUs suffice? Both halves of the answer are looked up at the same time. */
export async function checkQuota(
  aws: Aws,
  { instanceType, spot, machines = 1 }: CountedMachines,
  machine: Promise<Pick<MachineType, 'vcpus'>>,
): Promise<string | Omit<Finding, 'subject'>> {
  const quota = quotaOf(instanceType, spot);
  if (!quota) {
    const detail = `${instanceType} counts against a quota of its own family, which is not looked up`;
    return { state: 'unknown', detail, remedy: 'See it in the AWS console: Service Quotas, Amazon EC2.' };
  }
  const [type, { limit, used }] = await Promise.all([machine, lookUpQuota(aws, quota, spot)]);
  const vcpus = machines * type.vcpus;
  if (limit === undefined)
    return { state: 'unknown', detail: `AWS did not tell ${quota.name} (${quota.code})` };
  const detail = `${quota.name} (${quota.code}): ${limit} vCPUs, ${used} in use, ${vcpus} needed`;
  if (limit - used >= vcpus) return detail;
  return {
    state: 'problem',
    detail,
    remedy: `Ask for at least ${used + vcpus}: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${quota.code} --desired-value ${used + vcpus} --region ${aws.settings.region}. Or end other machines, or choose a smaller instanceType.`,
  };
}

/** The same for who can do without: what is not reported, or not in time, is unknown. */
export function knownQuota(
  aws: Aws,
  settings: CountedMachines,
  account: Promise<{ readonly instanceType: Pick<MachineType, 'vcpus'> }>,
): Promise<Finding> {
  const machine = account.then(({ instanceType }) => instanceType);
  // Not every type needs it, and whoever looks at the account reports that it fails.
  machine.catch(() => {});
  const late = { state: 'unknown', detail: `AWS did not tell it within ${patience / 1000} s` } as const;
  const answer = Promise.race([
    checkQuota(aws, settings, machine),
    delay(patience, late, { ref: false, signal: aws.signal }),
  ]);
  return findingOf(aws, 'quota', answer, 'unknown');
}

/**
 * EC2 would refuse the machine, after all the rest was made.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the quota is known not to suffice.
 */
export function requireQuota(
  { instanceType }: Pick<CountedMachines, 'instanceType'>,
  { state, detail, remedy }: Finding,
): void {
  if (state !== 'problem') return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.instanceType: found ${instanceType}, for which the quota does not suffice: ${detail}`,
    { ...(remedy !== undefined && { hint: remedy }) },
  );
}
