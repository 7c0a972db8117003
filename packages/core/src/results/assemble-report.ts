import type { LoadPlan } from '../load/plan.js';
import { warmUpSeconds } from '../load/length.js';
import type { Problem, RunReport, ThresholdResult } from './summary.js';
import { evaluateThresholds } from '../judge/thresholds/evaluate.js';
import { figuresOf, versionsOf } from './build-report.js';
import type { RunOptions } from '../run/contract.js';
import { splitLatency } from './latency-split.js';
import { skewsOf } from './skew.js';
import type { Sample } from '../measure/sample-contract.js';
import type { ObservedService } from './observed-service.js';
import { endProblems } from '../judge/end-cause.js';
import type { Ending } from '../run/end-load.js';
import { describeEarlyStop, type EarlyStop } from '../judge/early-stop.js';
import { judge } from '../judge/judge.js';
import { judgeLoad, type JudgedLoad } from '../judge/judged-load.js';
import { notesOf } from './report-notes.js';
import type { RunSeries } from '../measure/run-series.js';
import type { ReadyFleet } from '../fleet/provision.js';
import { findProblems } from '../judge/validity/index.js';
import type { Observation } from '../measure/watch.js';

/** Everything that a report is made from. */
export interface Measurement {
  readonly ready: ReadyFleet;
  readonly runId: string;
  readonly options: RunOptions;
  readonly plan: LoadPlan;
  readonly startedAt: Date;
  readonly observation: Observation;
  readonly ending: Ending;
  readonly series: RunSeries;
  /** Absent: the service was not observed. */
  readonly observed?: ObservedService | undefined;
}

/** The report of a run, its verdict included. May hold secrets. */
export function assembleReport(measurement: Measurement): RunReport {
  const { ready, runId, options, plan, observation, ending, series } = measurement;
  const { test, handle, folder, bundleDigest, payloadsDigest } = ready;
  const { statistics } = ending;
  const judged = judgeLoad({
    statistics,
    series,
    durationSeconds: plan.durationSeconds,
    warmUpSeconds: warmUpSeconds(test.load),
    arrivals: plan.arrivals,
  });
  const observed = measurement.observed && withLatency(measurement.observed, test, judged);
  const isInteractive = options.interactive ?? false;
  const { stoppedEarly } = observation;
  const known = {
    stoppedEarly: stoppedEarly !== undefined,
    problems: [...observation.problems, ...ending.problems],
    aborted: observation.aborted || ending.aborted,
  };
  const problems = [...known.problems, ...(statistics ? endProblems(statistics, known) : [])];
  const { aborted } = known;
  const figures = figuresOf(judged, plan.arrivals !== undefined);
  const skews = skewsOf(test.definition.metrics, figures.total.metrics);
  const seconds = judged.window.to - judged.window.from;
  const thresholds = judged.statistics
    ? evaluateThresholds(test.thresholds, judged.statistics, seconds).map((result, index) =>
        stoppedEarly && stoppedEarly.threshold === test.thresholds[index]
          ? withStop(result, stoppedEarly)
          : result,
      )
    : [];
  const endedAt = new Date();
  return {
    schemaVersion: 2,
    name: test.name,
    runId,
    ...judge({
      thresholds,
      problems,
      findings: findingsOf(measurement, judged, { endedEarly: aborted || problems.length > 0, endedAt }),
      notes: [
        ...notesOf(judged, isInteractive, test.thresholds),
        ...skews.notes,
        ...(observed?.notes ?? []).map((reason): Problem => ({ rule: 'observation', reason })),
        ...(observed?.comparison?.differences ?? []).map((reason): Problem => ({
          rule: 'service-counts',
          reason,
        })),
      ],
      tolerated: {
        ...Object.fromEntries((options.tolerate ?? []).map((rule) => [rule, undefined])),
        ...test.tolerate,
      },
      due: figures.total.due,
      requests: figures.total.count,
      failures: figures.total.failed,
      exception: statistics?.exceptions[0]?.message.trim(),
      aborted,
      stoppedEarly: stoppedEarly && describeEarlyStop(stoppedEarly),
      isRead: statistics !== undefined,
    }),
    aborted,
    target: {
      kind: test.definition.kind,
      host: test.definition.host(test.targetOptions),
      labels: test.definition.labels?.(test.targetOptions) ?? {},
    },
    fleet: { kind: options.fleet.kind, id: handle.fleetId, workers: handle.expectedWorkers },
    ...(ready.preflight.record && { preflight: ready.preflight.record }),
    ...(isInteractive && { interactive: true as const }),
    startedAt: measurement.startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    thresholds,
    ...(observed && { observed }),
    ...figures,
    ...(skews.families.length > 0 && { families: skews.families }),
    ...(Object.keys(skews.known).length > 0 && { skews: skews.known }),
    ...(observed && { series: withMarks(figures.series, observed) }),
    configuration: test.configuration,
    bundleDigest,
    payloadsDigest,
    versions: versionsOf(statistics),
    resultsDirectory: folder.directory,
  };
}

/** Each mark in the second in which it happened. */
function withMarks(series: readonly Sample[], { events }: ObservedService): readonly Sample[] {
  const marked = new Map<Sample, string[]>();
  for (const { elapsedSeconds, mark } of events) {
    const sample =
      elapsedSeconds < 0 ? undefined : series.find((one) => one.elapsedSeconds >= elapsedSeconds);
    if (mark !== undefined && sample) marked.set(sample, [...(marked.get(sample) ?? []), mark]);
  }
  return series.map((sample) => {
    const marks = marked.get(sample);
    return marks ? { ...sample, marks } : sample;
  });
}

/** What the service says of its time, put into what the load measured; or why not. */
function withLatency(
  observed: ObservedService,
  { definition, targetOptions }: Measurement['ready']['test'],
  { statistics, window }: JudgedLoad,
): ObservedService {
  const times = definition.observation?.serviceTimes?.(targetOptions, observed.figures, window);
  if (!times || !statistics) return observed;
  const split = splitLatency(statistics.total, times);
  return typeof split === 'string'
    ? { ...observed, notes: [...observed.notes, split] }
    : { ...observed, latency: split };
}

/** What stopped the load did not hold, whatever the requests made of it that were in flight. */
function withStop(result: ThresholdResult, { afterSeconds, measured }: EarlyStop): ThresholdResult {
  return {
    ...result,
    measured: result.passed ? measured : result.measured,
    passed: false,
    stoppedAfterSeconds: Number(afterSeconds.toFixed(1)),
  };
}

function findingsOf(
  { ready, options, plan, observation, observed }: Measurement,
  judged: JudgedLoad,
  { endedEarly, endedAt }: { endedEarly: boolean; endedAt: Date },
): Problem[] {
  const { test, expiresAt } = ready;
  const { statistics, samples, window, books } = judged;
  if (!statistics) return [];
  const loadEnd = statistics.test?.endedAt;
  return findProblems({
    statistics,
    samples,
    window,
    workers: observation.before.workers.map(({ id }) => id),
    thresholds: test.thresholds,
    arrivals: plan.arrivals,
    expiresAt,
    clockToleranceSeconds: clockToleranceOf(test),
    endedAt: loadEnd === undefined ? endedAt : new Date(loadEnd * 1000),
    length: {
      // Where a threshold has ended it, all but its length is held to the same rules.
      plannedSeconds: observation.stoppedEarly ? judged.measuredSeconds : plan.durationSeconds,
      measuredSeconds: judged.measuredSeconds,
      endedEarly,
      startedAt: statistics.test?.startedAt ?? 0,
      sampledAt: judged.stamps.map(({ time }) => time),
    },
    interactive: options.interactive ?? false,
    violations: books?.violations ?? [],
    contradictions: observed?.comparison?.contradictions ?? [],
  });
}

function clockToleranceOf({ definition, targetOptions }: Measurement['ready']['test']): number | undefined {
  const tolerance = definition.clockToleranceSeconds;
  return typeof tolerance === 'function' ? tolerance(targetOptions) : tolerance;
}
