import { messageOf } from '../errors.js';
import type { LoadPlan } from '../load/plan.js';
import { warmUpSeconds } from '../load/length.js';
import { resolveLoad } from '../load/resolve.js';
import { withoutTrace, withTrace } from './replay.js';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { RunReport } from '../results/summary.js';
import { redactStrings } from '../secrets/redactor.js';
import type { StagedInputs } from '../target/staging-contract.js';
import { validate } from '../validation/validate.js';
import { assembleReport } from '../results/assemble-report.js';
import { openDeployedFleet } from '../fleet/open-deployed-fleet.js';
import { saveLogs } from '../results/collect-logs.js';
import type { RunOptions } from './contract.js';
import { endLoad, type Ending } from './end-load.js';
import { nameSchema } from './option-schemas.js';
import { requestsFile, type RequestLog } from '../results/request-log.js';
import { describeEarlyStop, EarlyStopCheck } from '../judge/early-stop.js';
import { requireSupport } from '../judge/percentile-support.js';
import { Phases } from './phases.js';
import type { PreparedTest } from './prepare.js';
import { createFleetId, createRunId } from './run-id.js';
import { removeInputs, stageInputs } from './stage-inputs.js';
import { liveAnswer } from '../measure/read-test.js';
import { RunSeries } from '../measure/run-series.js';
import { prepareExporters, type PreparedExporter } from '../exporters/prepare.js';
import { RunExports, runLabelsOf, withWarnings } from '../exporters/run-exports.js';
import { RunObserver, spanOf } from '../observe/observe-run.js';
import type { ObservedService } from '../results/observed-service.js';
import { connect, removeFleet, provisionFleet, type ReadyFleet } from '../fleet/provision.js';
import { watch, type Observation } from '../measure/watch.js';

/** How long a master that did not start a load may take to end it, in milliseconds: it may not answer at all. */
const deafMilliseconds = 5000;

/** Carries out a run: the phases in order. See {@link RunOptions} and `LoadTest.run`. */
export async function runLoadTest(test: PreparedTest, options: RunOptions): Promise<RunReport> {
  const startedAt = new Date();
  const runId = validate(nameSchema, options.runId ?? createRunId(), { field: 'runId' });
  const phases = new Phases(options);
  const fleetId = validate(nameSchema, options.fleetId ?? createFleetId(), { field: 'fleetId' });
  const { on, tolerate = [] } = options;
  const exporters = prepareExporters(options.exporters ?? [], test.environment);
  const isTolerated =
    tolerate.includes('percentile-samples') || Object.hasOwn(test.tolerate, 'percentile-samples');
  if (!isTolerated) requireSupport(test.support);
  for (const warning of [...test.support.impossible, ...test.support.unlikely]) phases.warn(warning);
  return phases.all(async () => {
    const ready =
      on === undefined
        ? await provisionFleet(test, phases, { ...options, runId, fleetId })
        : await openDeployedFleet(test, phases, { ...options, runId, on });
    return new Run(ready, runId, startedAt, options, phases, exporters).carryOut();
  });
}

class Run {
  readonly #ready: ReadyFleet;
  readonly #runId: string;
  readonly #startedAt: Date;
  readonly #plan: LoadPlan;
  readonly #options: RunOptions;
  readonly #phases: Phases;
  readonly #exporters: readonly PreparedExporter[];
  #observer: RunObserver | undefined;
  #inputs: StagedInputs | undefined;
  #exports: RunExports | undefined;

  constructor(
    ready: ReadyFleet,
    runId: string,
    startedAt: Date,
    options: RunOptions,
    phases: Phases,
    exporters: readonly PreparedExporter[],
  ) {
    const { load, workers } = ready.test;
    this.#ready = ready;
    this.#runId = runId;
    this.#startedAt = startedAt;
    this.#plan = withTrace(resolveLoad(load, 'sequential', workers), ready.schedule);
    this.#options = options;
    this.#phases = phases;
    this.#exporters = exporters;
  }

  async carryOut(): Promise<RunReport> {
    let delivered: Promise<RunReport> | undefined;
    try {
      const judged = await this.#measure();
      delivered = this.#deliver(judged);
      // Whoever waits for it comes later, and a rejection that nobody hears would end the command.
      delivered.catch(() => {});
    } catch (error) {
      // The fleet may be gone in a moment, and with it what it could say.
      await saveLogs(this.#ready, this.#phases);
      this.#warnOfUnwritten();
      throw error;
    } finally {
      this.#observer?.abandon();
      try {
        if (!delivered) await this.#exports?.abandon();
        await removeInputs(this.#inputs, this.#phases);
      } finally {
        // Machines that cost money do not wait for whoever takes the figures.
        await this.#leave()
          .finally(() => this.#ready.close())
          .finally(() => delivered?.catch(() => {}))
          .finally(() => this.#exports?.release());
      }
    }
    return delivered;
  }

  /** Everything between a fleet that is ready and its removal. */
  async #measure(): Promise<RunReport> {
    const phases = this.#phases;
    const { handle, folder, redact } = this.#ready;
    this.#inputs = await stageInputs(this.#ready.test, folder.bundleDirectory, this.#runId, phases);
    const { master, before } = await connect(handle, phases);
    await this.#ready.preflight.onFleet(master);
    const exporters = this.#exporters;
    const series = new RunSeries({ gathersIncrements: exporters.length > 0 });
    const exports = new RunExports({
      ...{ exporters, series, redact },
      run: runLabelsOf(this.#ready.test, this.#runId, this.#options.fleet),
      onTrouble: (message) => phases.warn(message),
    });
    this.#exports = exports;
    const log = this.#plan.logRequests ? folder.requestLog() : undefined;
    const onReading = async (statistics: MasterStatistics) => {
      exports.add(statistics);
      await log?.read(master, liveAnswer, (problem) => {
        folder.unwritten.add(requestsFile);
        phases.warn(problem);
      });
    };
    const { observe } = this.#options;
    if (observe) {
      this.#observer = new RunObserver(this.#ready.test, observe === true ? {} : observe);
      await this.#observer.start(phases.signal);
    }
    const observation = await phases.in('load', () => this.#load(master, before, series, onReading));
    const ending = await phases.in('stop', () => this.#end(master, series, observation, onReading));
    const isLost = observation.problems.some(({ rule }) => rule === 'master-lost');
    const observed = await phases.in('collect', async () => {
      await this.#collect(master, series, { ...ending, isLost }, log);
      return this.#observed(ending);
    });
    return phases.in('judge', async (detail) => {
      // Before it is rendered: afterwards a secret may be escaped, and look different.
      const judged = redactStrings(this.#report(observation, ending, series, observed), redact);
      const report = await folder.writeReport(judged);
      this.#warnOfUnwritten();
      phases.progress({ type: 'report', report });
      detail(report.verdict);
      return report;
    });
  }

  /** Delivers what waits for exporters. @returns the report, with what did not arrive */
  async #deliver(judged: RunReport): Promise<RunReport> {
    const { signal } = this.#phases;
    const warned = withWarnings(judged, (await this.#exports?.finish(judged, signal)) ?? []);
    if (warned === judged) return judged;
    const report = await this.#ready.folder.writeReport(warned);
    this.#warnOfUnwritten();
    this.#phases.progress({ type: 'report', report });
    return report;
  }

  async #load(
    master: LocustMaster,
    before: MasterStatistics,
    series: RunSeries,
    onReading: (statistics: MasterStatistics) => Promise<void>,
  ): Promise<Observation> {
    const { test, handle } = this.#ready;
    const runId = this.#runId;
    const { payloadOrder: _, ...load } = this.#plan;
    const { durationSeconds, arrivals } = load;
    const host = test.definition.host(test.targetOptions);
    const interactive = this.#options.interactive ?? false;
    const warmUp = warmUpSeconds(test.load);
    const earlyStop = new EarlyStopCheck(test.thresholds, series, warmUp);
    try {
      // Without the signal: a start that breaks off may have taken effect, and then there is a load to stop.
      await master.swarm({ load: withoutTrace(load), host, run: runId, interactive });
      const observation = await watch(master, handle, series, {
        runId,
        before,
        durationSeconds,
        arrivals,
        signal: this.#phases.signal,
        onSample: (sample) =>
          this.#phases.progress({ type: 'sample', sample, durationSeconds, warmUpSeconds: warmUp }),
        onReading,
        stopEarly: (statistics) => {
          const { results, stop } = earlyStop.look(statistics);
          if (results.length > 0) this.#phases.progress({ type: 'thresholds', thresholds: results });
          return stop;
        },
        onSilence: (message) => this.#phases.warn(message),
      });
      const { stoppedEarly } = observation;
      if (stoppedEarly) this.#phases.warn(describeEarlyStop(stoppedEarly));
      return observation;
    } catch (error) {
      // A load that nobody watches must not go on where the fleet does.
      const timeoutMilliseconds = deafMilliseconds;
      await master.stop({ run: runId, graceSeconds: 0, timeoutMilliseconds }).catch(() => {});
      throw error;
    }
  }

  async #end(
    master: LocustMaster,
    series: RunSeries,
    observation: Observation,
    onReading: (statistics: MasterStatistics) => Promise<void>,
  ): Promise<Ending> {
    const { test } = observation.statistics ?? {};
    const ending = await endLoad(master, series, observation, {
      runId: this.#runId,
      // The runtime has capped it at the time that a request may take.
      graceSeconds: test?.load.gracefulStopSeconds ?? this.#plan.gracefulStopSeconds ?? 0,
      signal: this.#phases.signal,
      onReading,
      onEnding: (event) => this.#phases.progress(event),
    });
    if (!ending.statistics) this.#phases.warn('The statistics of the load could not be read.');
    return ending;
  }

  /** A run whose files cannot be fetched is still worth its report. */
  async #collect(
    master: LocustMaster,
    series: RunSeries,
    { statistics, isLost }: Ending & { readonly isLost: boolean },
    log: RequestLog | undefined,
  ): Promise<void> {
    const { folder } = this.#ready;
    if (log && log.leftOut > 0) {
      this.#phases.warn(
        `${log.leftOut} requests are not in requests.jsonl: there were too many. Log a smaller share.`,
      );
    }
    try {
      if (statistics) await folder.writeMeasurements(series.rows, statistics, this.#runId);
      const missing = await folder.collect(master, { isLost, leave: this.#phases.signal });
      if (missing.length > 0) this.#phases.warn(`The master did not give ${missing.join(', ')}.`);
    } catch (error) {
      this.#phases.warn(`Not every file could be collected: ${messageOf(error)}`);
    }
    await saveLogs(this.#ready, this.#phases);
  }

  /** Once, when all was tried: a full disk takes none of the files. */
  #warnOfUnwritten(): void {
    const problem = this.#ready.folder.unwritten.take();
    if (problem !== undefined) this.#phases.warn(problem);
  }

  async #observed({ statistics }: Ending): Promise<ObservedService | undefined> {
    return this.#observer?.finish(
      {
        ...spanOf(statistics, this.#startedAt),
        counts: statistics && { counters: statistics.counters, requests: statistics.requests },
      },
      this.#phases,
    );
  }

  #report(
    observation: Observation,
    ending: Ending,
    series: RunSeries,
    observed: ObservedService | undefined,
  ): RunReport {
    return assembleReport({
      ready: this.#ready,
      runId: this.#runId,
      options: this.#options,
      plan: this.#plan,
      startedAt: this.#startedAt,
      observation,
      ending,
      series,
      observed,
    });
  }

  /** Leaves the fleet, which goes with its run unless it was made for others too. */
  async #leave(): Promise<void> {
    const { on, keepFleet, fleet } = this.#options;
    if (on !== undefined) return;
    const { handle } = this.#ready;
    if (keepFleet) return this.#phases.inform(`The fleet ${handle.fleetId} is kept.`);
    await removeFleet(handle, fleet, this.#phases);
  }
}
