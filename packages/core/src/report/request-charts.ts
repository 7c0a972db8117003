import { formatClock, formatFigure, formatMilliseconds, shorten } from '../values/format.js';
import type { RunReport } from '../results/summary.js';
import { highest, line, type Chart } from './chart.js';
import { spansOf } from './charts.js';
import { codesChart } from './codes.js';

/** Longer names are cut in a legend; the table has them in full. */
const longestName = 28;
const longestTitle = 60;

/**
 * Rate and latency of each request name over time, and the status codes of those names that had several. None for a load of
 * one name.
 */
export function requestCharts(
  report: Pick<RunReport, 'requestSeries'> & Partial<Pick<RunReport, 'stalls' | 'warmUpSeconds'>>,
): Chart[] {
  const { requestSeries = [] } = report;
  const spans = spansOf(report);
  const [first] = requestSeries;
  if (!first) return [];
  const common = {
    kind: 'time' as const,
    ...(spans.length > 0 && { spans }),
    labelHeading: 'Elapsed',
    x: first.points.map(({ elapsedSeconds }) => elapsedSeconds),
    labels: first.points.map(({ elapsedSeconds }) => formatClock(elapsedSeconds)),
  };
  const named = ({ method, name }: { method: string; name: string }) => `${method} ${name}`.trim();
  const rates = requestSeries.map((series, index) => ({
    ...line(
      shorten(named(series), longestName),
      String(index + 1),
      series.points.map(({ requestsPerSecond }) => requestsPerSecond),
      formatFigure,
    ),
    detail: named(series),
  }));
  const slow = requestSeries.map((series, index) => ({
    ...line(
      shorten(named(series), longestName),
      String(index + 1),
      series.points.map(({ p95 }) => p95),
      formatMilliseconds,
    ),
    detail: named(series),
  }));
  const slowest = slow.reduce((most, one) => (highest(one.values) > highest(most.values) ? one : most));
  return [
    {
      ...common,
      id: 'request-rates',
      title: 'Requests by name',
      unit: 'requests/s',
      summary: `Of ${requestSeries.length} names, each a line.`,
      atLeast: 1,
      series: rates,
    },
    {
      ...common,
      id: 'request-times',
      title: 'p95 by name',
      unit: 'ms',
      summary: `The slowest is ${slowest.detail}, up to ${formatMilliseconds(highest(slowest.values))}.`,
      atLeast: 0.1,
      series: slow,
    },
    ...requestSeries.flatMap((series, index): Chart[] => {
      const points = series.points.map(({ codesPerSecond = {} }) => new Map(Object.entries(codesPerSecond)));
      if (new Set(points.flatMap((rates) => [...rates.keys()])).size < 2) return [];
      const title = `Status codes of ${shorten(named(series), longestTitle)}`;
      return [{ ...common, ...codesChart(points, { id: `request-codes-${index + 1}`, title }) }];
    }),
  ];
}
