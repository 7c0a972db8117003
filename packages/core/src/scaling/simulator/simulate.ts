import { LoadwrightError } from '../../errors.js';
import { SimulatedEndpoint } from './endpoint.js';
import { arrivalTimes, loadRequests, loadSeconds, rateAt, type RampLoad } from './load.js';
import type { ScalingAssumptions, ScalingRules, SimulatedActivity, SimulatedService } from './model.js';

/** What must hold, in every interval of ten seconds. */
export interface SimulatedObjective {
  /** Response time of the 95th percentile, in seconds. */
  readonly p95Seconds: number;
  /** Share of requests that may fail. */
  readonly failureShare: number;
}

export interface Simulation {
  readonly name: string;
  readonly service: SimulatedService;
  readonly rules: ScalingRules;
  readonly assumptions: ScalingAssumptions;
  /** Instances at the start. */
  readonly instances: number;
  readonly load: RampLoad;
  readonly objective: SimulatedObjective;
  readonly seed: number;
}

/** Ten seconds of a simulation. */
export interface SimulatedPoint {
  /** End, in seconds since the start. */
  readonly at: number;
  /** Requests a second that were offered. */
  readonly offered: number;
  readonly serving: number;
  readonly desired: number;
  /** Percentiles of the response times in seconds, of the requests that arrived; null when none was answered. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly failures: number;
  readonly requests: number;
  readonly holds: boolean;
  /** Instance-hours so far. */
  readonly instanceHours: number;
}

/** What a simulation of one way to scale gave. */
export interface SimulationResult {
  readonly name: string;
  readonly points: readonly SimulatedPoint[];
  readonly activities: readonly SimulatedActivity[];
  readonly score: SimulationScore;
}

/** How well a way to scale carried a load, and what it took. */
export interface SimulationScore {
  /** Seconds in which the objective did not hold, of all. */
  readonly secondsOutside: number;
  readonly seconds: number;
  readonly requests: number;
  readonly failures: number;
  /** From the beginning of the ramp to a new instance that serves; null when there was none. */
  readonly firstInstanceSeconds: number | null;
  /** From the beginning of the fall to fewer instances; null when there was none. */
  readonly scaleInSeconds: number | null;
  readonly instanceHours: number;
  readonly mostInstances: number;
}

const step = 10;
/** A simulation of more would take minutes. */
const mostRequests = 60_000_000;

/**
 * Runs a load against an endpoint that scales, request by request and as fast as it can. The same input gives the same result.
 *
 * @throws LoadwrightError `USAGE` for a load of more than 60 million requests.
 */
export function simulateScaling(simulation: Simulation): SimulationResult {
  const { load, objective, seed, name } = simulation;
  if (loadRequests(load) > mostRequests) {
    throw new LoadwrightError(
      'USAGE',
      'This load has more than 60 million requests, which are too many to simulate.',
      {
        hint: 'Divide the rates and the capacity of an instance by the same number: the picture stays the same.',
      },
    );
  }
  const endpoint = new SimulatedEndpoint(simulation);
  const points: SimulatedPoint[] = [];
  const window = new TimesOfWindow();
  const close = (at: number) => {
    endpoint.advance(at);
    const { requests, failures } = window;
    const [p50, p95] = [window.percentile(0.5), window.percentile(0.95)];
    const holds = (p95 ?? 0) <= objective.p95Seconds && failures <= objective.failureShare * requests;
    points.push({
      ...{ at, offered: rateAt(load, at - step / 2), serving: endpoint.serving, desired: endpoint.desired },
      ...{ p50, p95, failures, requests, holds, instanceHours: endpoint.instanceSeconds() / 3600 },
    });
    window.clear();
  };
  let next = step;
  for (const at of arrivalTimes(load, seed)) {
    for (; next <= at; next += step) close(next);
    const admission = endpoint.admit(at);
    window.record(admission?.served ? admission.due - at : undefined);
  }
  for (; next <= loadSeconds(load); next += step) close(next);
  const activities = endpoint.activities;
  return { name, points, activities, score: scoreOf(points, activities, load) };
}

function scoreOf(
  points: readonly SimulatedPoint[],
  activities: readonly SimulatedActivity[],
  load: RampLoad,
): SimulationScore {
  const sum = (value: (point: SimulatedPoint) => number) =>
    points.reduce((total, point) => total + value(point), 0);
  const fallBegins = load.leadSeconds + load.rampSeconds + load.holdSeconds;
  const started = activities.find(({ at, from, to }) => at >= load.leadSeconds && to > from)?.endedAt;
  const removed = activities.find(({ at, from, to }) => at >= fallBegins && to < from)?.at;
  return {
    secondsOutside: step * points.filter(({ holds }) => !holds).length,
    seconds: step * points.length,
    requests: sum(({ requests }) => requests),
    failures: sum(({ failures }) => failures),
    firstInstanceSeconds: started === undefined ? null : started - load.leadSeconds,
    scaleInSeconds: removed === undefined ? null : removed - fallBegins,
    instanceHours: points.at(-1)?.instanceHours ?? 0,
    mostInstances: points.reduce((most, { desired }) => Math.max(most, desired), 0),
  };
}

/** Response times of ten seconds, in buckets that are 2 % wide, from 0.1 ms. */
class TimesOfWindow {
  readonly #counts = new Uint32Array(1024);
  requests = 0;
  failures = 0;

  /** @param seconds undefined: it failed. */
  record(seconds: number | undefined): void {
    this.requests += 1;
    if (seconds === undefined) this.failures += 1;
    else this.#counts[bucketOf(seconds)]! += 1;
  }

  percentile(share: number): number | null {
    const answered = this.requests - this.failures;
    if (answered === 0) return null;
    let below = 0;
    const bucket = this.#counts.findIndex((count) => (below += count) >= share * answered);
    return leastSeconds * growth ** (bucket + 0.5);
  }

  clear(): void {
    this.#counts.fill(0);
    this.requests = 0;
    this.failures = 0;
  }
}

const leastSeconds = 1e-4;
const growth = 1.02;
const logGrowth = Math.log(growth);

const bucketOf = (seconds: number) =>
  Math.max(
    0,
    Math.min(1023, Math.floor(Math.log(Math.max(seconds, leastSeconds) / leastSeconds) / logGrowth)),
  );
