import { paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import type { Aws } from '../clients.js';

/** A limit on the vCPUs that run at the same time. */
export interface Quota {
  readonly code: string;
  readonly name: string;
}

/** Codes of https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html */
const quotas = {
  onDemand: {
    code: 'L-1216C47A',
    name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
  },
  spot: {
    code: 'L-34B43A08',
    name: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests',
  },
} as const;

/** The families that share a quota; `inf`, `hpc`, `dl` and `trn` have others. */
const standardFamily = /^([acdmrtz]\d|h1|i\d|im\d|is\d)/;

/** The quota that a type counts against; undefined for families that have one of their own. */
export function quotaOf(instanceType: string, spot: boolean): Quota | undefined {
  return standardFamily.test(instanceType) ? quotas[spot ? 'spot' : 'onDemand'] : undefined;
}

/** In vCPUs. */
export interface QuotaUse {
  /** Undefined: AWS does not tell it. */
  readonly limit: number | undefined;
  readonly used: number;
}

/** How much of a quota there is, and how much of it is in use. */
export async function lookUpQuota(aws: Aws, { code }: Quota, spot: boolean): Promise<QuotaUse> {
  const [{ Quota: found }, used] = await Promise.all([
    aws.quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: code })),
    vcpusInUse(aws, spot),
  ]);
  return { limit: found?.Value, used };
}

async function vcpusInUse(aws: Aws, spot: boolean): Promise<number> {
  let vcpus = 0;
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: aws.ec2 }, { Filters })) {
    for (const { InstanceType = '', InstanceLifecycle, CpuOptions, Placement } of Reservations.flatMap(
      ({ Instances = [] }) => Instances,
    )) {
      if (!standardFamily.test(InstanceType) || (InstanceLifecycle === 'spot') !== spot) continue;
      // Dedicated hosts have quotas of their own.
      if (Placement?.Tenancy === 'host') continue;
      vcpus += (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1);
    }
  }
  return vcpus;
}
