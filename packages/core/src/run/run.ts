import type { FleetHandle } from '../fleet/contract.js';
import { warmUpSeconds } from '../load/length.js';
import type { LoadPlan } from '../load/plan.js';
import { resolveLoad } from '../load/resolve.js';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { Problem, RunReport } from '../report/summary.js';
import { redactStrings } from '../secrets.js';
import { evaluateThresholds } from '../thresholds/evaluate.js';
import { figuresOf, versionsOf } from './build-report.js';
import type { RunOptions } from './contract.js';
import { judge } from './judge.js';
import { judgedLoad, type JudgedLoad } from './judged-load.js';
import { Phases } from './phases.js';
import { sizeFor, type PreparedTest, type SizedTest } from './prepare.js';
import type { ResultsFolder } from './results-folder.js';
import { createRunId } from './run-id.js';
import { stopAndSettle } from './settle.js';
import { connect, removeFleet, standUp, type Standing } from './stand-up.js';
import { findProblems } from './validity/index.js';
import { watch, type Observation } from './watch.js';

/** Carries out a run: the phases in order. See {@link RunOptions} and `LoadTest.run`. */
export async function runLoadTest(test: PreparedTest, options: RunOptions): Promise<RunReport> {
  const phases = new Phases(options);
  return phases.all(async () => new Run(await sizeFor(test, options.fleet), options, phases).carryOut());
}

class Run {
  readonly #id = createRunId();
  readonly #startedAt = new Date();
  readonly #test: SizedTest;
  readonly #plan: LoadPlan;
  readonly #options: RunOptions;
  readonly #phases: Phases;

  constructor(test: SizedTest, options: RunOptions, phases: Phases) {
    this.#test = test;
    this.#plan = resolveLoad(test.load, 'sequential', test.workers);
    this.#options = options;
    this.#phases = phases;
  }

  async carryOut(): Promise<RunReport> {
    const standing = await standUp(this.#test, this.#phases, { ...this.#options, runId: this.#id });
    try {
      return await this.#measure(standing);
    } finally {
      await this.#phases.in('destroy', () => this.#destroy(standing.handle));
    }
  }

  /** Everything between a fleet that stands and its removal. */
  async #measure(standing: Standing): Promise<RunReport> {
    const phases = this.#phases;
    const { handle, folder, redact } = standing;
    const { master, before } = await connect(handle, phases);
    const observation = await phases.in('load', () => this.#load(master, handle, before));
    const statistics = await phases.in('stop', () => this.#finalStatistics(master, observation));
    await phases.in('collect', () => this.#collect(master, folder));
    return phases.in('judge', async (detail) => {
      // Before it is rendered: afterwards a secret may be escaped, and look different.
      const report = redactStrings(this.#report(standing, observation, statistics), redact);
      await folder.writeReport(report);
      detail(report.verdict);
      return report;
    });
  }

  async #load(master: LocustMaster, handle: FleetHandle, before: MasterStatistics): Promise<Observation> {
    const test = this.#test;
    const { users, spawnRate, durationSeconds, arrivals } = this.#plan;
    const host = test.definition.host(test.targetOptions);
    await master.swarm({ users, spawnRate, host }, this.#phases.signal);
    const warmUp = warmUpSeconds(test.load);
    return watch(master, handle, {
      before,
      durationSeconds,
      warmUpSeconds: warmUp,
      arrivals,
      signal: this.#phases.signal,
      onSample: (sample) =>
        this.#phases.progress({ type: 'sample', sample, durationSeconds, warmUpSeconds: warmUp }),
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
      this.#phases.warn(`The last statistics could not be read: ${describe(error)}`);
      return observation.statistics;
    }
  }

  /** A run whose files cannot be fetched is still worth its report. */
  async #collect(master: LocustMaster, folder: ResultsFolder): Promise<void> {
    try {
      const missing = await folder.collect(master);
      if (missing.length > 0) this.#phases.warn(`The master did not give ${missing.join(', ')}.`);
    } catch (error) {
      this.#phases.warn(`Locust's own files could not be collected: ${describe(error)}`);
    }
  }

  #report(
    { handle, folder, bundleDigest, expiresAt }: Standing,
    observation: Observation,
    statistics: MasterStatistics | undefined,
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
      runId: this.#id,
      ...judge({
        thresholds,
        problems: observation.problems,
        findings: this.#findings(judged, observation, expiresAt),
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
      startedAt: this.#startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      thresholds,
      ...figures,
      configuration: test.configuration,
      bundleDigest,
      versions: versionsOf(statistics),
      resultsDirectory: folder.directory,
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
      this.#phases.progress({
        type: 'message',
        level: 'info',
        message: `The fleet of run ${this.#id} is kept.`,
      });
      return;
    }
    await removeFleet(handle);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
