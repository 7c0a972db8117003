import type { SeriesRow, SeriesTrend } from '../series/rows.js';
import { histogramOf } from '../series/resample.js';
import {
  definitionOf,
  endOf,
  failuresByKind,
  requestCountNames,
  requestCounts,
  startOf,
  type ExportInput,
} from './intervals.js';

/** Buckets double in width every 2 ** 6 of them, so that a bucket's middle is within 0.6 % of every value in it. */
const scale = 6;
/** `AGGREGATION_TEMPORALITY_DELTA`: what happened in the interval. */
const delta = 1;

type Attributes = Readonly<Record<string, string>>;

/** Data points of one name, which stand together. */
interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly sum?: { dataPoints: unknown[]; aggregationTemporality: number; isMonotonic: boolean };
  readonly exponentialHistogram?: { dataPoints: unknown[]; aggregationTemporality: number };
}

/**
 * OTLP (OpenTelemetry protocol) as JSON: on each line one `ExportMetricsServiceRequest` with what happened in one
 * interval (delta temporality), as the file exporter of the collector writes and as `POST /v1/metrics` takes it.
 */
export function* toOtlp(input: ExportInput): Generator<string> {
  for (let from = 0; from < input.rows.length;) {
    const { second } = input.rows[from]!;
    let to = from;
    while (input.rows[to]?.second === second) to++;
    yield `${JSON.stringify(request(input, input.rows.slice(from, to)))}\n`;
    from = to;
  }
}

function request(input: ExportInput, rows: readonly SeriesRow[]) {
  const metrics = new Map<string, Metric>();
  for (const row of rows) addRow(metrics, input, row);
  return {
    resourceMetrics: [
      {
        resource: {
          attributes: attributeList({
            'service.name': 'loadwright',
            'loadwright.name': input.name,
            'loadwright.run_id': input.header.runId,
          }),
        },
        scopeMetrics: [{ scope: { name: 'loadwright' }, metrics: [...metrics.values()] }],
      },
    ],
  };
}

function addRow(metrics: Map<string, Metric>, input: ExportInput, row: SeriesRow): void {
  const { header } = input;
  const base = {
    startTimeUnixNano: nanoseconds(startOf(input, row)),
    timeUnixNano: nanoseconds(endOf(input, row)),
  };
  const own: Attributes = {
    ...(row.method !== '' && { 'http.request.method': row.method }),
    ...(row.name !== '' && { 'loadwright.request': row.name }),
  };
  const count = (name: string, value: number, unit: string, description: string, more: Attributes = {}) => {
    metricOf(metrics, name, unit, description, 'sum').sum!.dataPoints.push({
      ...base,
      attributes: attributeList({ ...own, ...more }),
      ...(Number.isInteger(value) ? { asInt: String(value) } : { asDouble: value }),
    });
  };
  for (const name of requestCountNames) {
    const description = requestCounts[name];
    if (name === 'failed') {
      for (const [kind, value] of Object.entries(failuresByKind(row))) {
        count('requests.failed', value, '{request}', description, { 'error.type': kind });
      }
    } else if (name === 'bytes') count('response.bytes', row.bytes, 'By', description);
    else count(`requests.${name}`, row[name], '{request}', description);
  }
  for (const [name, value] of Object.entries(row.counters ?? {})) {
    const { unit, description } = definitionOf(header, name, 'counter');
    count(name, value, unit, description);
  }
  for (const [name, { hits, total }] of Object.entries(row.rates ?? {})) {
    const { description } = definitionOf(header, name, 'rate');
    count(`${name}.hits`, hits, '', description);
    count(`${name}.total`, total, '', description);
  }
  for (const [name, trend] of Object.entries(row.trends)) {
    if (trend.count === 0) continue;
    const { unit, description } = definitionOf(header, name, 'trend');
    metricOf(metrics, name, unit, description, 'exponentialHistogram').exponentialHistogram!.dataPoints.push({
      ...base,
      attributes: attributeList(own),
      ...histogramPoint(trend, unit),
    });
  }
}

function metricOf(
  metrics: Map<string, Metric>,
  name: string,
  unit: string,
  description: string,
  kind: 'sum' | 'exponentialHistogram',
): Metric {
  const known = metrics.get(name);
  if (known) return known;
  const points = { dataPoints: [], aggregationTemporality: delta };
  const metric: Metric = {
    name: `loadwright.${name}`,
    description,
    unit,
    ...(kind === 'sum' ? { sum: { ...points, isMonotonic: true } } : { exponentialHistogram: points }),
  };
  metrics.set(name, metric);
  return metric;
}

function histogramPoint(trend: SeriesTrend, unit: string) {
  const counts = new Map<number, number>();
  let zeroCount = 0;
  for (const [value, times] of histogramOf(trend, unit)) {
    if (value <= 0) zeroCount += times;
    else counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + times);
  }
  const first = Math.min(...counts.keys());
  const last = Math.max(...counts.keys());
  return {
    count: String(trend.count),
    sum: trend.sum,
    min: trend.minimum ?? 0,
    max: trend.maximum,
    scale,
    zeroCount: String(zeroCount),
    positive:
      counts.size === 0
        ? { offset: 0, bucketCounts: [] }
        : {
            offset: first,
            bucketCounts: Array.from({ length: last - first + 1 }, (_, index) =>
              String(counts.get(first + index) ?? 0),
            ),
          },
  };
}

/** Bucket i holds what is above base ** i, up to base ** (i + 1). */
const bucketOf = (value: number) => Math.ceil(Math.log2(value) * 2 ** scale) - 1;

/** 64-bit numbers are texts in the JSON form of Protocol Buffers. */
const nanoseconds = (milliseconds: number) => String(BigInt(milliseconds) * 1_000_000n);

const attributeList = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));
