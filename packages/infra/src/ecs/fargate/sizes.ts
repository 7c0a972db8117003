/** What a task on Fargate may have of memory, in GiB, by its vCPUs. */
interface MemoryRange {
  readonly from: number;
  readonly to: number;
  /** It grows in steps of so many. */
  readonly step: number;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size */
const ranges: ReadonlyMap<number, MemoryRange> = new Map([
  [0.25, { from: 0.5, to: 2, step: 0.5 }],
  [0.5, { from: 1, to: 4, step: 1 }],
  [1, { from: 2, to: 8, step: 1 }],
  [2, { from: 4, to: 16, step: 1 }],
  [4, { from: 8, to: 30, step: 1 }],
  [8, { from: 16, to: 60, step: 4 }],
  [16, { from: 32, to: 120, step: 8 }],
]);

/** The sizes that tasks have. */
export const fargateVcpus = [0.25, 0.5, 1, 2, 4, 8, 16] as const;

/** Like a c7i.large: compute for load generators, and as little memory as goes with it. */
export const defaultVcpus = 2;

/** Why a task cannot have that much memory; undefined: it can. */
export function memoryProblem(vcpus: number, gigabytes: number): string | undefined {
  const range = ranges.get(vcpus);
  // There is no 1.5 in any range, and 0.5 in one alone.
  if (!range) return undefined;
  const { from, to, step } = range;
  if (gigabytes >= from && gigabytes <= to && (gigabytes - from) % step === 0) return undefined;
  const steps = step === 1 ? '' : ` in steps of ${step}`;
  return vcpus === 0.25
    ? 'must be 0.5, 1 or 2 with 0.25 vCPUs'
    : `must be ${from} to ${to}${steps} with ${vcpus} ${vcpus === 1 ? 'vCPU' : 'vCPUs'}`;
}

/** The least memory of each size is twice its vCPUs. */
export function defaultMemory(vcpus: number): number {
  return ranges.get(vcpus)?.from ?? vcpus * 2;
}
