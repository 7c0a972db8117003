import type { ScalingLag } from './lag.js';

/** A load that rises in a straight line, in requests a second and seconds. */
export interface Rise {
  readonly basePerSecond: number;
  readonly peakPerSecond: number;
  readonly rampSeconds: number;
}

/** How many instances to begin with, and at which share of their capacity to ask for more. */
export interface Headroom {
  readonly instances: number;
  readonly factor: number;
  /** Load at which the alarm fires, and load when the first new instance serves, in requests a second. */
  readonly from: number;
  readonly to: number;
}

/** Nobody plans with instances that are full: arrivals at random, and rounding, need a rest. */
const mostFactor = 0.85;
/** Below it more than four instances would stand where one serves. */
const leastFactor = 0.25;

/**
 * The largest factor with which so many instances carry the rise.
 *
 * Two things must hold. Until the first help comes, the load must not exceed what is there: with the growth `(1 + r)` a minute and
 * the lag `L` the factor is at most `1 / (1 + r)^L`. And what then comes must last until the next help: an endpoint that is being
 * changed cannot be changed again, so that this is a start, a pause and another start later.
 *
 * @param capacity of one instance, in requests a second.
 * @returns undefined when no factor does.
 */
export function headroomOf(
  instances: number,
  capacity: number,
  rise: Rise,
  lag: ScalingLag,
): Headroom | undefined {
  const { basePerSecond: base, peakPerSecond: peak, rampSeconds } = rise;
  const slope = (peak - base) / rampSeconds;
  const held = instances * capacity;
  const first = slope * (lag.detectionSeconds + lag.startSeconds);
  const next = slope * (2 * lag.startSeconds + lag.cooldownSeconds);
  for (let percent = mostFactor * 100; percent >= leastFactor * 100; percent -= 1) {
    const factor = percent / 100;
    const from = factor * held;
    if (base > from) continue;
    const to = Math.min(peak, from + first);
    const decided = Math.min(peak, from + slope * lag.detectionSeconds);
    const isCarried =
      to <= held && Math.min(peak, decided + next) <= Math.ceil(decided / (factor * capacity)) * capacity;
    if (isCarried) return { instances, factor, from, to };
  }
  return undefined;
}

/** Weight of the hours at the base: most loads are at their peak for a quarter of the day. */
const baseShare = 0.75;

/** Instances on average, when the load is at its peak for a quarter of the time. */
export function meanInstances({ instances, factor }: Headroom, capacity: number, rise: Rise): number {
  return baseShare * instances + (1 - baseShare) * Math.ceil(rise.peakPerSecond / (factor * capacity));
}

/**
 * The cheapest headroom that carries the rise. There always is one: as many instances as the peak needs.
 */
export function cheapestHeadroom(capacity: number, rise: Rise, lag: ScalingLag): Headroom {
  const most = Math.ceil(rise.peakPerSecond / (mostFactor * capacity));
  const least = Math.max(1, Math.ceil(rise.basePerSecond / (mostFactor * capacity)));
  let best: Headroom = {
    instances: most,
    factor: mostFactor,
    from: rise.peakPerSecond,
    to: rise.peakPerSecond,
  };
  for (let instances = least; instances < most; instances += 1) {
    const found = headroomOf(instances, capacity, rise, lag);
    if (found && meanInstances(found, capacity, rise) < meanInstances(best, capacity, rise)) best = found;
  }
  return best;
}

/**
 * Instances with which one jump to all that the peak needs is in time, when the alarm fires a little above the base.
 *
 * @returns the instances, and the load at which the alarm fires.
 */
export function jumpHeadroom(capacity: number, rise: Rise, lag: ScalingLag): Headroom {
  const { basePerSecond: base, peakPerSecond: peak, rampSeconds } = rise;
  const from = Math.min(peak, base * aboveBase + (base === 0 ? capacity * 0.1 : 0));
  const to = Math.min(peak, from + ((peak - base) / rampSeconds) * (lag.detectionSeconds + lag.startSeconds));
  const instances = Math.max(1, Math.ceil(to / (mostFactor * capacity)));
  return { instances, factor: mostFactor, from, to };
}

/** A jump must not answer to the base's own ups and downs. */
const aboveBase = 1.3;
