import { uniformNumbers } from '../../values/random.js';

/** A rate that goes in straight lines, in requests a second. */
export interface RampLoad {
  readonly basePerSecond: number;
  readonly peakPerSecond: number;
  /** Before the ramp. */
  readonly leadSeconds: number;
  readonly rampSeconds: number;
  /** At the peak. */
  readonly holdSeconds: number;
  /** Back to the base. */
  readonly fallSeconds: number;
  /** At the base again. */
  readonly tailSeconds: number;
}

/** How long the whole load takes, in seconds. */
export function loadSeconds(load: RampLoad): number {
  return load.leadSeconds + load.rampSeconds + load.holdSeconds + load.fallSeconds + load.tailSeconds;
}

/** Requests of the whole load, on average. */
export function loadRequests(load: RampLoad): number {
  const { basePerSecond: base, peakPerSecond: peak } = load;
  return (
    base * (load.leadSeconds + load.tailSeconds) +
    peak * load.holdSeconds +
    ((base + peak) / 2) * (load.rampSeconds + load.fallSeconds)
  );
}

/** The rate in requests a second. @param at In seconds since the load began; after its end the rate is that of the base. */
export function rateAt(load: RampLoad, at: number): number {
  const { basePerSecond: base, peakPerSecond: peak } = load;
  const rampEnds = load.leadSeconds + load.rampSeconds;
  const fallBegins = rampEnds + load.holdSeconds;
  if (at < load.leadSeconds) return base;
  if (at < rampEnds) return base + ((peak - base) * (at - load.leadSeconds)) / load.rampSeconds;
  if (at < fallBegins) return peak;
  if (at < fallBegins + load.fallSeconds)
    return peak - ((peak - base) * (at - fallBegins)) / load.fallSeconds;
  return base;
}

/**
 * Times at which requests arrive: a Poisson process whose rate changes, by thinning one of the highest rate
 * (Lewis and Shedler 1979).
 */
export function* arrivalTimes(load: RampLoad, seed: number): Generator<number> {
  const uniform = uniformNumbers(seed);
  const most = Math.max(load.basePerSecond, load.peakPerSecond);
  const end = loadSeconds(load);
  for (let at = 0; ;) {
    at -= Math.log(1 - uniform()) / most;
    if (at >= end) return;
    if (uniform() * most < rateAt(load, at)) yield at;
  }
}
