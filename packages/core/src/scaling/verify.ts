import { setTimeout as delay } from 'node:timers/promises';
import type { ScalingObservation } from '../target/scaling-contract.js';
import type { ScaledEndpoint } from './change.js';
import { loadRequests, loadSeconds, type RampLoad } from './simulator/load.js';
import type { SimulatedObjective } from './simulator/simulate.js';

/** What was measured of the requests that were due in some seconds. */
export interface ReplayedInterval {
  /** End, in seconds since the load began. */
  readonly at: number;
  readonly seconds: number;
  /** Null: nothing was answered. */
  readonly p95Seconds: number | null;
  readonly requests: number;
  readonly failures: number;
}

/** How many instances there were, in seconds since the load began. */
export interface InstanceCount {
  readonly at: number;
  readonly current: number;
  readonly desired: number;
}

export interface ReplayScore {
  readonly secondsOutside: number;
  readonly seconds: number;
  readonly requests: number;
  readonly failures: number;
  /** From the beginning of the ramp to a new instance that serves; null: there was none. */
  readonly firstInstanceSeconds: number | null;
  /** From the beginning of the fall to fewer instances; null: there were never fewer. */
  readonly scaleInSeconds: number | null;
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

/** What a verification takes: said before it begins. */
export interface VerificationCost {
  readonly seconds: number;
  readonly requests: number;
  /** Of as many instances as the load asks for, at the peak; absent where no price is known. */
  readonly usDollars?: number;
}

export interface VerificationOptions {
  readonly ramps: readonly RampLoad[];
  readonly objective: SimulatedObjective;
  /** Makes the load, and says what was measured. */
  replay(load: RampLoad, signal: AbortSignal): Promise<readonly ReplayedInterval[]>;
  readonly onRamp?: (ramp: VerifiedRamp) => void;
}

/** How often the number of instances is looked at, in seconds. */
const observeSeconds = 10;

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

/** Replays ramps one after the other against an endpoint as it is, and scores how its scaling carries them. Changes nothing. */
export async function verifyScaling<Options>(
  { scaling, options, context }: ScaledEndpoint<Options>,
  { ramps, objective, replay, onRamp }: VerificationOptions,
): Promise<VerifiedRamp[]> {
  const verified: VerifiedRamp[] = [];
  for (const load of ramps) {
    const since = Date.now();
    const over = new AbortController();
    const counts: InstanceCount[] = [];
    const observe = () => scaling.observe(options, context, since);
    const note = ({ instances }: ScalingObservation) =>
      counts.push({ at: (Date.now() - since) / 1000, ...instances });
    note(await observe());
    const watching = (async () => {
      while (!over.signal.aborted) {
        await delay(observeSeconds * 1000, undefined, { signal: over.signal }).catch(() => {});
        note(await observe());
      }
    })();
    // Whatever fails first is what is told; the other is waited for.
    const [measured] = await Promise.all([
      replay(load, context.signal).finally(() => over.abort()),
      watching,
    ]);
    const ramp = scoreRamp(load, measured, counts, objective);
    verified.push(ramp);
    onRamp?.(ramp);
  }
  return verified;
}

/** What was measured of a ramp, against its objective. */
export function scoreRamp(
  load: RampLoad,
  measured: readonly ReplayedInterval[],
  counts: readonly InstanceCount[],
  objective: SimulatedObjective,
): VerifiedRamp {
  const outside = measured.filter(
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
  const held = counts.map(
    (count, index) => ((counts[index + 1]?.at ?? loadSeconds(load)) - count.at) * count.desired,
  );
  const score: ReplayScore = {
    secondsOutside: sum(outside, ({ seconds }) => seconds),
    seconds: sum(measured, ({ seconds }) => seconds),
    requests: sum(measured, ({ requests }) => requests),
    failures: sum(measured, ({ failures }) => failures),
    firstInstanceSeconds: more ? more.at - load.leadSeconds : null,
    scaleInSeconds: fewer ? fewer.at - fallBegins : null,
    instanceHours: sum(held, (seconds) => Math.max(0, seconds)) / 3600,
    mostInstances: counts.reduce((most, { desired }) => Math.max(most, desired), 0),
  };
  return { load, counts, score, holds: score.secondsOutside === 0 };
}
