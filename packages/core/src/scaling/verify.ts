import { setTimeout as delay } from 'node:timers/promises';
import type { ScalingObservation } from '../target/scaling-contract.js';
import { requireVerifiable, type ScaledEndpoint } from './change.js';
import { quickened, type Replay, type ReplayedInterval } from './replay.js';
import { loadRequests, loadSeconds, type RampLoad } from './simulator/load.js';
import type { SimulatedObjective } from './simulator/simulate.js';

/** How many instances there were, in seconds since the load began. */
export interface InstanceCount {
  readonly at: number;
  readonly current: number;
  readonly desired: number;
}

/** How the scaling carried a load. Seconds are those of the service. */
export interface ReplayScore {
  /** Seconds in which the objective did not hold. */
  readonly secondsOutside: number;
  /** All seconds of the load. */
  readonly seconds: number;
  readonly requests: number;
  readonly failures: number;
  /** From the beginning of the ramp to a new instance that serves; null: there was none. */
  readonly firstInstanceSeconds: number | null;
  /** From the beginning of the fall to fewer instances; null: there were never fewer. */
  readonly scaleInSeconds: number | null;
  /** Instances, summed over the time that each was there. */
  readonly instanceHours: number;
  readonly mostInstances: number;
}

/** A ramp that was replayed, and how the scaling carried it. */
export interface VerifiedRamp {
  readonly load: RampLoad;
  readonly counts: readonly InstanceCount[];
  readonly score: ReplayScore;
  readonly holds: boolean;
}

/** What a verification takes of the endpoint: said before it begins. */
export interface VerificationCost {
  readonly seconds: number;
  readonly requests: number;
  /** Of as many instances as the load asks for, at the peak; absent where no price is known. */
  readonly usDollars?: number;
}

export interface VerificationOptions {
  readonly ramps: readonly RampLoad[];
  readonly objective: SimulatedObjective;
  /** Of a ramp that still counts as carried, in seconds of the service. Default 0. */
  readonly allowedSecondsOutside?: number;
  /**
   * Seconds of the service in one of this machine: of an emulator whose clock goes faster. Ramps and scores are in seconds of the
   * service. Default 1.
   */
  readonly timeScale?: number;
  /** Makes the load, quickened by the time scale, and says what was measured. */
  replay(load: RampLoad, signal: AbortSignal): Promise<Replay>;
  readonly onRamp?: (ramp: VerifiedRamp) => void;
}

/** How often the number of instances is looked at, in seconds of the service; and at most, in milliseconds of this machine. */
const observeSeconds = 10;
const leastMilliseconds = 500;

/**
 * The ramps of a verification: the one that is to be carried, and one that is twice as slow. A quarter of an hour must go by after
 * the fall before target tracking takes an instance back; without requests it would not, so that the base goes on.
 */
export function verificationRamps(
  load: Pick<RampLoad, 'basePerSecond' | 'peakPerSecond' | 'rampSeconds'>,
): RampLoad[] {
  const times = { leadSeconds: 300, holdSeconds: 600, tailSeconds: 1800 };
  return [1, 2].map((factor) => {
    const rampSeconds = factor * load.rampSeconds;
    return { ...load, ...times, rampSeconds, fallSeconds: rampSeconds };
  });
}

/**
 * What a verification takes, before it begins.
 *
 * @param instancesPerSecond Instances for each request a second: at the peak so many are assumed for the whole load.
 * @param usDollarsPerHour Of one instance. Absent: the price is not known.
 */
export function verificationCost(
  ramps: readonly RampLoad[],
  instancesPerSecond: number,
  usDollarsPerHour?: number,
): VerificationCost {
  const sum = (value: (load: RampLoad) => number) => ramps.reduce((total, load) => total + value(load), 0);
  const instanceHours = sum((load) => (loadSeconds(load) * load.peakPerSecond * instancesPerSecond) / 3600);
  return {
    seconds: sum(loadSeconds),
    requests: Math.round(sum(loadRequests)),
    ...(usDollarsPerHour !== undefined && { usDollars: instanceHours * usDollarsPerHour }),
  };
}

/**
 * Replays ramps one after the other against an endpoint as it is, and scores how its scaling carries them. Changes nothing.
 *
 * @throws what {@link requireVerifiable} throws, before the first request; what the replay throws, which a failed observation ends, or what the observation does.
 */
export async function verifyScaling<Options>(
  endpoint: ScaledEndpoint<Options>,
  options: VerificationOptions,
): Promise<VerifiedRamp[]> {
  const { ramps, objective, allowedSecondsOutside, timeScale = 1, onRamp } = options;
  await requireVerifiable(endpoint);
  const verified: VerifiedRamp[] = [];
  for (const load of ramps) {
    const { replay, counts } = await watched(endpoint, quickened(load, timeScale), options);
    const since = counts.map(({ at, ...count }) => ({
      ...count,
      at: ((at - replay.startedAt) / 1000) * timeScale,
    }));
    const ramp = scoreRamp(load, replay.intervals, since, objective, allowedSecondsOutside);
    verified.push(ramp);
    onRamp?.(ramp);
  }
  return verified;
}

/** Replays a ramp, and looks at the number of instances meanwhile: `at` is in milliseconds since 1970. */
async function watched<Options>(
  { scaling, options, context }: ScaledEndpoint<Options>,
  load: RampLoad,
  { replay, timeScale = 1 }: VerificationOptions,
): Promise<{ replay: Replay; counts: InstanceCount[] }> {
  const counts: InstanceCount[] = [];
  const began = Date.now();
  const look = async () => {
    const { instances }: ScalingObservation = await scaling.observe(options, context, began);
    counts.push({ at: Date.now(), ...instances });
  };
  await look();
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const pause = Math.max(leastMilliseconds, (observeSeconds * 1000) / timeScale);
  const watch = async () => {
    for (;;) {
      await delay(pause, undefined, { signal }).catch(() => {});
      await look();
      if (signal.aborted) return;
    }
  };
  const watching = watch();
  watching.catch((error: unknown) => over.abort(error));
  // What the end of the load says comes first: resources may remain.
  const measured = await replay(load, signal).finally(() => over.abort());
  await watching;
  return { replay: measured, counts };
}

/** What was measured of a ramp, against its objective. */
export function scoreRamp(
  load: RampLoad,
  measured: readonly ReplayedInterval[],
  counts: readonly InstanceCount[],
  objective: SimulatedObjective,
  allowedSecondsOutside = 0,
): VerifiedRamp {
  // What came due in the moment of its end is no whole interval.
  const judged = measured.filter(({ at }) => at <= loadSeconds(load) + 1e-6);
  const outside = judged.filter(
    ({ p95Seconds, failures, requests }) =>
      (p95Seconds ?? 0) > objective.p95Seconds || failures > objective.failureShare * requests,
  );
  const sum = <Item>(items: readonly Item[], value: (item: Item) => number) =>
    items.reduce((total, item) => total + value(item), 0);
  const fallBegins = load.leadSeconds + load.rampSeconds + load.holdSeconds;
  const atRamp = counts.findLast(({ at }) => at <= load.leadSeconds)?.current ?? counts[0]?.current ?? 0;
  const atFall = counts.findLast(({ at }) => at <= fallBegins)?.desired ?? atRamp;
  const more = counts.find(({ at, current }) => at > load.leadSeconds && current > atRamp);
  const fewer = counts.find(({ at, desired }) => at > fallBegins && desired < atFall);
  const within = (at: number) => Math.min(loadSeconds(load), Math.max(0, at));
  const held = counts.map(
    (count, index) => (within(counts[index + 1]?.at ?? Infinity) - within(count.at)) * count.desired,
  );
  const score: ReplayScore = {
    secondsOutside: sum(outside, ({ seconds }) => seconds),
    seconds: sum(judged, ({ seconds }) => seconds),
    requests: sum(judged, ({ requests }) => requests),
    failures: sum(judged, ({ failures }) => failures),
    firstInstanceSeconds: more ? more.at - load.leadSeconds : null,
    scaleInSeconds: fewer ? fewer.at - fallBegins : null,
    instanceHours: sum(held, (seconds) => seconds) / 3600,
    mostInstances: counts.reduce((most, { desired }) => Math.max(most, desired), 0),
  };
  return { load, counts, score, holds: score.secondsOutside <= allowedSecondsOutside };
}
