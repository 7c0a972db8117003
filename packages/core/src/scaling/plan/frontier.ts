import type {
  InstanceCapacity,
  ScalingCosts,
  ScalingDemand,
  ScalingWay,
} from '../../target/scaling-contract.js';
import { defaultAssumptions } from '../simulator/model.js';
import type { SimulationResult } from '../simulator/simulate.js';
import { handFormula, planScaling } from './plan.js';

/** What a way of scaling holds, and what it costs: from the one end of the capacity's interval to the other. */
export interface FrontierRow {
  readonly name: string;
  /** Instances at the base and at the peak, with the lower end of the capacity. */
  readonly instances: ScalingWay['instances'];
  /** The highest rate that these instances at the peak hold, in requests a second. */
  readonly holds: readonly [low: number, high: number];
  /** Instances on average, with the load at its peak for a quarter of the time. */
  readonly meanInstances: readonly [low: number, high: number];
  /** US dollars a month of 730 hours; absent where no price is known. */
  readonly usDollarsPerMonth?: readonly [low: number, high: number];
  /** Whether it carries the ramp; absent: nobody simulated it. */
  readonly carries?: boolean;
}

const peakShare = 0.25;
const hoursOfMonth = 730;
/** Arrivals at random need a rest. */
const fixedShare = 0.85;

/** What people name the ways of {@link instanceCosts}. */
export const wayNames = {
  recommended: 'Recommended',
  hand: 'Hand formula (× 0.5)',
  fixed: 'Fixed for the peak',
  half: 'Fixed, half of the peak',
} as const;

/** The costs of scaling whole instances, each of which holds the capacity that was calibrated. */
export function instanceCosts(capacity: InstanceCapacity, demand: ScalingDemand): ScalingCosts {
  const rate = capacity.requestsPerSecond.low;
  const { headroom, rules } = planScaling(capacity, demand, {
    ...defaultAssumptions,
    startSeconds: demand.startSeconds,
  });
  const full = (share: number) => Math.ceil(demand.peakPerSecond / (share * rate));
  return {
    ...{ units: 'instances', requestsPerUnit: rate },
    ways: [
      {
        name: wayNames.recommended,
        instances: [rules.min, Math.max(full(headroom.factor), headroom.instances)],
      },
      { name: wayNames.hand, instances: [handFormula(capacity, demand).min, full(0.5)] },
      ...fixedWays(full),
    ],
  };
}

/** What scales by nothing. @param full Instances that the peak fills to a share of their capacity. */
export function fixedWays(full: (share: number) => number): ScalingWay[] {
  return [
    { name: wayNames.fixed, instances: [full(fixedShare), full(fixedShare)] },
    { name: wayNames.half, instances: [full(2 * fixedShare), full(2 * fixedShare)] },
  ];
}

/**
 * The recommendation against what people do otherwise: cost against capacity, with intervals.
 *
 * @param costsOf The costs with a capacity whose interval is a single rate.
 * @param usDollarsPerHour Of one instance, or of whatever the costs count.
 */
export function capacityFrontier(
  costsOf: (capacity: InstanceCapacity) => ScalingCosts,
  capacity: InstanceCapacity,
  usDollarsPerHour?: number,
): FrontierRow[] {
  const at = (rate: number) => costsOf({ ...capacity, requestsPerSecond: { low: rate, high: rate } });
  const { low, high } = capacity.requestsPerSecond;
  const [dear, cheap] = [at(low), at(high)];
  const mean = ([base, peak]: ScalingWay['instances']) => (1 - peakShare) * base + peakShare * peak;
  return dear.ways.map(({ name, instances }, index) => {
    const means = [mean(cheap.ways[index]!.instances), mean(instances)] as const;
    const ofMonth = (usDollars: number) => means.map((count) => count * usDollars * hoursOfMonth);
    return {
      ...{ name, instances, meanInstances: means },
      holds: [instances[1] * dear.requestsPerUnit, instances[1] * cheap.requestsPerUnit] as const,
      ...(usDollarsPerHour !== undefined && {
        usDollarsPerMonth: ofMonth(usDollarsPerHour) as [low: number, high: number],
      }),
    };
  });
}

/**
 * What a simulation says of each way. One that was not simulated, and whose instances do not hold the peak, cannot carry it.
 *
 * @param results By the names of the rows.
 */
export function withOutcomes(
  rows: readonly FrontierRow[],
  results: readonly SimulationResult[],
  peakPerSecond: number,
): FrontierRow[] {
  return rows.map((row) => {
    const result = results.find(({ name }) => name === row.name);
    if (result) return { ...row, carries: result.score.secondsOutside === 0 };
    return row.holds[1] < peakPerSecond ? { ...row, carries: false } : row;
  });
}
