import { setTimeout as delay } from 'node:timers/promises';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { LoadwrightError, type Finding } from '@loadwright/core/fleet';
import { findingOf } from '../../aws/check/finding.js';
import type { Aws } from '../../aws/clients.js';
import type { EcsFleetSettings } from '../settings.js';

/** Codes of https://docs.aws.amazon.com/general/latest/gr/ecs-service.html#limits_ecs */
const quotas = {
  onDemand: { code: 'L-3032A538', name: 'Fargate On-Demand vCPU resource count' },
  spot: { code: 'L-36FBB829', name: 'Fargate Spot vCPU resource count' },
} as const;

/** How long a plan and a deployment wait for what they can do without, in milliseconds. */
const patience = 10_000;

/** Tasks that count against quotas. */
type CountedTasks = Pick<EcsFleetSettings, 'machines' | 'vcpus'>;

/** Spare capacity has a quota of its own. */
function needs({ machines, vcpus }: CountedTasks) {
  return (['onDemand', 'spot'] as const)
    .map((kind) => ({
      ...quotas[kind],
      subject: kind === 'spot' ? 'quota of spot' : 'quota',
      needed: machines[kind] * vcpus,
    }))
    .filter(({ needed }) => needed > 0);
}

/**
 * Do the quotas of vCPUs suffice? What is not reported, or not in time, is unknown. How much of them is in use ECS does not tell: what
 * suffices may be taken by others.
 */
export function fargateQuotas(aws: Aws, settings: CountedTasks): Promise<Finding[]> {
  return Promise.all(
    needs(settings).map(({ subject, code, name, needed }) => {
      const late = { state: 'unknown', detail: `AWS did not tell it within ${patience / 1000} s` } as const;
      const asked = aws.quotas
        .send(new GetServiceQuotaCommand({ ServiceCode: 'fargate', QuotaCode: code }))
        .then(({ Quota }) => judged(aws, `${name} (${code})`, code, Quota?.Value, needed));
      const answer = Promise.race([asked, delay(patience, late, { ref: false, signal: aws.signal })]);
      return findingOf(aws, subject, answer, 'unknown');
    }),
  );
}

function judged(aws: Aws, quota: string, code: string, limit: number | undefined, needed: number) {
  if (limit === undefined) return { state: 'unknown', detail: `AWS did not tell ${quota}` } as const;
  const detail = `${quota}: ${limit} vCPUs, ${needed} needed`;
  if (limit >= needed) return `${detail}, besides what runs already`;
  const request = `aws service-quotas request-service-quota-increase --service-code fargate --quota-code ${code} --desired-value ${needed} --region ${aws.settings.region}`;
  return {
    state: 'problem',
    detail,
    remedy: `Ask for at least ${needed}: ${request}. Or use fewer workers, or fewer vcpus.`,
  } as const;
}

/**
 * ECS would refuse tasks, after all the rest was made.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when a quota is known not to suffice.
 */
export function requireFargateQuotas(
  { workerMachines, vcpus }: EcsFleetSettings,
  found: readonly Finding[],
): void {
  const short = found.find(({ state }) => state === 'problem');
  if (!short) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.workers: found ${workerMachines} tasks of ${vcpus} vCPUs and a master, for which the quota does not suffice: ${short.detail}`,
    { ...(short.remedy !== undefined && { hint: short.remedy }) },
  );
}
