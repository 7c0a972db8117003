import { warmUpSeconds } from '../load/length.js';
import type { LoadPlan } from '../load/plan.js';
import { resolveLoad } from '../load/resolve.js';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { Problem, RunReport } from '../report/summary.js';
import { redactStrings } from '../secrets.js';
import { evaluateThresholds } from '../thresholds/evaluate.js';
import { validate } from '../validation.js';
import { figuresOf, versionsOf } from './build-report.js';
import { attachTo } from './attach.js';
import { saveLogs } from './collect-logs.js';
import type { RunOptions } from './contract.js';
import { judge } from './judge.js';
import { judgedLoad, type JudgedLoad } from './judged-load.js';
import { Phases } from './phases.js';
import { nameSchema } from './option-schemas.js';
import type { PreparedTest } from './prepare.js';
import { createRunId } from './run-id.js';
import { stopAndSettle } from './settle.js';
import { connect, removeFleet, standUp, type Standing } from './stand-up.js';
import { findProblems } from './validity/index.js';
import { watch, type Observation } from './watch.js';

/** Carries out a run: the phases in order. See {@link RunOptions} and `LoadTest.run`. */
export async function runLoadTest(test: PreparedTest, options: RunOptions): Promise<RunReport> {
  const startedAt = new Date();
  const runId = validate(nameSchema, options.runId ?? createRunId(), { field: 'runId' });
  const phases = new Phases(options);
  const { on } = options;
  return phases.all(async () => {
    const standing =
      on === undefined
        ? await standUp(test, phases, { ...options, runId })
        : await attachTo(test, phases, { ...options, runId, on });
    return new Run(standing, startedAt, options, phases).carryOut();
  });
}

class Run {
  readonly #standing: Standing;
  readonly #startedAt: Date;
  readonly #plan: LoadPlan;
  readonly #options: RunOptions;
  readonly #phases: Phases;

  constructor(standing: Standing, startedAt: Date, options: RunOptions, phases: Phases) {
    const { load, workers } = standing.test;
    this.#standing = standing;
    this.#startedAt = startedAt;
    this.#plan = resolveLoad(load, 'sequential', workers);
    this.#options = options;
    this.#phases = phases;
  }

  async carryOut(): Promise<RunReport> {
    try {
      return await this.#measure();
    } catch (error) {
      // The fleet may be gone in a moment, and with it what it could say.
      await saveLogs(this.#standing, this.#phases);
      throw error;
    } finally {
      await this.#leave();
    }
  }

  /** Everything between a fleet that stands and its removal. */
  async #measure(): Promise<RunReport> {
    const phases = this.#phases;
    const { handle, folder, redact } = this.#standing;
    const { master, before } = await connect(handle, phases);
    await this.#standing.preflight.onFleet(master);
    const observation = await phases.in('load', () => this.#load(master, before));
    const statistics = await phases.in('stop', () => this.#finalStatistics(master, observation));
    await phases.in('collect', () => this.#collect(master));
    return phases.in('judge', async (detail) => {
      // Before it is rendered: afterwards a secret may be escaped, and look different.
      const report = redactStrings(this.#report(observation, statistics), redact);
      await folder.writeReport(report);
      phases.progress({ type: 'report', report });
      detail(report.verdict);
      return report;
    });
  }

  async #load(master: LocustMaster, before: MasterStatistics): Promise<Observation> {
    const { test, handle } = this.#standing;
    const { payloadOrder: _, ...load } = this.#plan;
    const { users, spawnRate, durationSeconds, arrivals } = load;
    const host = test.definition.host(test.targetOptions);
    // Without the signal: a start that breaks off may have taken effect, and then there is a load to stop.
    await master.swarm(this.#options.on === undefined ? { users, spawnRate, host } : { load, host });
    const warmUp = warmUpSeconds(test.load);
    const watching = watch(master, handle, {
      before,
      durationSeconds,
      warmUpSeconds: warmUp,
      arrivals,
      signal: this.#phases.signal,
      onSample: (sample) =>
        this.#phases.progress({ type: 'sample', sample, durationSeconds, warmUpSeconds: warmUp }),
    });
    return watching.catch(async (error: unknown) => {
      // A load that nobody watches must not go on where the fleet does.
      await master.stop().catch(() => {});
      throw error;
    });
  }

  /** The last statistics of the master or, when it no longer answers, those that were read last. */
  async #finalStatistics(
    master: LocustMaster,
    observation: Observation,
  ): Promise<MasterStatistics | undefined> {
    try {
      return await stopAndSettle(master, observation.rates, observation.statistics);
    } catch (error) {
      this.#phases.warn(`The last statistics could not be read: ${describe(error)}`);
      return observation.statistics;
    }
  }

  /** A run whose files cannot be fetched is still worth its report. */
  async #collect(master: LocustMaster): Promise<void> {
    try {
      const missing = await this.#standing.folder.collect(master);
      if (missing.length > 0) this.#phases.warn(`The master did not give ${missing.join(', ')}.`);
    } catch (error) {
      this.#phases.warn(`Locust's own files could not be collected: ${describe(error)}`);
    }
    await saveLogs(this.#standing, this.#phases);
  }

  #report(observation: Observation, statistics: MasterStatistics | undefined): RunReport {
    const { runId, test, handle, folder, bundleDigest, preflight } = this.#standing;
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
      runId,
      ...judge({
        thresholds,
        problems: observation.problems,
        findings: this.#findings(judged, observation),
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
      ...(preflight.record && { preflight: preflight.record }),
      ...figures,
      configuration: test.configuration,
      bundleDigest,
      versions: versionsOf(statistics),
      resultsDirectory: folder.directory,
    };
  }

  #findings(judged: JudgedLoad, observation: Observation): Problem[] {
    const { test, expiresAt } = this.#standing;
    const { statistics, ...window } = judged;
    if (!statistics) return [];
    return findProblems({
      ...window,
      statistics,
      workers: observation.before.workers.map(({ id }) => id),
      thresholds: test.thresholds,
      arrivals: this.#plan.arrivals,
      expiresAt,
      clockToleranceSeconds: test.definition.clockToleranceSeconds,
      endedAt: observation.endedAt,
    });
  }

  /** Leaves the fleet, which goes with its run unless it was made for others too. */
  async #leave(): Promise<void> {
    const { on, keepFleet, fleet } = this.#options;
    if (on !== undefined) return;
    const { handle, runId } = this.#standing;
    if (keepFleet) return this.#phases.inform(`The fleet of run ${runId} is kept.`);
    await removeFleet(handle, fleet, this.#phases);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
