/**
 * The series of a run in the formats of other tools.
 *
 * @packageDocumentation
 */
import type { Series } from '../series/resample.js';
import { toCsv } from './csv.js';
import { toHdrLog } from './hdr.js';
import { exportInput, type ExportInput, type ExportOptions } from './intervals.js';
import { toOpenMetrics } from './openmetrics.js';
import { toOtlp } from './otlp.js';
import { toParquet } from './parquet.js';

export type { ExportOptions } from './intervals.js';

/** A format that a run can be exported to. */
interface ExportFormatDescription {
  /** What the file is, in a few words. */
  readonly description: string;
  /** How its name ends, without the dot. */
  readonly extension: string;
  /** True for a file that no terminal can show. */
  readonly isBinary: boolean;
  readonly write: (input: ExportInput) => Iterable<string | Uint8Array>;
}

/** Every format, by name. */
export const exportFormats = {
  csv: {
    description: 'one line for each interval and request name, with percentiles; for spreadsheets',
    extension: 'csv',
    isBinary: false,
    write: toCsv,
  },
  parquet: {
    description:
      'one row for each interval, request name and metric, with histograms; for DuckDB, pandas, Spark',
    extension: 'parquet',
    isBinary: true,
    write: (input) => [toParquet(input)],
  },
  hdr: {
    description: 'the log format of HdrHistogram, one histogram a line; for its plotters and jHiccup',
    extension: 'hlog',
    isBinary: false,
    write: toHdrLog,
  },
  openmetrics: {
    description:
      'OpenMetrics text with a point for each interval; for Prometheus (promtool tsdb create-blocks-from)',
    extension: 'om',
    isBinary: false,
    write: toOpenMetrics,
  },
  otlp: {
    description: 'OpenTelemetry metrics as JSON, one request a line; for a collector',
    extension: 'otlp.jsonl',
    isBinary: false,
    write: toOtlp,
  },
} as const satisfies Record<string, ExportFormatDescription>;

/** The name of a format of {@link exportFormats}: `csv`. */
export type ExportFormat = keyof typeof exportFormats;

/**
 * Writes the series of a run in another format.
 *
 * @param series What `readSeries` gave.
 * @returns The file in pieces: texts, or the bytes of a binary format.
 */
export function exportSeries(
  series: Series,
  format: ExportFormat,
  options: ExportOptions,
): Iterable<string | Uint8Array> {
  return exportFormats[format].write(exportInput(series, options));
}
