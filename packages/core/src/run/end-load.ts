import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { Problem } from '../results/summary.js';
import type { RunEvent } from './events.js';
import { liveAnswer, readTest } from '../measure/read-test.js';
import type { RunSeries } from '../measure/run-series.js';
import type { Observation } from '../measure/watch.js';
import { formatLength } from '../values/format.js';

/** What requests in flight get when somebody wants to leave: enough for most answers, and soon over. In seconds. */
const shortGraceSeconds = 5;
/** How long the workers' last figures may take to arrive after the grace period, in seconds. */
const arrivalSeconds = 5;
/** Of a master that does not answer any more, in seconds. */
const deadMasterSeconds = 5;
const pollMilliseconds = 500;

/** How a load is ended. */
export interface EndOptions {
  readonly runId: string;
  /** How long requests in flight may take. */
  readonly graceSeconds: number;
  /** Shortens the grace period. */
  readonly signal: AbortSignal;
  /** Called after each reading of the load. */
  readonly onReading?: (statistics: MasterStatistics) => Promise<void>;
  readonly onEnding: (event: Extract<RunEvent, { type: 'ending' }>) => void;
}

/** How a load ended. */
export interface Ending {
  /** The last statistics that were read. */
  readonly statistics: MasterStatistics | undefined;
  readonly problems: readonly Problem[];
  /** True when the caller's signal came while requests in flight were waited for. */
  readonly aborted: boolean;
}

/**
 * Waits until every worker has handed over its last figures, and ends the load first where it goes on: the caller wants
 * so, something was lost, or the master has not ended it. Never longer than the grace period and a few seconds.
 */
export async function endLoad(
  master: Pick<LocustMaster, 'statistics' | 'series' | 'stop'>,
  series: RunSeries,
  observation: Observation,
  options: EndOptions,
): Promise<Ending> {
  return new LoadEnd(master, series, observation, options).carryOut();
}

class LoadEnd {
  readonly #master: Pick<LocustMaster, 'statistics' | 'series' | 'stop'>;
  readonly #series: RunSeries;
  readonly #observation: Observation;
  readonly #options: EndOptions;
  readonly #begin = performance.now();
  #statistics: MasterStatistics | undefined;
  #limitSeconds = 0;
  /** Why the master refused, or did not manage, to stop. */
  #refusal: string | undefined;

  constructor(
    master: Pick<LocustMaster, 'statistics' | 'series' | 'stop'>,
    series: RunSeries,
    observation: Observation,
    options: EndOptions,
  ) {
    this.#master = master;
    this.#series = series;
    this.#observation = observation;
    this.#options = options;
    this.#statistics = observation.statistics;
  }

  async carryOut(): Promise<Ending> {
    const { problems, aborted, statistics } = this.#observation;
    const { graceSeconds, signal } = this.#options;
    const isEarly = aborted || problems.length > 0;
    const isLost = problems.some(({ rule }) => rule === 'master-lost');
    // Of the load of somebody else nothing is ended.
    if (problems.some(({ rule }) => rule === 'stopped') && statistics) return this.#ending([], false);
    if (isLost) return this.#leaveLostMaster();
    const grace = isEarly ? Math.min(shortGraceSeconds, graceSeconds) : graceSeconds;
    this.#limitSeconds = grace + arrivalSeconds;
    if (isEarly || statistics?.test?.endedAt === undefined) this.#stop(isEarly ? grace : undefined);
    const isInterrupted = await this.#wait(aborted ? undefined : signal);
    if (isInterrupted) {
      this.#limitSeconds = this.#elapsed() + Math.min(shortGraceSeconds, graceSeconds) + arrivalSeconds;
      this.#stop(Math.min(shortGraceSeconds, graceSeconds));
      await this.#wait(undefined);
    }
    return this.#ending(this.#unsettled(), isInterrupted);
  }

  /** It may be deaf only to questions: what cannot be read is stopped all the same. */
  async #leaveLostMaster(): Promise<Ending> {
    const timeoutMilliseconds = deadMasterSeconds * 1000;
    const { runId } = this.#options;
    await this.#master
      .stop({ run: runId, graceSeconds: 0, timeoutMilliseconds })
      .then(async () => this.#read())
      .catch(() => {});
    return this.#ending([], false);
  }

  /** Without waiting: the figures are read meanwhile. */
  #stop(graceSeconds: number | undefined): void {
    const { runId } = this.#options;
    const wish = { run: runId, ...(graceSeconds !== undefined && { graceSeconds }) };
    this.#master.stop({ ...wish, timeoutMilliseconds: this.#limitSeconds * 1000 }).catch((error: unknown) => {
      this.#refusal = messageOf(error);
    });
  }

  /** Until the figures are complete, the time is over, or the signal comes. @returns whether that came. */
  async #wait(signal: AbortSignal | undefined): Promise<boolean> {
    for (;;) {
      await this.#read().catch(() => {});
      const { inFlight, test } = this.#statistics ?? {};
      if (test?.settledAt !== undefined) return false;
      const secondsLeft = this.#limitSeconds - this.#elapsed();
      if (secondsLeft <= 0) return false;
      this.#options.onEnding({
        type: 'ending',
        inFlight: inFlight?.count ?? 0,
        oldestSeconds: inFlight?.oldestSeconds ?? 0,
        secondsLeft,
      });
      const isInterrupted = await delay(pollMilliseconds, false, { signal }).catch(() => true);
      if (isInterrupted) return true;
    }
  }

  async #read(): Promise<void> {
    const own = this.#statistics?.test?.number;
    const before = this.#observation.before.test?.number;
    const { statistics, isOwn } = await readTest(
      this.#master,
      this.#series,
      liveAnswer,
      ({ test }) => test !== undefined && (own === undefined ? test.number !== before : test.number === own),
    );
    if (!isOwn) return;
    this.#statistics = statistics;
    await this.#options.onReading?.(statistics);
  }

  #unsettled(): Problem[] {
    const { test } = this.#statistics ?? {};
    if (test?.settledAt !== undefined) return [];
    const limit = formatLength(this.#limitSeconds);
    if (test?.endedAt === undefined) {
      const why = this.#refusal ?? `it went on for ${limit} after the order to end.`;
      return [{ rule: 'not-stopped', reason: `The load could not be stopped: ${why}` }];
    }
    const reason = `Not every worker handed over its last figures within ${limit} after the end of the load.`;
    return [{ rule: 'not-settled', reason }];
  }

  #ending(problems: readonly Problem[], aborted: boolean): Ending {
    return { statistics: this.#statistics, problems, aborted };
  }

  #elapsed(): number {
    return (performance.now() - this.#begin) / 1000;
  }
}
