import { setTimeout as delay } from 'node:timers/promises';
import { LoadwrightError } from '../errors.js';
import type { FleetHandle } from '../fleet/contract.js';
import { waitForWorkers } from '../fleet/connect.js';
import { judgeLoad, type JudgedLoad } from '../judge/judged-load.js';
import { findProblems } from '../judge/validity/index.js';
import { loadProfileSchema } from '../load/profile-schema.js';
import type { TestLoad } from '../load/plan.js';
import { resolveLoad } from '../load/resolve.js';
import { endedRequests } from '../locust/outcomes.js';
import type { LocustMaster } from '../locust/master.js';
import type { ErrorStatistics, MasterStatistics, MetricDefinition } from '../locust/statistics.js';
import { RunSeries } from '../measure/run-series.js';
import { watch, type Observation } from '../measure/watch.js';
import type { Problem } from '../results/summary.js';
import { endLoad, type Ending } from '../run/end-load.js';
import { sumOfRows } from '../series/merge.js';
import type { SeriesRow } from '../series/rows.js';
import type { ServiceObserver } from '../observe/service-observer.js';
import type { Measurer, Trial, TrialRequest, TrialSecond } from './contract.js';
import type { MeasuredCondition } from './objectives.js';

/** Where trials are made, and how. */
export interface FleetTrials {
  readonly handle: Pick<FleetHandle, 'status' | 'expectedWorkers'>;
  readonly master: LocustMaster;
  readonly host: string;
  readonly conditions: readonly MeasuredCondition[];
  readonly arrivals: 'constant' | 'poisson';
  readonly maxInFlight: number;
  /** How long requests that are under way at the end of a trial may take, in seconds. */
  readonly gracefulStopSeconds: number;
  /** Rules of validity that do not count. */
  readonly tolerate: readonly string[];
  readonly clockToleranceSeconds: number | undefined;
  /** Names the trials on the master. */
  readonly runId: string;
  /** Reads the service meanwhile. */
  readonly observer?: ServiceObserver | undefined;
}

/** What ends a calibration: there is nothing to measure with any more. */
const fatal: ReadonlySet<string> = new Set(['master-lost', 'worker-lost', 'stopped', 'not-stopped']);
/** Beyond these shares of what was due, requests were dropped because the service held too many: that is no limit of the generator. */
const droppedShare = 0.04;

/** Trials on the workers of a fleet: every trial is a load of its own on them, and nothing is restarted between two. */
export class FleetMeasurer implements Measurer {
  readonly #fleet: FleetTrials;
  #number = 0;
  /** Beginning and end of each trial, in milliseconds since 1970: figures of the service may appear after it. */
  readonly spans: (readonly [from: number, to: number])[] = [];

  constructor(fleet: FleetTrials) {
    this.#fleet = fleet;
  }

  async measure(request: TrialRequest): Promise<Trial> {
    const { master, handle } = this.#fleet;
    const begin = performance.now();
    if (request.restSeconds > 0)
      await delay(request.restSeconds * 1000, undefined, { signal: request.signal }).catch(() => {});
    const before = await waitForWorkers(master, handle, {});
    const load = this.#loadOf(request);
    const series = new RunSeries();
    const from = Date.now();
    const { observation, ending } = await this.#carryOut(request, load, before, series);
    const judged = judgeLoad({
      ...{ statistics: ending.statistics, series, arrivals: load.arrivals },
      ...{ durationSeconds: request.seconds, warmUpSeconds: request.skipSeconds },
    });
    const problems = [...observation.problems, ...ending.problems];
    const lost = problems.find(({ rule }) => fatal.has(rule));
    if (lost || !judged.statistics) {
      throw new LoadwrightError('MASTER_LOST', lost?.reason ?? 'The master gave no figures of a trial.', {
        hint: 'Start the calibration again with the same results folder: it goes on from the last trial.',
        retryable: true,
      });
    }
    const { total } = judged.statistics;
    this.spans.push([from, Date.now()]);
    const resources = this.#fleet.observer?.usedBetween(from, Date.now());
    const refusedShare = refusedOf(judged.statistics.errors);
    return {
      ...(resources && { resources }),
      ...this.#fleet.observer?.capacityBetween(from, Date.now()),
      ...(refusedShare !== undefined && { refusedShare }),
      rate: request.rate,
      seconds: secondsOf(series, judged, this.#fleet.conditions),
      times: (total.trends['http_req_response'] ?? total.trends['http_req_service'])?.histogram ?? [],
      failed: total.failed,
      ended: endedRequests(total),
      requests: ending.statistics?.total.sent ?? 0,
      spentSeconds: (performance.now() - begin) / 1000,
      // The load ends when its requests have, or have been given up.
      backlog: ending.statistics?.inFlight.count ?? 0,
      invalid: this.#findingsOf(judged, load, before, { problems, aborted: observation.aborted }),
    };
  }

  #loadOf({ rate, seconds }: TrialRequest): TestLoad {
    const { arrivals, maxInFlight, gracefulStopSeconds, handle } = this.#fleet;
    const profile = loadProfileSchema.parse({
      ...{ profile: 'arrivals', arrivalRate: `${Number(rate.toPrecision(6))}/s`, duration: `${seconds}s` },
      ...{ arrivals, maxInFlight, gracefulStop: `${gracefulStopSeconds}s` },
    });
    const { payloadOrder: _, ...load } = resolveLoad(profile, 'sequential', handle.expectedWorkers);
    return load;
  }

  async #carryOut(
    { signal, seconds, onSeconds }: TrialRequest,
    load: TestLoad,
    before: MasterStatistics,
    series: RunSeries,
  ): Promise<{ observation: Observation; ending: Ending }> {
    const { master, handle, host } = this.#fleet;
    const runId = `${this.#fleet.runId}-${++this.#number}`;
    try {
      await master.swarm({ load, host, run: runId });
      const observation = await watch(master, handle, series, {
        ...{ runId, before, signal, durationSeconds: seconds, arrivals: load.arrivals },
        onSample: () => {},
        onReading: () => {
          onSeconds(flowOf(series));
          return Promise.resolve();
        },
      });
      const ending = await endLoad(master, series, observation, {
        ...{ runId, graceSeconds: load.gracefulStopSeconds ?? 0, signal, onEnding: () => {} },
      });
      return { observation, ending };
    } catch (error) {
      await master.stop({ run: runId, graceSeconds: 0, timeoutMilliseconds: 5000 }).catch(() => {});
      throw error;
    }
  }

  /** Why the generator did not offer the rate. What only ended the trial early is no reason. */
  #findingsOf(
    judged: JudgedLoad,
    load: TestLoad,
    before: MasterStatistics,
    { problems, aborted }: { readonly problems: readonly Problem[]; readonly aborted: boolean },
  ): string[] {
    const { statistics, samples, window, books, stamps, measuredSeconds } = judged;
    if (!statistics) return [];
    const { due, dropped } = statistics.total;
    const isFull = dropped > due * droppedShare;
    const findings = findProblems({
      ...{ statistics, samples, window, thresholds: [], arrivals: load.arrivals },
      workers: before.workers.map(({ id }) => id),
      clockToleranceSeconds: this.#fleet.clockToleranceSeconds,
      endedAt: new Date((statistics.test?.endedAt ?? statistics.time) * 1000),
      length: {
        plannedSeconds: load.durationSeconds,
        measuredSeconds,
        endedEarly: aborted,
        startedAt: statistics.test?.startedAt ?? 0,
        sampledAt: stamps.map(({ time }) => time),
      },
      interactive: false,
      violations: books?.violations ?? [],
      contradictions: [],
    });
    return [...problems, ...findings]
      .filter(({ rule }) => !this.#fleet.tolerate.includes(rule))
      .filter(({ rule }) => rule !== 'offered-rate' || !(isFull || aborted))
      .map(({ reason }) => reason);
  }
}

/** Of the failures of a trial; undefined: there were none. */
function refusedOf(errors: readonly ErrorStatistics[]): number | undefined {
  const count = (some: readonly ErrorStatistics[]) =>
    some.reduce((sum, { occurrences }) => sum + occurrences, 0);
  const all = count(errors);
  const refused = errors.filter(({ kind, error }) => kind === 'throttled' || error.startsWith('HTTP 503'));
  return all === 0 ? undefined : count(refused) / all;
}

type Flow = Pick<TrialSecond, 'due' | 'ended' | 'inFlight'>;

/** What was due and what ended in each second that is over. */
function flowOf({ rows, samples }: RunSeries): Flow[] {
  const count = samples.at(-1)?.second ?? 0;
  const flow = Array.from({ length: count }, () => ({ due: 0, ended: 0, inFlight: 0 }));
  for (const row of rows) {
    const second = flow[row.second];
    if (!second) continue;
    second.due += row.due;
    second.ended += row.ended ?? 0;
  }
  let inFlight = 0;
  for (const second of flow) {
    inFlight = Math.max(0, inFlight + second.due - second.ended);
    second.inFlight = inFlight;
  }
  return flow;
}

/** The whole seconds of a trial, with what each condition counted in them. */
function secondsOf(
  series: RunSeries,
  { statistics, window }: JudgedLoad,
  conditions: readonly MeasuredCondition[],
): TrialSecond[] {
  const metrics: Readonly<Record<string, MetricDefinition>> = statistics?.metrics ?? {};
  const bySecond = new Map<number, SeriesRow[]>();
  for (const row of series.rows) bySecond.set(row.second, [...(bySecond.get(row.second) ?? []), row]);
  const flow = flowOf(series).slice(0, Math.max(1, Math.floor(window.to + 0.1)));
  return flow.map((second, at) => {
    const all = sumOfRows(bySecond.get(at) ?? [], metrics);
    return { ...second, tallies: conditions.map((condition) => condition.tally(all)) };
  });
}
