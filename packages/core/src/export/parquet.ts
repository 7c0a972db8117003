import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import type { SeriesRow, SeriesTrend } from '../series/rows.js';
import { histogramOf } from '../series/resample.js';
import {
  definitionOf,
  failuresByKind,
  percentiles,
  percentilesOf,
  requestCountNames,
  startOf,
  traffic,
  type ExportInput,
} from './intervals.js';

/** One row of the table: a metric of one request name in one interval. */
interface Entry {
  readonly row: SeriesRow;
  readonly metric: string;
  readonly kind: 'trend' | 'counter' | 'rate';
  readonly unit: string;
  /** Kind of the failures that are counted. */
  readonly failure?: string;
  /** Status code of the requests that are counted, or the kind of their failure where there was no whole answer. */
  readonly code?: string;
  /** How many values a trend has, how much a counter grew, the hits of a rate. */
  readonly count: number;
  /** Of a rate: hits and misses. */
  readonly total?: number;
  readonly trend?: SeriesTrend;
}

/**
 * Apache Parquet: one row for each interval, request name and metric. A trend has its sum, minimum, maximum and
 * percentiles, and its histogram as two lists, `values` and `counts`, which can be added up over any rows.
 */
export function toParquet(input: ExportInput): Uint8Array {
  const entries = input.rows.flatMap((row) => entriesOf(row, input));
  const optional = (pick: (entry: Entry) => number | null | undefined) =>
    entries.map((entry) => pick(entry) ?? null);
  const ofTrend = (pick: (trend: SeriesTrend) => number | null) =>
    optional(({ trend }) => (trend?.count ? pick(trend) : null));
  const columns = [
    column(
      'second',
      'whole',
      entries.map(({ row }) => row.second),
    ),
    column(
      'time',
      'time',
      entries.map(({ row }) => new Date(startOf(input, row))),
    ),
    column(
      'method',
      'text',
      entries.map(({ row }) => row.method),
    ),
    column(
      'name',
      'text',
      entries.map(({ row }) => row.name),
    ),
    column(
      'metric',
      'text',
      entries.map(({ metric }) => metric),
    ),
    column(
      'kind',
      'text',
      entries.map(({ kind }) => kind),
    ),
    column(
      'unit',
      'text',
      entries.map(({ unit }) => unit),
    ),
    column(
      'failure',
      'text',
      entries.map(({ failure }) => failure ?? null),
    ),
    column(
      'code',
      'text',
      entries.map(({ code }) => code ?? null),
    ),
    column(
      'count',
      'number',
      entries.map(({ count }) => count),
    ),
    column(
      'total',
      'number',
      optional(({ total }) => total),
    ),
    column(
      'sum',
      'number',
      ofTrend(({ sum }) => sum),
    ),
    column(
      'min',
      'number',
      ofTrend(({ minimum }) => minimum),
    ),
    ...Object.keys(percentiles).map((title, index) =>
      column(
        title,
        'number',
        optional(({ trend, unit }) => trend && percentilesOf(trend, unit)[index]),
      ),
    ),
    column(
      'max',
      'number',
      ofTrend(({ maximum }) => maximum),
    ),
    list(
      'values',
      'DOUBLE',
      entries.map(({ trend, unit }) => trend && histogramOf(trend, unit).map(([value]) => value)),
    ),
    list(
      'counts',
      'INT64',
      entries.map(({ trend, unit }) => trend && histogramOf(trend, unit).map(([, count]) => BigInt(count))),
    ),
  ];
  const buffer = parquetWriteBuffer({
    columnData: columns.map(({ name, data }) => ({ name, data })),
    schema: [{ name: 'root', num_children: columns.length }, ...columns.flatMap(({ schema }) => schema)],
    createdBy: 'Loadwright',
    kvMetadata: [
      { key: 'loadwright.name', value: input.name },
      { key: 'loadwright.runId', value: input.header.runId },
      { key: 'loadwright.startedAt', value: input.header.startedAt },
      { key: 'loadwright.intervalSeconds', value: String(input.everySeconds) },
    ],
  });
  return new Uint8Array(buffer);
}

function entriesOf(row: SeriesRow, { header }: ExportInput): Entry[] {
  const counted = requestCountNames
    .filter((metric) => metric !== 'failed')
    .map((metric) => ({
      row,
      metric,
      kind: 'counter' as const,
      unit: metric === 'bytes' ? 'bytes' : 'requests',
      count: row[metric],
    }));
  const failed = Object.entries(failuresByKind(row)).map(([failure, count]) => ({
    ...{ row, metric: 'failed', kind: 'counter' as const, unit: 'requests' },
    failure,
    count,
  }));
  const sizes = traffic.flatMap(([count, metric]) =>
    row[count] === undefined
      ? []
      : [{ row, metric, kind: 'counter' as const, unit: 'bytes', count: row[count] }],
  );
  const codes = Object.entries(row.codes ?? {}).map(([code, count]) => ({
    ...{ row, metric: 'requests_by_code', kind: 'counter' as const, unit: 'requests' },
    code,
    count,
  }));
  const trends = Object.entries(row.trends).map(([metric, trend]) => ({
    ...{ row, metric, trend, kind: 'trend' as const },
    unit: definitionOf(header, metric, 'trend').unit,
    count: trend.count,
  }));
  const counters = Object.entries(row.counters ?? {}).map(([metric, count]) => ({
    ...{ row, metric, count, kind: 'counter' as const },
    unit: definitionOf(header, metric, 'counter').unit,
  }));
  const rates = Object.entries(row.rates ?? {}).map(([metric, { hits, total }]) => ({
    ...{ row, metric, total, kind: 'rate' as const },
    unit: definitionOf(header, metric, 'rate').unit,
    count: hits,
  }));
  return [...counted, ...sizes, ...failed, ...codes, ...trends, ...counters, ...rates];
}

/** A column, its values, and how they are stored. */
interface Column {
  readonly name: string;
  readonly data: unknown[];
  readonly schema: readonly SchemaElement[];
}

const storage = {
  whole: { type: 'INT32' },
  number: { type: 'DOUBLE' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  time: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
} as const satisfies Record<string, Partial<SchemaElement>>;

/** `null` stands for a value that is absent. */
function column(name: string, stored: keyof typeof storage, data: unknown[]): Column {
  const repetition = data.includes(null) ? 'OPTIONAL' : 'REQUIRED';
  return { name, data, schema: [{ name, ...storage[stored], repetition_type: repetition }] };
}

/** A column of lists, in the three levels that the format prescribes. */
function list(name: string, type: 'DOUBLE' | 'INT64', data: unknown[]): Column {
  return {
    name,
    data,
    schema: [
      { name, converted_type: 'LIST', num_children: 1, repetition_type: 'OPTIONAL' },
      { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
      { name: 'element', type, repetition_type: 'REQUIRED' },
    ],
  };
}
