import { csvCell } from '../values/printable.js';
import type { SeriesRow } from '../series/rows.js';
import {
  definitionOf,
  failuresByKind,
  namesOf,
  percentiles,
  percentilesOf,
  requestCountNames,
  startOf,
  traffic,
  type ExportInput,
} from './intervals.js';

type Column = readonly [title: string, value: (row: SeriesRow) => string | number | null | undefined];

/**
 * CSV (RFC 4180): one line for each interval and request name, with every count, and percentiles of every trend.
 * Percentiles of several lines cannot be put together: choose the interval instead.
 */
export function* toCsv(input: ExportInput): Generator<string> {
  const columns = columnsOf(input);
  yield line(columns.map(([title]) => title));
  for (const row of input.rows) yield line(columns.map(([, value]) => value(row)));
}

function columnsOf(input: ExportInput): Column[] {
  const { rows } = input;
  const kinds = [...new Set(rows.flatMap((row) => Object.keys(failuresByKind(row))))].sort();
  const codes = [...new Set(rows.flatMap((row) => Object.keys(row.codes ?? {})))].sort();
  return [
    ['second', (row) => row.second],
    ['time', (row) => new Date(startOf(input, row)).toISOString()],
    ['method', (row) => row.method],
    ['name', (row) => row.name],
    ...requestCountNames.map((count): Column => [count, (row) => row[count]]),
    ...traffic
      .filter(([count]) => rows.some((row) => row[count] !== undefined))
      .map(([count, title]): Column => [title, (row) => row[count]]),
    ...codes.map((code): Column => [`code_${code}`, (row) => row.codes && (row.codes[code] ?? 0)]),
    ...kinds.map((kind): Column => [`failed_${kind}`, (row) => failuresByKind(row)[kind] ?? 0]),
    ...namesOf(rows, 'trends').flatMap((name) => trendColumns(input, name)),
    ...namesOf(rows, 'counters').map((name): Column => [name, (row) => row.counters?.[name]]),
    ...namesOf(rows, 'rates').flatMap((name): Column[] => [
      [`${name}_hits`, (row) => row.rates?.[name]?.hits],
      [`${name}_total`, (row) => row.rates?.[name]?.total],
    ]),
  ];
}

function trendColumns({ header }: ExportInput, name: string): Column[] {
  const { unit } = definitionOf(header, name, 'trend');
  return [
    [`${name}_count`, ({ trends }) => trends[name]?.count],
    [`${name}_sum`, ({ trends }) => trends[name]?.sum],
    [`${name}_min`, ({ trends }) => trends[name]?.minimum],
    ...Object.keys(percentiles).map((title, index): Column => [
      `${name}_${title}`,
      ({ trends }) => trends[name] && percentilesOf(trends[name], unit)[index],
    ]),
    [`${name}_max`, ({ trends }) => (trends[name]?.count ? trends[name].maximum : null)],
  ];
}

const line = (cells: readonly (string | number | null | undefined)[]): string =>
  `${cells.map(csvCell).join(',')}\r\n`;
