import type { MetricDefinition, MetricKind } from '../locust/statistics.js';
import { resample, trendPercentile, type Series } from '../series/resample.js';
import type { SeriesHeader, SeriesRow, SeriesTrend } from '../series/rows.js';

/** What an export is made of: the rows of a run, put together by intervals. */
export interface ExportInput {
  readonly header: SeriesHeader;
  readonly rows: readonly SeriesRow[];
  /** Length of an interval, in whole seconds; that of the whole run where everything was put together. */
  readonly everySeconds: number;
  /** The test's name. */
  readonly name: string;
}

/** How a run is exported. */
export interface ExportOptions {
  /** The test's name; it distinguishes the runs of several tests. */
  readonly name: string;
  /** Whole seconds that are put together. Default 1. `Infinity`: the whole run. */
  readonly everySeconds?: number;
  /** Whole seconds at the start that are left out, for instance the warm-up. Default 0. */
  readonly skipSeconds?: number;
}

/** Puts the rows of a run together by intervals. */
export function exportInput(series: Series, options: ExportOptions): ExportInput {
  const { name, everySeconds = 1, skipSeconds = 0 } = options;
  const end = (series.rows.at(-1)?.second ?? skipSeconds) + 1;
  return {
    header: series.header,
    rows: resample(series, { everySeconds, skipSeconds }),
    everySeconds: Math.min(everySeconds, Math.max(1, end - skipSeconds)),
    name,
  };
}

/** When a row's interval begins, as Unix time in milliseconds. */
export const startOf = ({ header }: ExportInput, { second }: SeriesRow): number =>
  Date.parse(header.startedAt) + second * 1000;

/** When a row's interval ends, as Unix time in milliseconds. */
export const endOf = (input: ExportInput, row: SeriesRow): number =>
  startOf(input, row) + input.everySeconds * 1000;

/** The counts that every row has, with what they count. */
export const requestCounts = {
  due: 'Requests that became due, or that a user began.',
  sent: 'Requests whose first byte was handed to the kernel.',
  succeeded: 'Requests that succeeded.',
  failed: 'Requests that failed, by the kind of the failure.',
  dropped: 'Requests that were due and never sent, for want of room.',
  bytes: 'Size of the bodies of all answers.',
} as const;

export type RequestCount = keyof typeof requestCounts;

/** Their names. */
export const requestCountNames = Object.keys(requestCounts) as RequestCount[];

/** What a row counts besides; it has neither in series of earlier versions. */
export const trafficCounts = {
  bytesSent: 'Bytes of requests, headers included.',
  bytesReceived: 'Bytes of answers, headers included.',
} as const;

/** A count of {@link trafficCounts}, and what it is called where words are parted by an underscore. */
export const traffic = [
  ['bytesSent', 'bytes_sent'],
  ['bytesReceived', 'bytes_received'],
] as const;

/** What the counts by code are. */
export const codesDescription =
  'Requests that ended, by the status code of the answer or, without a whole answer, by the kind of the failure.';

/** Failures of a row by kind; what has no kind is counted as `unknown`, so that the sum is that of the failures. */
export function failuresByKind({ failures, failed }: SeriesRow): Record<string, number> {
  const known = Object.values(failures).reduce((sum, count) => sum + count, 0);
  return { ...failures, ...(failed > known && { unknown: failed - known }) };
}

/** Names of the metrics of one kind that occur in the rows, sorted. */
export function namesOf(rows: readonly SeriesRow[], member: 'trends' | 'counters' | 'rates'): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row[member] ?? {})))].sort();
}

/** What is known of a metric; a plain number where nothing is. */
export const definitionOf = (
  { metrics }: Pick<SeriesHeader, 'metrics'>,
  name: string,
  kind: MetricKind,
): MetricDefinition => metrics[name] ?? { kind, unit: '', description: '' };

/** The percentiles that are exported where values do not come as a histogram. */
export const percentiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const;

/** The percentiles of a trend, in the metric's unit. */
export function percentilesOf(trend: SeriesTrend, unit: string): (number | null)[] {
  return Object.values(percentiles).map((fraction) => trendPercentile(trend, fraction, unit));
}
