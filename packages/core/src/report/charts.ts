import type { Sample } from '../measure/sample-contract.js';
import { highest, line, type Chart, type ChartPart, type ChartSeries, type ChartSpan } from './chart.js';
import {
  formatAge,
  formatBytes,
  formatClock,
  formatFigure,
  formatMilliseconds,
  formatNumber,
} from '../values/format.js';
import { codesChart } from './codes.js';
import { loadChart } from './load-chart.js';
import { metricCharts } from './metric-charts.js';
import type { RunReport } from '../results/summary.js';
import { thinSeries, type Point } from './thin-series.js';

/** Enough for a smooth line on a wide screen, few enough to read as a table. */
const mostPoints = 300;
/** More lines than this cannot be distinguished. */
const mostLines = 6;

/** What the charts over time are drawn from. */
type TimedReport = Pick<RunReport, 'series'> &
  Partial<Pick<RunReport, 'metrics' | 'observed' | 'stalls' | 'warmUpSeconds'>>;

/** The charts over time. None without samples. */
export function timeCharts(report: TimedReport): Chart[] {
  const points = thinSeries(report.series, mostPoints);
  if (points.length === 0) return [];
  const isOpen = points.some(({ open }) => open);
  const parts = [
    throughput(points),
    times(points, 'Response times', (point) => point),
    ...(isOpen ? [times(points, 'Service times', ({ open }) => open?.service)] : []),
    ...(points.some(({ codes }) => codes.size > 0) ? [codesChart(points.map(({ codes }) => codes))] : []),
    ...(points.some(({ failureKinds }) => failureKinds.size > 0) ? [failures(points)] : []),
    isOpen ? inFlight(points) : users(points),
    ...(points.some(({ firstByte }) => firstByte.p99 !== null)
      ? [times(points, 'Time to first byte', ({ firstByte }) => firstByte)]
      : []),
    ...traffic(points),
    ...(points.some(({ oldestSeconds }) => oldestSeconds !== null) ? [age(points)] : []),
    ...metricCharts(points, report.metrics ?? {}),
  ];
  return inTime(points, parts, report);
}

/** Charts over time of the load generator itself, which say whether the others can be trusted. */
export function generatorCharts(report: TimedReport): Chart[] {
  const points = thinSeries(report.series, mostPoints);
  if (points.length === 0) return [];
  const lag = points.some(({ lagP99 }) => lagP99 !== null) ? [eventLoopLag(points)] : [];
  return inTime(points, [workerCpu(points), ...lag], report);
}

/** Further charts on the same axis, made from its seconds. None without samples. */
export function onTimeAxis(
  report: TimedReport,
  partsAt: (seconds: readonly number[]) => readonly ChartPart[],
): Chart[] {
  const points = thinSeries(report.series, mostPoints);
  if (points.length === 0) return [];
  return inTime(points, partsAt(points.map(({ elapsedSeconds }) => elapsedSeconds)), report);
}

/** Latency against the load, where that changes. */
export function chartOfLoad({ series }: TimedReport): Chart | undefined {
  return loadChart(thinSeries(series, mostPoints));
}

function inTime(points: readonly Point[], parts: readonly ChartPart[], report: TimedReport): Chart[] {
  const spans = spansOf(report);
  const markers = markersOf(report);
  return parts.map((part) => ({
    kind: 'time' as const,
    labelHeading: 'Elapsed',
    x: points.map((point) => point.elapsedSeconds),
    labels: points.map((point) => formatClock(point.elapsedSeconds)),
    ...(spans.length > 0 && { spans }),
    ...(markers.length > 0 && { markers }),
    ...part,
  }));
}

/** Parts of the load that are drawn on a ground of their own. */
export function spansOf({
  stalls = [],
  warmUpSeconds = 0,
}: Partial<Pick<RunReport, 'stalls' | 'warmUpSeconds'>>): ChartSpan[] {
  return [
    ...(warmUpSeconds > 0
      ? [{ kind: 'warm-up' as const, label: 'warm-up', from: 0, to: warmUpSeconds }]
      : []),
    ...stalls.map(({ from, to }) => ({ kind: 'stall' as const, label: 'stall', from, to })),
  ];
}

/** What happened to the service while it was loaded, as far as it is to be marked. */
function markersOf({ observed, series }: TimedReport): { label: string; x: number }[] {
  const end = series.at(-1)?.elapsedSeconds ?? 0;
  return (observed?.events ?? []).flatMap(({ elapsedSeconds, mark }) =>
    mark === undefined || elapsedSeconds < 0 || elapsedSeconds > end
      ? []
      : [{ label: mark, x: elapsedSeconds }],
  );
}

/** How many samples a point of the charts over time stands for. */
export function samplesPerPoint(series: readonly Sample[]): number {
  return Math.max(1, Math.ceil(series.length / mostPoints));
}

function throughput(points: readonly Point[]): ChartPart {
  const requests = points.map((point) => point.requestsPerSecond);
  const failures = points.map((point) => point.failuresPerSecond);
  const offered = points.map(({ open }) => open?.offeredPerSecond ?? null);
  const isOpen = offered.some((rate) => rate !== null);
  const failed =
    highest(failures) > 0 ? `failures peak at ${formatFigure(highest(failures))}/s` : 'no failures';
  return {
    id: 'throughput',
    title: isOpen ? 'Offered and achieved rate' : 'Throughput',
    unit: 'requests/s',
    summary:
      `Peak ${formatFigure(highest(requests))} requests/s, ${failed}` +
      `${isOpen ? `; up to ${formatFigure(highest(offered))}/s were due` : ''}.`,
    atLeast: 1,
    series: [
      ...(isOpen ? [line('Offered/s', '2', offered, formatFigure)] : []),
      line(isOpen ? 'Achieved/s' : 'Requests/s', '1', requests, formatFigure),
      line('Failures/s', 'failure', failures, formatFigure),
    ],
  };
}

type Percentiles = Pick<Point, 'p50' | 'p95' | 'p99'>;

function times(
  points: readonly Point[],
  title: string,
  pick: (point: Point) => Percentiles | undefined,
): ChartPart {
  const of = (key: keyof Percentiles) => points.map((point) => pick(point)?.[key] ?? null);
  const peak = highest(of('p99'));
  const inSeconds = peak >= 5000;
  const scaled = (key: keyof Percentiles, tone: string) => ({
    ...line(key, tone, of(key), formatMilliseconds),
    values: of(key).map((value) => (value === null || !inSeconds ? value : value / 1000)),
  });
  const answered = of('p99').some((value) => value !== null);
  return {
    id: title.toLowerCase().replaceAll(' ', '-'),
    title,
    unit: inSeconds ? 's' : 'ms',
    summary: answered ? `The highest p99 is ${formatMilliseconds(peak)}.` : 'No answer was timed.',
    atLeast: 0.1,
    ribbon: true,
    series: [scaled('p50', '1'), scaled('p95', '2'), scaled('p99', '3')],
  };
}

/** Up to six kinds, each a line; the rarer ones stand in the table. */
function failures(points: readonly Point[]): ChartPart {
  const totals = new Map<string, number>();
  for (const { failureKinds } of points) {
    for (const [kind, rate] of failureKinds) totals.set(kind, (totals.get(kind) ?? 0) + rate);
  }
  const kinds = [...totals].sort(([, one], [, other]) => other - one).map(([kind]) => kind);
  const series = kinds.map((kind, index) =>
    line(
      kind,
      index < mostLines ? String(index + 1) : undefined,
      points.map(({ failureKinds }) => failureKinds.get(kind) ?? 0),
      formatFigure,
    ),
  );
  return {
    id: 'failures',
    title: 'Failures by kind',
    unit: 'requests/s',
    summary: `Most failed by ${kinds[0]}, up to ${formatFigure(highest(series[0]!.values))} a second.`,
    atLeast: 1,
    series,
  };
}

/** What went over the connections; of a report of an earlier version the bodies of answers alone. */
function traffic(points: readonly Point[]): ChartPart[] {
  const sent = points.map(({ sentPerSecond }) => sentPerSecond);
  const received = points.map(({ receivedPerSecond }) => receivedPerSecond);
  const text = (bytes: number) => `${formatBytes(bytes)}/s`;
  if ([...sent, ...received].some((value) => value))
    return [
      bytesChart(
        { id: 'traffic', title: 'Bytes sent and received' },
        `Sent up to ${text(highest(sent))}, received up to ${text(highest(received))}, headers included.`,
        [line('Sent', '2', sent, text), line('Received', '4', received, text)],
      ),
    ];
  const bodies = points.map(({ bytesPerSecond }) => bytesPerSecond);
  if (!bodies.some((value) => value)) return [];
  return [
    bytesChart({ id: 'received', title: 'Bodies received' }, `Up to ${text(highest(bodies))}.`, [
      line('Received', '4', bodies, text),
    ]),
  ];
}

/** In the unit that suits the most. */
function bytesChart(
  names: Pick<ChartPart, 'id' | 'title'>,
  summary: string,
  series: readonly ChartSeries[],
): ChartPart {
  const most = Math.max(...series.map(({ values }) => highest(values)));
  const [unit, divisor] = most < 1e6 ? (['kB/s', 1e3] as const) : (['MB/s', 1e6] as const);
  const scaled = (value: number | null) => (value === null ? null : value / divisor);
  return {
    ...names,
    unit,
    summary,
    atLeast: 0.1,
    series: series.map((one) => ({ ...one, values: one.values.map(scaled) })),
  };
}

function inFlight(points: readonly Point[]): ChartPart {
  const values = points.map((point) => point.inFlight);
  const totals = (key: 'late' | 'dropped') => points.map(({ open }) => open?.[key] ?? null);
  return {
    id: 'in-flight',
    title: 'Requests waiting or in flight',
    unit: 'requests',
    summary: `Up to ${formatNumber(highest(values))} requests waiting or in flight, ${formatNumber(highest(totals('dropped')))} dropped.`,
    atLeast: 1,
    series: [
      line('In flight', '1', values, formatNumber),
      line('Late so far', undefined, totals('late'), formatNumber),
      line('Dropped so far', undefined, totals('dropped'), formatNumber),
    ],
  };
}

function eventLoopLag(points: readonly Point[]): ChartPart {
  const values = points.map((point) => point.lagP99);
  return {
    id: 'event-loop-lag',
    title: 'Event-loop lag of the workers',
    unit: 'ms',
    summary: `The highest p99 is ${formatMilliseconds(highest(values))}; above 10 ms over the whole run it is INVALID.`,
    atLeast: 10,
    series: [line('p99', '1', values, formatMilliseconds)],
  };
}

function users(points: readonly Point[]): ChartPart {
  const counts = points.map((point) => point.users);
  const waiting = points.map((point) => point.inFlight);
  const isKnown = waiting.some((count) => count !== null);
  return {
    id: 'users',
    title: isKnown ? 'Users and requests in flight' : 'Users',
    unit: isKnown ? '' : 'users',
    summary:
      `Up to ${formatNumber(highest(counts))} ${highest(counts) === 1 ? 'user' : 'users'} at once` +
      `${isKnown ? `, and ${formatNumber(highest(waiting))} requests in flight` : ''}.`,
    atLeast: 1,
    series: [
      line('Users', isKnown ? '2' : '1', counts, formatNumber),
      ...(isKnown ? [line('In flight', '1', waiting, formatNumber)] : []),
    ],
  };
}

function age(points: readonly Point[]): ChartPart {
  const values = points.map((point) => point.oldestSeconds);
  return {
    id: 'oldest',
    title: 'Age of the oldest request in flight',
    unit: 's',
    summary: `The oldest request had waited for ${formatAge(highest(values))}.`,
    atLeast: 1,
    series: [line('Oldest', '5', values, formatAge)],
  };
}

function workerCpu(points: readonly Point[]): ChartPart {
  const percent = (value: number) => `${formatNumber(value)} %`;
  const ids = [...new Set(points.flatMap((point) => [...point.cpu.keys()]))].sort();
  const peak = Math.max(0, ...points.map((point) => Math.max(0, ...point.cpu.values())));
  const fold = (pick: (values: number[]) => number) =>
    points.map(({ cpu }) => (cpu.size > 0 ? pick([...cpu.values()]) : null));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const series =
    ids.length > mostLines
      ? [
          line(
            'Busiest worker',
            '2',
            fold((values) => Math.max(...values)),
            percent,
          ),
          line('Mean', '1', fold(mean), percent),
          line(
            'Idlest worker',
            '3',
            fold((values) => Math.min(...values)),
            percent,
          ),
        ]
      : ids.map((id, index) => ({
          ...line(
            `Worker ${index + 1}`,
            String(index + 1),
            points.map(({ cpu }) => cpu.get(id) ?? null),
            percent,
          ),
          detail: `Worker ${index + 1} (${id})`,
        }));
  return {
    id: 'worker-cpu',
    title: 'Worker CPU',
    unit: '% of one core',
    summary:
      ids.length > 0
        ? `The busiest worker reaches ${percent(peak)} of one core.`
        : 'No worker reported its CPU.',
    atLeast: 100,
    series,
  };
}
