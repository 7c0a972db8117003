import { highest, line, type Chart, type ChartPart } from '../report/chart.js';
import { renderPage } from '../report/page.js';
import {
  formatClock,
  formatDollars,
  formatFigure,
  formatLength,
  formatMilliseconds,
  formatNumber,
  formatRatio,
  nothing,
} from '../values/format.js';
import { printable } from '../values/printable.js';
import { loadwrightVersion } from '../version.js';
import { frontierPicture } from './frontier-picture.js';
import type { FrontierRow } from './plan/frontier.js';
import type { ScalingAssumptions, SimulatedService } from './simulator/model.js';
import { instanceRate } from './simulator/model.js';
import { loadSeconds, type RampLoad } from './simulator/load.js';
import type { SimulatedObjective, SimulatedPoint, SimulationResult } from './simulator/simulate.js';

/** Several policies under the same load. */
export interface SimulatedComparison {
  readonly load: RampLoad;
  readonly service: SimulatedService;
  readonly objective: SimulatedObjective;
  readonly assumptions: ScalingAssumptions;
  /** Where the capacity of an instance comes from, in a sentence. */
  readonly source?: string;
  readonly results: readonly SimulationResult[];
  /** What these and other ways cost, and hold. */
  readonly frontier?: readonly FrontierRow[];
  /** Price of an instance in US dollars an hour, where it is known. */
  readonly usDollarsPerHour?: number;
}

/** Enough for a smooth line, few enough to read as a table. */
const mostPoints = 300;

/** The picture of a simulation: load, instances, latency and cost of all policies over each other. One HTML file. */
export async function renderScalingHtml(comparison: SimulatedComparison): Promise<string> {
  const { load, objective, results, frontier } = comparison;
  const charts = chartsOf(comparison);
  const page = await renderPage('scaling', charts, {
    charts,
    title: `A ramp to ${formatFigure(load.peakPerSecond)} requests/s in ${formatLength(load.rampSeconds)}`,
    subtitle:
      `From ${formatFigure(load.basePerSecond)} requests/s. The objective: in each ten seconds p95 within ` +
      `${formatMilliseconds(objective.p95Seconds * 1000)}, and at most ${formatRatio(objective.failureShare)} failed. First help: from the beginning of the ramp to a new instance that serves.`,
    rows: results.map(scoreTexts),
    ...(frontier && { frontier: frontierPicture(frontier, load.peakPerSecond) }),
    facts: factsOf(comparison),
    notes: [
      ...(comparison.source === undefined ? [] : [comparison.source]),
      'A request is bound to an instance when it arrives. Instances cost from when they are asked for.',
      'Live AWS may differ: start times, delays of metrics and the numbers of fast alarms are not published.',
    ],
    version: loadwrightVersion,
  });
  return printable(page);
}

/** The figures of a policy as people read them. */
export function scoreTexts({ name, score, points }: SimulationResult) {
  const least = points.reduce((few, { desired }) => Math.min(few, desired), Infinity);
  return {
    name,
    holds: score.secondsOutside === 0,
    outside: formatLength(score.secondsOutside),
    failures: `${formatNumber(score.failures)} (${formatRatio(score.requests === 0 ? 0 : score.failures / score.requests)})`,
    firstInstance: score.firstInstanceSeconds === null ? nothing : formatLength(score.firstInstanceSeconds),
    scaleIn: score.scaleInSeconds === null ? nothing : formatLength(score.scaleInSeconds),
    instances: least === score.mostInstances ? String(least) : `${least}–${score.mostInstances}`,
    hours: formatFigure(score.instanceHours),
  };
}

function chartsOf({ results, load, usDollarsPerHour, objective }: SimulatedComparison): Chart[] {
  const [first] = results;
  const every = Math.max(1, Math.ceil((first?.points.length ?? 0) / mostPoints));
  const thinned = results.map(({ name, points }) => ({ name, points: thin(points, every) }));
  const times = thinned[0]?.points.map(({ at }) => at) ?? [];
  const markers = [
    { label: 'ramp', x: load.leadSeconds },
    { label: 'peak', x: load.leadSeconds + load.rampSeconds },
  ];
  const lines = (value: (point: SimulatedPoint) => number | null, text: (value: number) => string) =>
    thinned.map(({ name, points }, index) => line(name, String(index + 1), points.map(value), text));
  const dollars = (point: SimulatedPoint) => point.instanceHours * (usDollarsPerHour ?? 1);
  const slowest = highest(thinned.flatMap(({ points }) => points.map(({ p95 }) => p95)));
  const [unit, scale] = slowest >= 5 ? (['s', 1] as const) : (['ms', 1000] as const);
  const latencies = lines(
    (point) => (point.p95 === null ? null : point.p95 * scale),
    (value) => formatMilliseconds((value * 1000) / scale),
  );
  const parts: ChartPart[] = [
    {
      ...{ id: 'load', title: 'Load', unit: 'requests/s', atLeast: 1 },
      summary: `From ${formatFigure(load.basePerSecond)} to ${formatFigure(load.peakPerSecond)} requests a second.`,
      series: [line('Offered', '1', thinned[0]?.points.map(({ offered }) => offered) ?? [], formatFigure)],
    },
    {
      ...{ id: 'instances', title: 'Instances that serve', unit: 'instances', atLeast: 1 },
      summary: results.map(({ name, score }) => `${name}: up to ${score.mostInstances}`).join('; ') + '.',
      series: lines(({ serving }) => serving, formatNumber),
    },
    {
      ...{ id: 'latency', title: 'Response time, p95', unit, atLeast: objective.p95Seconds * scale },
      summary: `The objective is ${formatFigure(objective.p95Seconds * scale)} ${unit}.`,
      series: latencies,
    },
    {
      ...{ id: 'failures', title: 'Failed requests', unit: 'requests', atLeast: 1 },
      summary: results.map(({ name, score }) => `${name}: ${formatNumber(score.failures)}`).join('; ') + '.',
      series: lines(({ failures }) => failures, formatNumber),
    },
    {
      id: 'cost',
      title: usDollarsPerHour === undefined ? 'Instance-hours so far' : 'Cost so far',
      unit: usDollarsPerHour === undefined ? 'hours' : '$',
      atLeast: 0.1,
      summary:
        results
          .map(({ name, score }) =>
            usDollarsPerHour === undefined
              ? `${name}: ${formatFigure(score.instanceHours)} instance-hours`
              : `${name}: ${formatDollars(score.instanceHours * usDollarsPerHour)}`,
          )
          .join('; ') + '.',
      series: lines(dollars, (value) => formatNumber(value, 2)),
    },
  ];
  return parts.map((part) => ({
    ...{ kind: 'time' as const, labelHeading: 'Elapsed', x: times, labels: times.map(formatClock), markers },
    ...part,
  }));
}

/** Of several points the last, with the highest of what people look for. */
function thin(points: readonly SimulatedPoint[], every: number): SimulatedPoint[] {
  const thinned: SimulatedPoint[] = [];
  for (let from = 0; from < points.length; from += every) {
    const group = points.slice(from, from + every);
    const latencies = group.map(({ p95 }) => p95).filter((value) => value !== null);
    thinned.push({
      ...group.at(-1)!,
      p95: latencies.length === 0 ? null : highest(latencies),
      failures: group.reduce((sum, { failures }) => sum + failures, 0),
    });
  }
  return thinned;
}

function factsOf({ service, assumptions, load }: SimulatedComparison): [string, string][] {
  const { scaleOutAlarm: out, scaleInAlarm: low, fastScaleOutAlarm: fast } = assumptions;
  const alarm = (rule: typeof out) =>
    `${rule.datapoints} of ${rule.of} points of ${formatLength(rule.periodSeconds)}`;
  return [
    [
      'An instance serves at most',
      `${formatFigure(instanceRate(service))} requests/s (${service.slots} at once)`,
    ],
    ['Service time', `${formatMilliseconds(service.serviceSeconds * 1000)}, ${service.distribution}`],
    ['Routing', service.routing === 'even' ? 'to the instance that is free first' : 'at random'],
    ['Start of an instance', formatLength(assumptions.startSeconds)],
    [
      'Metrics are seen after',
      `${formatLength(assumptions.publicationSeconds)}; of ten seconds: ${formatLength(assumptions.fastPublicationSeconds)}`,
    ],
    ['Alarm to scale out', `${alarm(out)}; of ten seconds: ${alarm(fast)}`],
    [
      'Alarm to scale in',
      `${alarm(low)}, below ${formatFigure(assumptions.scaleInShare * 100)} % of the target`,
    ],
    ['Simulated', formatLength(loadSeconds(load))],
  ];
}
