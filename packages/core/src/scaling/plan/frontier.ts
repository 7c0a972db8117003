import type { InstanceCapacity, ScalingDemand } from '../../target/scaling-contract.js';
import { defaultAssumptions } from '../simulator/model.js';
import { handFormula, planScaling } from './plan.js';

/** What a way of scaling holds, and what it costs: from the one end of the capacity's interval to the other. */
export interface FrontierRow {
  readonly name: string;
  /** Instances at the base and at the peak, with the lower end of the capacity. */
  readonly instances: readonly [base: number, peak: number];
  /** The highest rate that these instances at the peak hold, in requests a second. */
  readonly holds: readonly [low: number, high: number];
  /** Instances on average, with the load at its peak for a quarter of the time. */
  readonly meanInstances: readonly [low: number, high: number];
  /** US dollars a month of 730 hours; absent where no price is known. */
  readonly usDollarsPerMonth?: readonly [low: number, high: number];
  /** Whether it carries the ramp; null: a simulation says. */
  readonly carries: boolean | null;
}

const peakShare = 0.25;
const hoursOfMonth = 730;

/** The recommendation against what people do otherwise: cost against capacity, with intervals. */
export function capacityFrontier(
  capacity: InstanceCapacity,
  demand: ScalingDemand,
  usDollarsPerHour?: number,
): FrontierRow[] {
  const { low, high } = capacity.requestsPerSecond;
  const timed = { ...defaultAssumptions, startSeconds: demand.startSeconds };
  const at = (rate: number) => {
    const known = { ...capacity, requestsPerSecond: { low: rate, high: rate } };
    const plan = planScaling(known, demand, timed);
    const full = (share: number) => Math.ceil(demand.peakPerSecond / (share * rate));
    const hand = handFormula(known, demand);
    return {
      Recommended: [plan.headroom.instances, Math.max(full(plan.headroom.factor), plan.headroom.instances)],
      'Hand formula (× 0.5)': [hand.min, full(0.5)],
      'Fixed for the peak': [full(fixedShare), full(fixedShare)],
      'Fixed, half of the peak': [full(2 * fixedShare), full(2 * fixedShare)],
    } as Record<string, [base: number, peak: number]>;
  };
  const [dear, cheap] = [at(low), at(high)];
  const mean = ([base, peak]: readonly [number, number]) => (1 - peakShare) * base + peakShare * peak;
  return Object.entries(dear).map(([name, instances]) => {
    const means = [mean(cheap[name]!), mean(instances)] as const;
    return {
      ...{ name, instances, holds: [instances[1] * low, instances[1] * high] as const, meanInstances: means },
      ...(usDollarsPerHour !== undefined && {
        usDollarsPerMonth: [
          means[0] * usDollarsPerHour * hoursOfMonth,
          means[1] * usDollarsPerHour * hoursOfMonth,
        ] as const,
      }),
      carries: carries[name] ?? null,
    };
  });
}

const carries: Readonly<Record<string, boolean>> = {
  Recommended: true,
  'Fixed for the peak': true,
  'Fixed, half of the peak': false,
};

/** Arrivals at random need a rest. */
const fixedShare = 0.85;
