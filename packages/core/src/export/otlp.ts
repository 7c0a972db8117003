import type { SeriesHeader, SeriesRow, SeriesTrend } from '../series/rows.js';
import { histogramOf } from '../series/resample.js';
import {
  codesDescription,
  definitionOf,
  endOf,
  failuresByKind,
  requestCountNames,
  requestCounts,
  startOf,
  trafficCounts,
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

/** `AGGREGATION_TEMPORALITY_CUMULATIVE`: what has happened since the beginning. */
const cumulative = 2;

/** A number that may fall again. */
export interface OtlpGauge {
  /** Whole. */
  readonly value: number;
  readonly unit: string;
  readonly description: string;
  readonly attributes?: Attributes;
}

/** What one request is made of. */
export interface OtlpRequest {
  readonly rows: readonly SeriesRow[];
  /** Of all rows, Unix time in milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Whether the rows hold what happened since the beginning, or in the interval alone. */
  readonly isCumulative: boolean;
  readonly metrics: SeriesHeader['metrics'];
  /** What all of it belongs to. */
  readonly resource: Attributes;
  /** What is neither a sum nor a histogram, by name. */
  readonly gauges?: Readonly<Record<string, OtlpGauge>>;
}

/**
 * OTLP (OpenTelemetry protocol) as JSON: on each line one `ExportMetricsServiceRequest` with what happened in one
 * interval (delta temporality), as the file exporter of the collector writes and as `POST /v1/metrics` takes it.
 */
export function* toOtlp(input: ExportInput): Generator<string> {
  const { header, name } = input;
  for (let at = 0; at < input.rows.length;) {
    const first = input.rows[at]!;
    const rows: SeriesRow[] = [];
    for (; input.rows[at]?.second === first.second; at++) rows.push(input.rows[at]!);
    const from = startOf(input, first);
    const to = endOf(input, first);
    const resource = resourceOf({ name, runId: header.runId });
    yield `${JSON.stringify(otlpRequest({ rows, from, to, isCumulative: false, metrics: header.metrics, resource }))}\n`;
  }
}

/** The attributes that every export of a run has. */
export const resourceOf = ({ name, runId }: { readonly name: string; readonly runId: string }) => ({
  'service.name': 'loadwright',
  'loadwright.name': name,
  'loadwright.run_id': runId,
});

/** An `ExportMetricsServiceRequest`, as its JSON form has it. */
export function otlpRequest(request: OtlpRequest) {
  const metrics = new Map<string, Metric>();
  for (const row of request.rows) addRow(metrics, request, row);
  const gauges = Object.entries(request.gauges ?? {}).map(([name, gauge]) => {
    const { value, unit, description, attributes = {} } = gauge;
    const point = { attributes: attributeList(attributes), asInt: String(value) };
    return {
      ...{ name: `loadwright.${name}`, unit, description },
      gauge: { dataPoints: [{ timeUnixNano: nanoseconds(request.to), ...point }] },
    };
  });
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributeList(request.resource) },
        scopeMetrics: [{ scope: { name: 'loadwright' }, metrics: [...metrics.values(), ...gauges] }],
      },
    ],
  };
}

function addRow(metrics: Map<string, Metric>, request: OtlpRequest, row: SeriesRow): void {
  const base = {
    startTimeUnixNano: nanoseconds(request.from),
    timeUnixNano: nanoseconds(request.to),
  };
  const own: Attributes = {
    ...(row.method !== '' && { 'http.request.method': row.method }),
    ...(row.name !== '' && { 'loadwright.request': row.name }),
  };
  const points = (name: string, unit: string, description: string, kind: 'sum' | 'exponentialHistogram') =>
    metricOf(metrics, { name, unit, description, kind, isCumulative: request.isCumulative });
  const count = (name: string, value: number, unit: string, description: string, more: Attributes = {}) => {
    points(name, unit, description, 'sum').sum!.dataPoints.push({
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
  for (const [key, name] of [
    ['bytesSent', 'sent.bytes'],
    ['bytesReceived', 'received.bytes'],
  ] as const)
    if (row[key] !== undefined) count(name, row[key], 'By', trafficCounts[key]);
  for (const [code, value] of Object.entries(row.codes ?? {})) {
    const attribute = /^\d+$/.test(code) ? 'http.response.status_code' : 'error.type';
    count('requests.by_code', value, '{request}', codesDescription, { [attribute]: code });
  }
  for (const [name, value] of Object.entries(row.counters ?? {})) {
    const { unit, description } = definitionOf(request, name, 'counter');
    count(name, value, unit, description);
  }
  for (const [name, { hits, total }] of Object.entries(row.rates ?? {})) {
    const { description } = definitionOf(request, name, 'rate');
    count(`${name}.hits`, hits, '', description);
    count(`${name}.total`, total, '', description);
  }
  for (const [name, trend] of Object.entries(row.trends)) {
    if (trend.count === 0) continue;
    const { unit, description } = definitionOf(request, name, 'trend');
    points(name, unit, description, 'exponentialHistogram').exponentialHistogram!.dataPoints.push({
      ...base,
      attributes: attributeList(own),
      ...histogramPoint(trend, unit),
    });
  }
}

function metricOf(
  metrics: Map<string, Metric>,
  wanted: {
    readonly name: string;
    readonly unit: string;
    readonly description: string;
    readonly kind: 'sum' | 'exponentialHistogram';
    readonly isCumulative: boolean;
  },
): Metric {
  const { name, unit, description, kind, isCumulative } = wanted;
  const known = metrics.get(name);
  if (known) return known;
  const points = { dataPoints: [], aggregationTemporality: isCumulative ? cumulative : delta };
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
