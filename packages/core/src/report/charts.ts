import type { Histogram } from '../locust/histogram.js';
import { percentile } from '../locust/histogram.js';
import type { Sample } from '../run/events.js';
import {
  formatClock,
  formatFigure,
  formatMilliseconds,
  formatNumber,
  formatRatio,
  nothing,
} from './format.js';
import { binHistogram, type Bin } from './histogram-bins.js';
import type { RunReport } from './summary.js';
import { thinSeries, type Point } from './thin-series.js';

/** Enough for a smooth line on a wide screen, few enough to read as a table. */
const mostPoints = 300;
/** More lines than this cannot be told apart. */
const mostLines = 6;

/** A chart, as the template lays it out and `charts.js` draws it. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** `time`: lines over the elapsed seconds. `bars`: one bar for each point, side by side. */
  readonly kind: 'time' | 'bars';
  /** Unit of the vertical axis. */
  readonly unit: string;
  /** What the chart shows, in a sentence, for those who cannot see it, and as long as no point is chosen. */
  readonly summary: string;
  readonly x: readonly number[];
  /** What each point stands for: the first column of the table. */
  readonly labels: readonly string[];
  readonly labelHeading: string;
  /** Bars only: the values at the edges between the bars, one more than there are bars. */
  readonly edges?: readonly string[];
  /** Vertical lines at places of the horizontal axis. */
  readonly markers?: readonly { readonly label: string; readonly x: number }[];
  /** The vertical axis reaches at least to here. */
  readonly atLeast: number;
  readonly series: readonly ChartSeries[];
}

/** One line, or one set of bars. */
export interface ChartSeries {
  readonly label: string;
  /** The label in full, where it has a longer form. */
  readonly detail?: string;
  /**
   * The colour and line pattern in the style sheet: `1` to `6`, or `failure`. Absent: it is not drawn, only read in
   * the table and under the cursor.
   */
  readonly tone?: string;
  readonly values: readonly (number | null)[];
  /** The values as people read them, with their units. */
  readonly texts: readonly string[];
}

/** The charts over time. None without samples. */
export function timeCharts(report: Pick<RunReport, 'series'>): Chart[] {
  const points = thinSeries(report.series, mostPoints);
  if (points.length === 0) return [];
  return [throughput(points), responseTimes(points), users(points), workerCpu(points)].map((chart) => ({
    kind: 'time' as const,
    labelHeading: 'Elapsed',
    x: points.map((point) => point.elapsedSeconds),
    labels: points.map((point) => formatClock(point.elapsedSeconds)),
    ...chart,
  }));
}

type Part = Pick<Chart, 'id' | 'title' | 'unit' | 'summary' | 'atLeast' | 'series'>;

/** How many samples a point of the charts over time stands for. */
export function samplesPerPoint(series: readonly Sample[]): number {
  return Math.max(1, Math.ceil(series.length / mostPoints));
}

function line(
  label: string,
  tone: string | undefined,
  values: readonly (number | null)[],
  text: (value: number) => string,
): ChartSeries {
  return { label, tone, values, texts: values.map((value) => (value === null ? nothing : text(value))) };
}

const highest = (values: readonly (number | null)[]) =>
  values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);

function throughput(points: readonly Point[]): Part {
  const requests = points.map((point) => point.requestsPerSecond);
  const failures = points.map((point) => point.failuresPerSecond);
  const failed =
    highest(failures) > 0 ? `failures peak at ${formatFigure(highest(failures))} a second` : 'no failures';
  return {
    id: 'throughput',
    title: 'Throughput',
    unit: 'requests/s',
    summary: `Peak ${formatFigure(highest(requests))} requests a second, ${failed}.`,
    atLeast: 1,
    series: [
      line('Requests/s', '1', requests, formatFigure),
      line('Failures/s', 'failure', failures, formatFigure),
    ],
  };
}

function responseTimes(points: readonly Point[]): Part {
  const of = (key: 'p50' | 'p95' | 'p99') => points.map((point) => point[key]);
  const peak = highest(of('p99'));
  const inSeconds = peak >= 5000;
  const scaled = (key: 'p50' | 'p95' | 'p99', tone: string) => ({
    ...line(key, tone, of(key), formatMilliseconds),
    values: of(key).map((value) => (value === null || !inSeconds ? value : value / 1000)),
  });
  const answered = points.some((point) => point.p99 !== null);
  return {
    id: 'response-times',
    title: 'Response times',
    unit: inSeconds ? 's' : 'ms',
    summary: answered ? `The highest p99 is ${formatMilliseconds(peak)}.` : 'No answer was timed.',
    atLeast: 1,
    series: [scaled('p50', '1'), scaled('p95', '2'), scaled('p99', '3')],
  };
}

function users(points: readonly Point[]): Part {
  const values = points.map((point) => point.users);
  return {
    id: 'users',
    title: 'Users',
    unit: 'users',
    summary: `Up to ${formatNumber(highest(values))} users at once.`,
    atLeast: 1,
    series: [line('Users', '1', values, formatNumber)],
  };
}

function workerCpu(points: readonly Point[]): Part {
  const percent = (value: number) => `${formatNumber(value)}\u202F%`;
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

/** The latency distribution. Undefined without answers. */
export function distributionChart(distribution: Histogram): Chart | undefined {
  const bins = binHistogram(distribution);
  if (bins.length === 0) return undefined;
  const counts = bins.map((bin) => bin.count);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const at = (fraction: number) => formatMilliseconds(percentile(distribution, fraction));
  const edge = (milliseconds: number) => formatNumber(milliseconds, 1);
  let seen = 0;
  return {
    id: 'distribution',
    title: 'Response times of all requests',
    kind: 'bars',
    unit: 'requests',
    summary: `Half of all requests took up to ${at(0.5)}, 95 % up to ${at(0.95)}, 99 % up to ${at(0.99)}.`,
    x: bins.map((_, index) => index),
    labels: bins.map(({ from, to }) => `${edge(from)} to ${edge(to)}\u202Fms`),
    labelHeading: 'Response time',
    edges: [...bins.map(({ from }) => edge(from)), edge(bins.at(-1)!.to)],
    markers: ([50, 95, 99] as const).map((rank) => ({
      label: `p${rank}`,
      x: placeOf(percentile(distribution, rank / 100) ?? 0, bins),
    })),
    atLeast: 1,
    series: [
      line('Requests', '1', counts, formatNumber),
      line(
        'Share',
        undefined,
        counts.map((count) => count / total),
        formatRatio,
      ),
      line(
        'Up to here',
        undefined,
        counts.map((count) => (seen += count) / total),
        formatRatio,
      ),
    ],
  };
}

/** Where a response time is on an axis on which bar 0 reaches from -0.5 to 0.5. */
function placeOf(milliseconds: number, bins: readonly Bin[]): number {
  const index = Math.max(
    0,
    bins.findLastIndex((bin) => bin.from <= milliseconds),
  );
  const { from, to } = bins[index]!;
  return index - 0.5 + Math.min(1, (milliseconds - from) / (to - from));
}
