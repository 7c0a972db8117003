import { bucketRange } from '../series/bucketing.js';
import type { SeriesRow, SeriesTrend } from '../series/rows.js';
import { mergeTrends } from '../series/resample.js';
import {
  definitionOf,
  endOf,
  failuresByKind,
  namesOf,
  requestCountNames,
  requestCounts,
  type ExportInput,
} from './intervals.js';

type Labels = Readonly<Record<string, string>>;

/** Upper bounds of the histograms between two powers of two: each is also the edge of one of the runtime's buckets. */
const boundsPerDoubling = 8;

/**
 * OpenMetrics text (1.0), with a point in time for each interval: counters and histograms that grow, as a scrape would
 * have read them. Times are in seconds. The counts at the bounds of a histogram are exact.
 */
export function* toOpenMetrics(input: ExportInput): Generator<string> {
  for (const count of requestCountNames) {
    const help = requestCounts[count];
    const metric = count === 'bytes' ? 'loadwright_response_bytes' : `loadwright_requests_${count}`;
    yield* counterFamily(input, metric, help, (row) =>
      count === 'failed'
        ? Object.entries(failuresByKind(row)).map(([kind, value]) => [{ kind }, value])
        : [[{}, row[count]]],
    );
  }
  for (const name of namesOf(input.rows, 'counters')) {
    const { description } = definitionOf(input.header, name, 'counter');
    yield* counterFamily(input, metricName(name), description, (row) => [[{}, row.counters?.[name]]]);
  }
  for (const name of namesOf(input.rows, 'rates')) {
    const { description } = definitionOf(input.header, name, 'rate');
    yield* counterFamily(input, `${metricName(name)}_hits`, description, (row) => [
      [{}, row.rates?.[name]?.hits],
    ]);
    yield* counterFamily(input, `${metricName(name)}_checked`, description, (row) => [
      [{}, row.rates?.[name]?.total],
    ]);
  }
  for (const name of namesOf(input.rows, 'trends')) yield* histogramFamily(input, name);
  yield '# EOF\n';
}

function* counterFamily(
  input: ExportInput,
  metric: string,
  help: string,
  read: (row: SeriesRow) => (readonly [Labels, number | undefined])[],
): Generator<string> {
  // The points in time of one set of labels must stand together.
  const points = new Map<string, { sum: number; readonly lines: string[] }>();
  for (const row of input.rows) {
    for (const [labels, value] of read(row)) {
      if (value === undefined) continue;
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
  const metric = unit === 'ms' ? `${metricName(name)}_seconds` : metricName(name);
  // Sums of times are in milliseconds, OpenMetrics has seconds.
  const scale = unit === 'ms' ? 1e-3 : 1;
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

function histogramPoint(
  metric: string,
  labels: Labels,
  { buckets, count, sum }: SeriesTrend,
  { bounds, scale, time }: { bounds: readonly number[]; scale: number; time: string },
): string[] {
  const lines: string[] = [];
  let at = 0;
  let seen = 0;
  for (const bound of bounds) {
    while (at < buckets.length && millionthsOf(buckets[at]!).to <= bound) {
      seen += buckets[at + 1]!;
      at += 2;
    }
    lines.push(`${metric}_bucket${formatLabels({ ...labels, le: number(bound / 1e6) })} ${seen} ${time}\n`);
  }
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

const labelsOf = ({ header, name }: ExportInput, row: SeriesRow): Labels => ({
  test: name,
  run: header.runId,
  ...(row.method !== '' && { method: row.method }),
  ...(row.name !== '' && { name: row.name }),
});

const metricName = (name: string) => `loadwright_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`;

const timeOf = (input: ExportInput, row: SeriesRow) => number(endOf(input, row) / 1000);

function formatLabels(labels: Labels): string {
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
