import { resolve } from 'node:path';
import { writeBundle } from '../bundle/write-bundle.js';
import { isLoadwrightError, LoadwrightError } from '../errors.js';
import type { FleetHandle } from '../fleet/contract.js';
import { warmUpSeconds } from '../load/length.js';
import type { LoadPlan } from '../load/plan.js';
import { resolveLoad } from '../load/resolve.js';
import { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { Problem, RunReport } from '../report/summary.js';
import { createRedactor, redactStrings } from '../secrets.js';
import { evaluateThresholds } from '../thresholds/evaluate.js';
import { figuresOf, versionsOf } from './build-report.js';
import { bundleContents, fleetRequest } from './bundle-contents.js';
import { waitForWorkers } from './connect.js';
import type { RunOptions } from './contract.js';
import type { OnProgress, Phase } from './events.js';
import { judge } from './judge.js';
import { judgedLoad, type JudgedLoad } from './judged-load.js';
import { preflight } from './preflight.js';
import type { PreparedTest } from './prepare.js';
import { ResultsFolder } from './results-folder.js';
import { createRunId } from './run-id.js';
import { stopAndSettle } from './settle.js';
import { findProblems } from './validity/index.js';
import { watch, type Observation } from './watch.js';

/** Carries out a run: the phases in order. See {@link RunOptions} and `LoadTest.run`. */
export async function runLoadTest(test: PreparedTest, options: RunOptions): Promise<RunReport> {
  const run = new Run(test, options);
  try {
    return await run.carryOut();
  } catch (error) {
    // Only what says that something is left behind matters more than the user's wish to stop.
    const remains = isLoadwrightError(error) && error.code === 'RESOURCES_REMAIN';
    if (!run.signal.aborted || remains) throw error;
    throw new LoadwrightError('ABORTED', `Stopped in the phase ${run.phase}, before any load was made.`, {
      cause: error,
    });
  }
}

/** The phases that a wish to stop ends at once. Later ones go on: what was measured is kept and cleaned up after. */
const beforeLoad: ReadonlySet<Phase> = new Set(['preflight', 'plan', 'provision', 'connect']);

class Run {
  readonly id = createRunId();
  readonly startedAt = new Date();
  readonly signal: AbortSignal;
  phase: Phase = 'preflight';
  readonly #test: PreparedTest;
  readonly #plan: LoadPlan;
  readonly #options: RunOptions;
  readonly #progress: OnProgress;

  constructor(test: PreparedTest, options: RunOptions) {
    this.#test = test;
    this.#plan = resolveLoad(test.load, 'sequential', test.workers);
    this.#options = options;
    this.#progress = options.onProgress ?? (() => {});
    this.signal = options.signal ?? new AbortController().signal;
  }

  async carryOut(): Promise<RunReport> {
    const test = this.#test;
    const { fleet } = this.#options;
    const { environment, secrets } = await this.#in('preflight', async (detail) => {
      const outcome = await preflight(test, this.signal);
      detail(outcome.report?.summary);
      return outcome;
    });
    const request = fleetRequest(test, this.id);
    await this.#in('plan', async () => this.#progress({ type: 'plan', plan: await fleet.plan(request) }));

    const results = resolve(test.baseDirectory, this.#options.resultsDirectory ?? 'results');
    const redact = createRedactor(secrets);
    const folder = new ResultsFolder(results, test.name, this.id, redact);
    const { bundle, handle } = await this.#in('provision', async () => {
      await folder.create(
        redactStrings({ runId: this.id, fleet: fleet.kind, ...test.configuration }, redact),
      );
      const written = await writeBundle(folder.bundleDirectory, bundleContents(test), {
        baseDirectory: test.baseDirectory,
        signal: this.signal,
      });
      const made = await fleet.provision({
        ...request,
        bundle: written,
        environment: environment.variables,
        logDirectory: folder.logDirectory,
        redact,
        signal: this.signal,
        onProgress: (message) => this.#progress({ type: 'message', level: 'info', message }),
      });
      return { bundle: written, handle: made };
    });
    try {
      return await this.#measure(handle, folder, bundle.digest, redact, environment.expiresAt);
    } finally {
      await this.#in('destroy', () => this.#destroy(handle));
    }
  }

  /** Everything between a fleet that stands and its removal. */
  async #measure(
    handle: FleetHandle,
    folder: ResultsFolder,
    bundleDigest: string,
    redact: (text: string) => string,
    expiresAt: Date | undefined,
  ): Promise<RunReport> {
    const master = new LocustMaster({ url: handle.masterUrl, login: handle.login });
    this.#progress({ type: 'ready', url: handle.masterUrl, ...handle.login });
    const before = await this.#in('connect', () =>
      waitForWorkers(master, handle, {
        signal: this.signal,
        onConnected: (workers) =>
          this.#progress({ type: 'connected', workers, expectedWorkers: handle.expectedWorkers }),
      }),
    );
    const observation = await this.#in('load', () => this.#load(master, handle, before));
    const statistics = await this.#in('stop', () => this.#finalStatistics(master, observation));
    await this.#in('collect', () => this.#collect(master, folder));
    return this.#in('judge', async (detail) => {
      // Before it is rendered: afterwards a secret may be escaped, and look different.
      const report = redactStrings(
        this.#report(handle, observation, statistics, { folder, bundleDigest, expiresAt }),
        redact,
      );
      await folder.writeReport(report);
      detail(report.verdict);
      return report;
    });
  }

  async #load(master: LocustMaster, handle: FleetHandle, before: MasterStatistics): Promise<Observation> {
    const test = this.#test;
    const { users, spawnRate, durationSeconds, arrivals } = this.#plan;
    const host = test.definition.host(test.targetOptions);
    await master.swarm({ users, spawnRate, host }, this.signal);
    const warmUp = warmUpSeconds(test.load);
    return watch(master, handle, {
      before,
      durationSeconds,
      warmUpSeconds: warmUp,
      arrivals,
      signal: this.signal,
      onSample: (sample) =>
        this.#progress({ type: 'sample', sample, durationSeconds, warmUpSeconds: warmUp }),
    });
  }

  /** The last statistics of the master or, when it no longer answers, those that were read last. */
  async #finalStatistics(
    master: LocustMaster,
    observation: Observation,
  ): Promise<MasterStatistics | undefined> {
    try {
      return await stopAndSettle(master, observation.rates);
    } catch (error) {
      this.#warn(`The last statistics could not be read: ${describe(error)}`);
      return observation.statistics;
    }
  }

  /** A run whose files cannot be fetched is still worth its report. */
  async #collect(master: LocustMaster, folder: ResultsFolder): Promise<void> {
    try {
      const missing = await folder.collect(master);
      if (missing.length > 0) this.#warn(`The master did not give ${missing.join(', ')}.`);
    } catch (error) {
      this.#warn(`Locust's own files could not be collected: ${describe(error)}`);
    }
  }

  #report(
    handle: FleetHandle,
    observation: Observation,
    statistics: MasterStatistics | undefined,
    made: { folder: ResultsFolder; bundleDigest: string; expiresAt: Date | undefined },
  ): RunReport {
    const test = this.#test;
    const judged = judgedLoad(observation, statistics);
    const figures = figuresOf(judged, observation);
    const seconds = judged.window.to - judged.window.from;
    const thresholds = judged.statistics
      ? evaluateThresholds(test.thresholds, judged.statistics, seconds)
      : [];
    const { aborted } = observation;
    return {
      schemaVersion: 1,
      name: test.name,
      runId: this.id,
      ...judge({
        thresholds,
        problems: observation.problems,
        findings: this.#findings(judged, observation, made.expiresAt),
        tolerated: this.#options.tolerate ?? [],
        requests: figures.total.count,
        failures: figures.total.failures,
        aborted,
      }),
      aborted,
      target: {
        kind: test.definition.kind,
        host: test.definition.host(test.targetOptions),
        labels: test.definition.labels?.(test.targetOptions) ?? {},
      },
      fleet: { kind: this.#options.fleet.kind, workers: handle.expectedWorkers },
      startedAt: this.startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      thresholds,
      ...figures,
      configuration: test.configuration,
      bundleDigest: made.bundleDigest,
      versions: versionsOf(statistics),
      resultsDirectory: made.folder.directory,
    };
  }

  #findings(judged: JudgedLoad, observation: Observation, expiresAt: Date | undefined): Problem[] {
    const { statistics, ...window } = judged;
    if (!statistics) return [];
    return findProblems({
      ...window,
      statistics,
      workers: observation.before.workers.map(({ id }) => id),
      thresholds: this.#test.thresholds,
      arrivals: this.#plan.arrivals,
      expiresAt,
      clockToleranceSeconds: this.#test.definition.clockToleranceSeconds,
      endedAt: observation.endedAt,
    });
  }

  async #destroy(handle: FleetHandle): Promise<void> {
    if (this.#options.keepFleet) {
      this.#progress({ type: 'message', level: 'info', message: `The fleet of run ${this.id} is kept.` });
      return;
    }
    const { remaining } = await handle.destroy();
    if (remaining.length > 0) {
      throw new LoadwrightError(
        'RESOURCES_REMAIN',
        `Not everything could be removed:\n${remaining.join('\n')}`,
        {
          hint: `Remove these by hand; they belong to run ${this.id}.`,
        },
      );
    }
  }

  async #in<Result>(
    phase: Phase,
    work: (detail: (text?: string) => void) => Promise<Result>,
  ): Promise<Result> {
    let detail: string | undefined;
    if (beforeLoad.has(phase)) this.signal.throwIfAborted();
    if (phase !== 'destroy') this.phase = phase;
    this.#progress({ type: 'phase', phase, state: 'started' });
    const result = await work((text) => (detail = text));
    this.#progress({ type: 'phase', phase, state: 'finished', ...(detail !== undefined && { detail }) });
    return result;
  }

  #warn(message: string): void {
    this.#progress({ type: 'message', level: 'warning', message });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
