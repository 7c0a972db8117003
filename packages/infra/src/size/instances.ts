/** A machine that could send a load. */
export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  /** What one vCPU is. */
  readonly vcpu: 'thread' | 'core';
  /** What its network always allows, in Mbit/s; more for some minutes. */
  readonly networkMegabits: number;
  /** The share of each vCPU that is included in the price; more costs more. Absent: all of it. */
  readonly cpuBaseline?: number;
}

const sizes = { large: 2, xlarge: 4, '2xlarge': 8, '4xlarge': 16, '8xlarge': 32 } as const;

function family(
  name: string,
  vcpu: InstanceType['vcpu'],
  network: Partial<Record<keyof typeof sizes, number>>,
): InstanceType[] {
  return Object.entries(network).map(([size, networkMegabits]) => ({
    name: `${name}.${size}`,
    vcpus: sizes[size as keyof typeof sizes],
    vcpu,
    networkMegabits,
  }));
}

/** Where the figures below come from, for people. */
export const instanceSources = {
  network:
    'network baselines: aws/karpenter-provider-aws at 01a436f, zz_generated.bandwidth.go (from the EC2 API)',
  vcpu: 'one vCPU is a thread of a core, on Graviton and c7a a core: EC2 User Guide, "CPU options"',
  baseline:
    't3.large: 30 % of each vCPU included, more at 0.05 $ per vCPU-hour: EC2 User Guide, "Burstable performance instances"',
} as const;

export const instanceTypes: readonly InstanceType[] = [
  { name: 't3.large', vcpus: 2, vcpu: 'thread', networkMegabits: 512, cpuBaseline: 0.3 },
  ...family('c7i', 'thread', {
    large: 781,
    xlarge: 1562,
    '2xlarge': 3125,
    '4xlarge': 6250,
    '8xlarge': 12_500,
  }),
  ...family('c7g', 'core', { large: 937, xlarge: 1876, '2xlarge': 3750, '4xlarge': 7500, '8xlarge': 15_000 }),
  ...family('c7a', 'core', { large: 781, xlarge: 1562, '2xlarge': 3125, '4xlarge': 6250, '8xlarge': 12_500 }),
  ...family('m7i', 'thread', { large: 781, xlarge: 1562, '2xlarge': 3125 }),
];
