import { setTimeout as delay } from 'node:timers/promises';
import type { FleetHandle, FleetNode } from '../fleet/contract.js';
import type { ArrivalPlan } from '../load/plan.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { EarlyStop } from '../judge/early-stop.js';
import type { Problem } from '../results/summary.js';
import type { Sample } from './sample-contract.js';
import { describeLostMaster, liveAnswer, nodesOf, readTest, type TestReader } from './read-test.js';
import type { RunSeries } from './run-series.js';
import { LiveSamples } from './sample.js';
import { formatLength } from '../values/format.js';

/** What was seen while the load lasted. */
export interface Observation {
  /** The statistics just before the load began. */
  readonly before: MasterStatistics;
  /** The last statistics of this load that the master gave; undefined when it never did. */
  readonly statistics: MasterStatistics | undefined;
  /** Why the load ended early. */
  readonly problems: readonly Problem[];
  /** True when the caller's signal ended the load. */
  readonly aborted: boolean;
  /** The threshold that is to end the load, because it did not hold any more. */
  readonly stoppedEarly?: EarlyStop | undefined;
}

/** How a load is watched. */
export interface WatchOptions {
  /** The id of the run whose load it is. */
  readonly runId: string;
  /** The statistics just before the load began. */
  readonly before: MasterStatistics;
  readonly durationSeconds: number;
  readonly arrivals: ArrivalPlan | undefined;
  readonly signal: AbortSignal;
  readonly onSample: (sample: Sample) => void;
  /** Called after each reading of the load; what it throws is as if the master did not answer. */
  readonly onReading?: (statistics: MasterStatistics) => Promise<void>;
  /** Called after each sample: what it returns ends the load, as a threshold with `abortOnFail` does. */
  readonly stopEarly?: (statistics: MasterStatistics) => EarlyStop | undefined;
  /** Called once each time that the master falls silent, with a line for people. */
  readonly onSilence?: (message: string) => void;
}

/** How long a load may take to begin, or to end by itself after its time. In seconds. */
const patienceSeconds = 5;
/** How long a master may be silent before it counts as lost. In seconds. */
const silenceSeconds = 10;
/**
 * How long whoever describes the machines may take to say why a worker left, in milliseconds: a master hears from the worker
 * itself, at once.
 */
const namingMilliseconds = 2500;
const namingPause = 250;
const deadStates = new Set(['missing', 'stopped']);
/** States of the master in which every worker must be there: after a stop, workers leave and come back. */
const loadedStates = new Set(['spawning', 'running']);

/**
 * Watches a load that has just been started, until its end, which is the master's affair: once a second it reads what has
 * come. It leaves early when the caller aborts, the master or a worker is lost, or somebody starts another load; and it
 * waits no longer than a few seconds beyond the planned end, whatever the master does.
 */
export async function watch(
  master: TestReader,
  handle: Pick<FleetHandle, 'status' | 'expectedWorkers'>,
  series: RunSeries,
  options: WatchOptions,
): Promise<Observation> {
  const { before, signal, durationSeconds } = options;
  const begin = performance.now();
  const elapsed = () => (performance.now() - begin) / 1000;
  const samples = new LiveSamples(options.arrivals);
  const problems: Problem[] = [];
  let statistics: MasterStatistics | undefined;
  let answeredAt = 0;
  let aborted = false;
  let stoppedEarly: EarlyStop | undefined;

  while (problems.length === 0) {
    aborted = await untilNextSecond(elapsed(), signal);
    if (aborted) break;
    let reading: Awaited<ReturnType<typeof readTest>>;
    const earlier = statistics;
    try {
      const isOwn = (found: MasterStatistics) => isOwnTest(found, options, earlier);
      reading = await readTest(master, series, { ...liveAnswer, signal }, isOwn);
      if (reading.isOwn) await options.onReading?.(reading.statistics);
    } catch (error) {
      if (signal.aborted) continue;
      const silent = elapsed() - answeredAt;
      const { reason, isDead } = await describeLostMaster(handle, error);
      if (isDead || silent > silenceSeconds) problems.push({ rule: 'master-lost', reason });
      else options.onSilence?.(`The master has not answered for ${formatLength(silent)}.`);
      continue;
    }
    answeredAt = elapsed();
    if (!reading.isOwn) {
      if (earlier) problems.push(replaced(elapsed()));
      else if (elapsed() > patienceSeconds) problems.push(notBegun(elapsed()));
      continue;
    }
    statistics = reading.statistics;
    const { test, time } = statistics;
    if (test?.endedAt !== undefined) {
      if (test.endedBy === 'workers-lost') problems.push(...(await namedLosses(handle)));
      break;
    }
    options.onSample(samples.next(statistics, earlier, time - test!.startedAt));
    problems.push(...(await lostWorkers(handle, before, statistics)));
    if (elapsed() > durationSeconds + patienceSeconds) break;
    // What was lost is worse: then nothing can be judged.
    if (problems.length === 0) stoppedEarly = options.stopEarly?.(statistics);
    if (stoppedEarly) break;
  }
  return { before, statistics, problems, aborted, ...(stoppedEarly && { stoppedEarly }) };
}

/** @returns true when the signal came first. */
async function untilNextSecond(elapsedSeconds: number, signal: AbortSignal): Promise<boolean> {
  const wait = (Math.floor(elapsedSeconds) + 1 - elapsedSeconds) * 1000;
  return delay(wait, false, { signal }).catch(() => true);
}

/** Whether statistics are those of the load that was started, and of no other before or after it. */
function isOwnTest(
  { test }: MasterStatistics,
  { before, runId }: WatchOptions,
  earlier: MasterStatistics | undefined,
): boolean {
  if (!test) return false;
  if (earlier?.test) return test.number === earlier.test.number;
  return test.number !== before.test?.number && (test.runId ?? runId) === runId;
}

function replaced(seconds: number): Problem {
  const reason = `Another load was started on the fleet, at the latest after ${formatLength(seconds)}.`;
  return { rule: 'stopped', reason };
}

function notBegun(seconds: number): Problem {
  return {
    rule: 'stopped',
    reason: `The load had not begun after ${formatLength(seconds)}, although the master accepted it.`,
  };
}

async function lostWorkers(
  handle: Pick<FleetHandle, 'status' | 'expectedWorkers'>,
  before: MasterStatistics,
  statistics: MasterStatistics,
): Promise<Problem[]> {
  const failed = failedOf(await nodesOf(handle));
  if (failed.length > 0) return failed;
  if (!loadedStates.has(statistics.state)) return [];
  const alive = aliveOf(statistics);
  const scaledTo = statistics.events
    .filter(({ action, accepted }) => action === 'scale' && accepted)
    .flatMap(({ workers }) => workers ?? []);
  // Until the new ones are there it is those of before; which of them leave, only the master knows.
  const expected = Math.min(handle.expectedWorkers, ...scaledTo);
  // One that was there may have been dead already, and replaced: its share of the users is missing all the same.
  const lost = scaledTo.length > 0 ? [] : aliveOf(before).filter((id) => !alive.includes(id));
  if (alive.length >= expected && lost.length === 0) return [];
  // One that fell silent has done so for seconds: whoever describes its machine would have said why by now.
  const isSilent = statistics.workers.some(({ state }) => deadStates.has(state));
  const named = isSilent ? [] : await namedLosses(handle);
  if (named.length > 0) return named;
  const who = lost.join(', ') || `${alive.length} of ${expected} answer`;
  return [{ rule: 'worker-lost', reason: `A worker was lost: ${who}.` }];
}

/** Workers that are lost, as soon as whoever describes their machines says so; none if nobody does. */
async function namedLosses(handle: Pick<FleetHandle, 'status'>): Promise<Problem[]> {
  const end = performance.now() + namingMilliseconds;
  for (;;) {
    const nodes = await nodesOf(handle);
    const failed = failedOf(nodes);
    // Of processes on this machine all is known at once.
    const isDescribed = nodes.some(({ instance }) => instance !== undefined);
    if (failed.length > 0 || !isDescribed || performance.now() > end) return failed;
    await delay(namingPause);
  }
}

function failedOf(nodes: readonly FleetNode[]): Problem[] {
  return nodes
    .filter(({ state }) => state === 'failed')
    .map(({ name, reason }) => ({
      rule: 'worker-lost',
      reason: `${name} was lost: ${reason ?? 'no reason known'}`,
    }));
}

const aliveOf = ({ workers }: MasterStatistics): string[] =>
  workers.filter(({ state }) => !deadStates.has(state)).map(({ id }) => id);
