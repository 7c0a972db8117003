import {
  DescribeInstanceTypesCommand,
  paginateDescribeInstanceTypeOfferings,
  type _InstanceType,
} from '@aws-sdk/client-ec2';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';

/** Processors that Ubuntu's images and Locust's container are made for. */
export const architectures = ['x86_64', 'arm64'] as const;

export type Architecture = (typeof architectures)[number];

/** A type of machine. */
export interface MachineType {
  readonly vcpus: number;
  readonly architecture: Architecture;
  readonly memoryMebibytes: number;
  /** Zones of the region that have it. */
  readonly zones: readonly string[];
}

/** @throws LoadwrightError `CONFIG_INVALID` when it cannot run the load; an error of AWS when it is unknown. */
export async function lookUpMachineType(aws: Aws, instanceType: string): Promise<MachineType> {
  const [{ InstanceTypes = [] }, zones] = await Promise.all([
    aws.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: [instanceType as _InstanceType] })),
    offeringZones(aws, instanceType),
  ]);
  const [found] = InstanceTypes;
  const architecture = architectures.find((name) =>
    found?.ProcessorInfo?.SupportedArchitectures?.includes(name),
  );
  if (architecture === undefined || zones.length === 0) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      found && architecture === undefined
        ? `fleet.instanceType: found ${instanceType}, which has neither an x86_64 nor an arm64 processor`
        : `fleet.instanceType: found ${instanceType}, which is not offered in ${aws.settings.region}`,
      {
        hint: 'Set instanceType to another one, such as c7i.4xlarge or c7g.4xlarge, or choose another region.',
      },
    );
  }
  return {
    vcpus: found?.VCpuInfo?.DefaultVCpus ?? 0,
    architecture,
    memoryMebibytes: found?.MemoryInfo?.SizeInMiB ?? 0,
    zones,
  };
}

async function offeringZones(aws: Aws, instanceType: string): Promise<string[]> {
  const zones: string[] = [];
  const pages = paginateDescribeInstanceTypeOfferings(
    { client: aws.ec2 },
    {
      LocationType: 'availability-zone',
      Filters: [{ Name: 'instance-type', Values: [instanceType] }],
    },
  );
  for await (const { InstanceTypeOfferings = [] } of pages) {
    zones.push(...InstanceTypeOfferings.map(({ Location = '' }) => Location));
  }
  return zones;
}
