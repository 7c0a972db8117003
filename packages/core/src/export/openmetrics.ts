import { bucketRange } from '../series/bucketing.js';
import type { SeriesRow, SeriesTrend } from '../series/rows.js';
import { mergeTrends } from '../series/resample.js';
import {
  codesDescription,
  definitionOf,
  endOf,
  failuresByKind,
  namesOf,
  requestCountNames,
  requestCounts,
  traffic,
  trafficCounts,
  type ExportInput,
  type RequestCount,
} from './intervals.js';

/** Names and values of labels. */
export type OpenMetricsLabels = Readonly<Record<string, string>>;

/** Upper bounds of the histograms between two powers of two: each is also the edge of one of the runtime's buckets. */
const boundsPerDoubling = 8;

/**
 * OpenMetrics text (1.0), with a point in time for each interval: counters and histograms that grow, as a scrape would
 * have read them. Times are in seconds. The counts at the bounds of a histogram are exact.
 */
export function* toOpenMetrics(input: ExportInput): Generator<string> {
  for (const count of requestCountNames) {
    yield* counterFamily(input, countMetric(count), requestCounts[count]);
  }
  for (const [count] of traffic) yield* counterFamily(input, trafficMetrics[count], trafficCounts[count]);
  yield* counterFamily(input, codesMetric, codesDescription);
  for (const name of namesOf(input.rows, 'counters')) {
    yield* counterFamily(input, metricName(name), definitionOf(input.header, name, 'counter').description);
  }
  for (const name of namesOf(input.rows, 'rates')) {
    const { description } = definitionOf(input.header, name, 'rate');
    for (const part of rateParts) yield* counterFamily(input, `${metricName(name)}_${part}`, description);
  }
  for (const name of namesOf(input.rows, 'trends')) yield* histogramFamily(input, name);
  yield '# EOF\n';
}

/** What a rate counts. */
const rateParts = ['hits', 'checked'] as const;

const countMetric = (count: RequestCount) =>
  count === 'bytes' ? 'loadwright_response_bytes' : `loadwright_requests_${count}`;

const codesMetric = 'loadwright_requests_by_code';
const trafficMetrics = {
  bytesSent: 'loadwright_sent_bytes',
  bytesReceived: 'loadwright_received_bytes',
} as const;

/** Every number of a row that only grows, with the metric that it is of and the labels that are its own. */
export function* valuesOfRow(
  row: SeriesRow,
): Generator<
  { readonly metric: string; readonly labels: OpenMetricsLabels; readonly value: number },
  undefined
> {
  for (const count of requestCountNames) {
    const metric = countMetric(count);
    if (count !== 'failed') yield { metric, labels: {}, value: row[count] };
    else
      for (const [kind, value] of Object.entries(failuresByKind(row)))
        yield { metric, labels: { kind }, value };
  }
  for (const [count] of traffic)
    if (row[count] !== undefined) yield { metric: trafficMetrics[count], labels: {}, value: row[count] };
  for (const [code, value] of Object.entries(row.codes ?? {}))
    yield { metric: codesMetric, labels: { code }, value };
  for (const [name, value] of Object.entries(row.counters ?? {}))
    yield { metric: metricName(name), labels: {}, value };
  for (const [name, { hits, total }] of Object.entries(row.rates ?? {})) {
    yield { metric: `${metricName(name)}_hits`, labels: {}, value: hits };
    yield { metric: `${metricName(name)}_checked`, labels: {}, value: total };
  }
  return undefined;
}

function* counterFamily(input: ExportInput, metric: string, help: string): Generator<string> {
  // The points in time of one set of labels must stand together.
  const points = new Map<string, { sum: number; readonly lines: string[] }>();
  for (const row of input.rows) {
    for (const { labels, value } of [...valuesOfRow(row)].filter((found) => found.metric === metric)) {
      const labelText = formatLabels({ ...labelsOf(input, row), ...labels });
      const point = points.get(labelText) ?? { sum: 0, lines: [] };
      point.sum += value;
      point.lines.push(`${metric}_total${labelText} ${number(point.sum)} ${timeOf(input, row)}\n`);
      points.set(labelText, point);
    }
  }
  if (points.size === 0) return;
  yield `# TYPE ${metric} counter\n`;
  if (metric.endsWith('_bytes')) yield `# UNIT ${metric} bytes\n`;
  yield* helpLine(metric, help);
  for (const { lines } of points.values()) yield lines.join('');
}

function* histogramFamily(input: ExportInput, name: string): Generator<string> {
  const { unit, description } = definitionOf(input.header, name, 'trend');
  const { metric, scale } = trendMetric(name, unit);
  const rows = input.rows.filter((row) => row.trends[name]?.count);
  const bounds = boundsOf(rows.map((row) => row.trends[name]!));
  const points = new Map<string, { trend: SeriesTrend | undefined; readonly lines: string[] }>();
  for (const row of rows) {
    const labels = labelsOf(input, row);
    const point = points.get(formatLabels(labels)) ?? { trend: undefined, lines: [] };
    point.trend = point.trend ? mergeTrends(point.trend, row.trends[name]!) : row.trends[name]!;
    point.lines.push(
      ...histogramPoint(metric, labels, point.trend, { bounds, scale, time: timeOf(input, row) }),
    );
    points.set(formatLabels(labels), point);
  }
  if (points.size === 0) return;
  yield `# TYPE ${metric} histogram\n`;
  if (unit === 'ms') yield `# UNIT ${metric} seconds\n`;
  yield* helpLine(metric, description);
  for (const { lines } of points.values()) yield lines.join('');
}

/** What a trend is called, and what its sum is multiplied by: times are in milliseconds, OpenMetrics has seconds. */
export const trendMetric = (name: string, unit: string) =>
  unit === 'ms'
    ? { metric: `${metricName(name)}_seconds`, scale: 1e-3 }
    : { metric: metricName(name), scale: 1 };

/**
 * How many values of a trend are at most each bound.
 *
 * @param bounds Ascending, in millionths of what was recorded; exact where each is the edge of a bucket.
 */
export function countsAt({ buckets }: SeriesTrend, bounds: readonly number[]): number[] {
  let at = 0;
  let seen = 0;
  return bounds.map((bound) => {
    while (at < buckets.length && millionthsOf(buckets[at]!).to <= bound) {
      seen += buckets[at + 1]!;
      at += 2;
    }
    return seen;
  });
}

function histogramPoint(
  metric: string,
  labels: OpenMetricsLabels,
  trend: SeriesTrend,
  { bounds, scale, time }: { bounds: readonly number[]; scale: number; time: string },
): string[] {
  const { count, sum } = trend;
  const lines = countsAt(trend, bounds).map(
    (seen, at) =>
      `${metric}_bucket${formatLabels({ ...labels, le: number(bounds[at]! / 1e6) })} ${seen} ${time}\n`,
  );
  lines.push(
    `${metric}_bucket${formatLabels({ ...labels, le: '+Inf' })} ${count} ${time}\n`,
    `${metric}_count${formatLabels(labels)} ${count} ${time}\n`,
    `${metric}_sum${formatLabels(labels)} ${number(sum * scale)} ${time}\n`,
  );
  return lines;
}

/** What a bucket holds, in millionths of what was recorded: whole numbers, as the bounds are. */
function millionthsOf(index: number): { from: number; to: number } {
  const { from, to } = bucketRange(index, '');
  return { from: Math.round(from * 1e6), to: Math.round(to * 1e6) };
}

/** The bounds around all values, in millionths. */
function boundsOf(trends: readonly SeriesTrend[]): number[] {
  const first = trends.reduce((least, { buckets }) => Math.min(least, buckets[0]!), Infinity);
  const last = trends.reduce((most, { buckets }) => Math.max(most, buckets.at(-2)!), 0);
  const { from: lowest } = millionthsOf(first);
  const { to: highest } = millionthsOf(last);
  const bounds: number[] = [];
  if (trends.length === 0) return bounds;
  for (let power = 2 ** Math.floor(Math.log2(Math.max(1, lowest))); ; power *= 2) {
    for (let step = 0; step < boundsPerDoubling; step++) {
      const bound = power * (1 + step / boundsPerDoubling);
      // Below 8 the steps are narrower than a millionth.
      if (!Number.isInteger(bound)) continue;
      bounds.push(bound);
      if (bound >= highest) return bounds;
    }
  }
}

const labelsOf = ({ header, name }: ExportInput, row: SeriesRow): OpenMetricsLabels => ({
  test: name,
  run: header.runId,
  ...(row.method !== '' && { method: row.method }),
  ...(row.name !== '' && { name: row.name }),
});

const metricName = (name: string) => `loadwright_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`;

const timeOf = (input: ExportInput, row: SeriesRow) => number(endOf(input, row) / 1000);

function formatLabels(labels: OpenMetricsLabels): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escape(value)}"`)
    .join(',')}}`;
}

const escape = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** Without the digits that are nothing but rounding. */
const number = (value: number) => String(Number(value.toPrecision(15)));

function* helpLine(metric: string, help: string): Generator<string> {
  if (help !== '') yield `# HELP ${metric} ${escape(help)}\n`;
}
