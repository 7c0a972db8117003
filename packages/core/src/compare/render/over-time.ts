import {
  highest,
  line,
  type Chart,
  type ChartBand,
  type ChartPart,
  type ChartSeries,
} from '../../report/chart.js';
import { spansOf } from '../../report/charts.js';
import { groupSeries, type Point } from '../../report/thin-series.js';
import type { RunReport } from '../../results/summary.js';
import { formatClock, formatFigure, formatMilliseconds } from '../../values/format.js';

/** Enough for a smooth line, few enough to read as a table. */
const mostPoints = 300;
/** Longer times are drawn in seconds. */
const secondsFrom = 5000;

/** The reports of both sides. */
export interface ComparedReports {
  readonly baseline: readonly RunReport[];
  readonly candidate: readonly RunReport[];
}

/** A figure of one side at each point: the mean of its runs, the lowest and the highest. */
interface Course {
  readonly mean: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly runs: number;
}

/**
 * Both sides over each other: the same second of all loads is one point. Of several runs a side has the mean as its line, and
 * the range of the runs as its ground. None without samples.
 */
export function comparedCharts({ baseline, candidate }: ComparedReports): Chart[] {
  const all = [...baseline, ...candidate];
  const longest = all.reduce((long, { series }) => Math.max(long, series.length), 0);
  if (longest === 0) return [];
  const size = Math.ceil(longest / mostPoints);
  const pointsOf = ({ series }: RunReport) => groupSeries(series, size);
  const sides = [baseline, candidate].map((runs) => runs.map(pointsOf));
  const axis = sides.flat().reduce((long, points) => (points.length > long.length ? points : long), []);
  const x = axis.map(({ elapsedSeconds }) => elapsedSeconds);
  const courses = (pick: (point: Point) => number | null) =>
    sides.map((runs) => courseOf(runs, x.length, pick)) as [Course, Course];
  const isOpen = axis.some(({ open }) => open);
  const spans = spansOf({ warmUpSeconds: all[0]!.warmUpSeconds });
  const parts: ChartPart[] = [
    {
      ...{ id: 'rates', title: isOpen ? 'Achieved rate' : 'Throughput', unit: 'requests/s', atLeast: 1 },
      ...linesOf(
        courses(({ requestsPerSecond }) => requestsPerSecond),
        (value) => `${formatFigure(value)}/s`,
      ),
    },
    ...(['p95', 'p99'] as const).map((key) =>
      times(
        key,
        courses((point) => point[key]),
      ),
    ),
    {
      ...{ id: 'failed', title: 'Failures', unit: 'requests/s', atLeast: 1 },
      ...linesOf(
        courses(({ failuresPerSecond }) => failuresPerSecond),
        (value) => `${formatFigure(value)}/s`,
      ),
    },
  ];
  return parts.map((part) => ({
    ...{ kind: 'time' as const, labelHeading: 'Elapsed', x, labels: x.map(formatClock) },
    ...(spans.length > 0 && { spans }),
    ...part,
  }));
}

/** Of runs that are shorter than others, those that were not over yet. */
function courseOf(
  runs: readonly (readonly Point[])[],
  length: number,
  pick: (point: Point) => number | null,
): Course {
  const columns = Array.from({ length }, (_, at) =>
    runs.flatMap((points) => {
      const value = points[at] && pick(points[at]);
      return value === undefined || value === null ? [] : [value];
    }),
  );
  const fold = (of: (values: readonly number[]) => number) =>
    columns.map((values) => (values.length === 0 ? null : of(values)));
  return {
    mean: fold((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    low: fold((values) => Math.min(...values)),
    high: fold((values) => Math.max(...values)),
    runs: runs.length,
  };
}

function times(key: 'p95' | 'p99', sides: readonly [Course, Course]): ChartPart {
  const inSeconds = Math.max(...sides.map(({ high }) => highest(high))) >= secondsFrom;
  const scaled = (values: readonly (number | null)[]) =>
    values.map((value) => (value === null || !inSeconds ? value : value / 1000));
  const { series, bands, summary } = linesOf(sides, formatMilliseconds);
  return {
    ...{ id: key, title: `Response times, ${key}`, unit: inSeconds ? 's' : 'ms', atLeast: 0.1, summary },
    series: series.map((one) => ({ ...one, values: scaled(one.values) })),
    ...(bands && {
      bands: bands.map((band) => ({ ...band, low: scaled(band.low), high: scaled(band.high) })),
    }),
  };
}

/** A line a side and, where one has several runs, their range: as ground, and in the table. */
function linesOf(
  sides: readonly [Course, Course],
  text: (value: number) => string,
): Pick<ChartPart, 'series' | 'bands' | 'summary'> {
  const names = ['Baseline', 'Candidate'];
  const lines = sides.map((side, index): ChartSeries => ({
    ...line(names[index]!, String(index + 1), side.mean, text),
    ...(side.runs > 1 && { detail: `${names[index]}, mean of ${side.runs} runs` }),
  }));
  const several = sides.flatMap((side, index) =>
    side.runs > 1 ? [{ ...side, name: names[index]!, index }] : [],
  );
  const bands = several.map(({ index, low, high }): ChartBand => ({ tone: String(index + 1), low, high }));
  const [before, after] = sides.map(({ mean }) => text(highest(mean)));
  return {
    series: [
      ...lines,
      ...several.flatMap(({ name, low, high }) => [
        line(`${name}, lowest run`, undefined, low, text),
        line(`${name}, highest run`, undefined, high, text),
      ]),
    ],
    ...(bands.length > 0 && { bands }),
    summary: `The highest point of the baseline is ${before}, of the candidate ${after}.`,
  };
}
