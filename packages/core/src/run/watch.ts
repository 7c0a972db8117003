import { setTimeout as delay } from 'node:timers/promises';
import { isLoadwrightError } from '../errors.js';
import type { FleetHandle } from '../fleet/contract.js';
import type { ArrivalPlan } from '../load/plan.js';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { Problem } from '../report/summary.js';
import type { Sample } from './events.js';
import { RatesBySecond } from './rates.js';
import { sampleOf } from './sample.js';

/** What was seen while the load lasted. */
export interface Observation {
  readonly samples: readonly Sample[];
  /** The statistics just before the load began. */
  readonly before: MasterStatistics;
  /** The last statistics of this load that the master gave; undefined when it never did. */
  readonly statistics: MasterStatistics | undefined;
  /** The statistics at the end of the warm-up; undefined without one, or when the load ended before. */
  readonly warmedUp: { readonly statistics: MasterStatistics; readonly elapsedSeconds: number } | undefined;
  /** The workers' own counts by second. */
  readonly rates: RatesBySecond;
  /** The master's clock when the load began, Unix time in seconds. */
  readonly startedAt: number;
  /** Measured length of the load, in seconds. */
  readonly loadSeconds: number;
  readonly endedAt: Date;
  /** Why the load ended early. */
  readonly problems: readonly Problem[];
  /** True when the caller's signal ended the load. */
  readonly aborted: boolean;
}

/** How much earlier than planned a load may end by itself: a load shape ticks once a second. */
const earlyEndTolerance = 2;
const deadStates = new Set(['missing', 'stopped']);
/** States of the master in which somebody has ended the load. It stays in the first while a worker does not answer. */
const endedStates = new Set(['stopping', 'stopped']);
/** States of the master in which every worker must be there: after a stop, workers leave and come back. */
const loadedStates = new Set(['spawning', 'running']);

/**
 * Watches a load that has just been started, for at most `durationSeconds`, and reads the master once a second.
 * It ends early when the caller aborts, the master is lost, a worker is lost, or somebody stops the load.
 */
export async function watch(
  master: LocustMaster,
  handle: FleetHandle,
  options: {
    /** The statistics just before the load began. */
    before: MasterStatistics;
    durationSeconds: number;
    warmUpSeconds: number;
    arrivals: ArrivalPlan | undefined;
    signal: AbortSignal;
    onSample: (sample: Sample) => void;
  },
): Promise<Observation> {
  const begin = performance.now();
  const samples: Sample[] = [];
  const problems: Problem[] = [];
  const rates = new RatesBySecond(options.before.time);
  let warmedUp: Observation['warmedUp'];
  let statistics: MasterStatistics | undefined;
  let aborted = false;

  for (let tick = 1; problems.length === 0; tick++) {
    const dueSeconds = Math.min(tick, options.durationSeconds);
    const wait = Math.max(0, begin + dueSeconds * 1000 - performance.now());
    aborted = await delay(wait, false, { signal: options.signal }).catch(() => true);
    if (aborted) break;
    const previous: MasterStatistics | undefined = statistics;
    let reading: MasterStatistics;
    try {
      reading = await master.statistics({ since: rates.since });
    } catch (error) {
      problems.push({ rule: 'master-lost', reason: await describeLostMaster(handle, error) });
      break;
    }
    const elapsedSeconds = (performance.now() - begin) / 1000;
    if (previous?.test && previous.test.startedAt !== reading.test?.startedAt) {
      problems.push(stopped(elapsedSeconds));
      break;
    }
    statistics = rates.add(reading);
    const sample = sampleOf(statistics, previous, elapsedSeconds, samples, options.arrivals);
    samples.push(sample);
    options.onSample(sample);
    if (!warmedUp && options.warmUpSeconds > 0 && elapsedSeconds >= options.warmUpSeconds) {
      warmedUp = { statistics, elapsedSeconds };
    }

    const lost = await lostWorkers(handle, options.before, statistics);
    problems.push(...lost.map((reason) => ({ rule: 'worker-lost', reason })));
    if (dueSeconds >= options.durationSeconds) break;
    const idle = endedStates.has(statistics.state) || (statistics.state === 'ready' && tick > 1);
    if (idle && options.durationSeconds - elapsedSeconds > earlyEndTolerance) {
      problems.push(stopped(elapsedSeconds));
    } else if (idle) break;
  }
  return {
    samples,
    before: options.before,
    statistics,
    warmedUp,
    rates,
    startedAt: options.before.time,
    loadSeconds: (performance.now() - begin) / 1000,
    endedAt: new Date(),
    problems,
    aborted,
  };
}

function stopped(elapsedSeconds: number): Problem {
  const reason = `The load was stopped from outside after ${elapsedSeconds.toFixed(0)} s.`;
  return { rule: 'stopped', reason };
}

async function lostWorkers(
  handle: FleetHandle,
  before: MasterStatistics,
  statistics: MasterStatistics,
): Promise<string[]> {
  const failed = (await handle.status()).filter((node) => node.state === 'failed');
  if (failed.length > 0)
    return failed.map((node) => `${node.name} was lost: ${node.reason ?? 'no reason known'}`);
  if (!loadedStates.has(statistics.state)) return [];
  const alive = aliveOf(statistics);
  // One that was there may have been dead already, and replaced: its share of the users is missing all the same.
  const lost = aliveOf(before).filter((id) => !alive.includes(id));
  if (alive.length >= handle.expectedWorkers && lost.length === 0) return [];
  return [`A worker was lost: ${lost.join(', ') || `${alive.length} of ${handle.expectedWorkers} answer`}.`];
}

const aliveOf = ({ workers }: MasterStatistics): string[] =>
  workers.filter(({ state }) => !deadStates.has(state)).map(({ id }) => id);

async function describeLostMaster(handle: FleetHandle, error: unknown): Promise<string> {
  const failed = await handle.status().catch(() => []);
  const reason = failed.find((node) => node.role === 'master' && node.state === 'failed')?.reason;
  if (reason) return `The master was lost: ${reason}`;
  return isLoadwrightError(error) ? error.message : `The master was lost: ${String(error)}`;
}
