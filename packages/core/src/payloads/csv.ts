import { parse, type CsvError } from 'csv-parse';
import { pipeline, Readable } from 'node:stream';
import { cellAsJson, ColumnTypes, type ColumnType } from './column-types.js';
import { longestPayload, type PayloadFile } from './payload-file.js';
import { recordLine, type RecordLines } from './record.js';

/** How the rows of a CSV file become payloads. */
export interface CsvOptions {
  /** `text`: each row unchanged. `json`, `list`: each as an object or a list, whose columns have one type each. */
  readonly csvAs: 'text' | 'json' | 'list';
  /** True when the first row holds the names of the columns. */
  readonly csvHeader: boolean;
  /** Names of the columns, where no row holds them. */
  readonly csvColumns: readonly string[] | undefined;
  readonly contentType: string | undefined;
}

const rowsAtOnce = 500;
/** The loop over the parser throws what the pipeline would report. */
const throughIteration = () => undefined;

/** One payload for each row. Every row must have as many columns as the first. */
export async function* readCsv(file: PayloadFile, options: CsvOptions): RecordLines {
  const { contentType, csvAs, csvColumns, csvHeader } = options;
  if (csvAs === 'json' && !csvHeader && csvColumns === undefined) {
    throw file.error(
      'rows without column names cannot become objects',
      'Name them with csvColumns: ["a", "b"], add a header, or choose csvAs: "list" or "text" with csvHeader: false.',
    );
  }
  try {
    if (csvAs === 'text') yield* readTexts(file, csvHeader && csvColumns === undefined, contentType);
    else yield* readValues(file, options);
  } catch (error) {
    throw isCsvError(error) ? describeCsvError(error, file) : error;
  }
}

async function* readTexts(file: PayloadFile, csvHeader: boolean, contentType = 'text/csv'): RecordLines {
  let names: string[] | undefined;
  let lines: string[] = [];
  for await (const { record, raw } of rowsOf<{ record: string[]; raw: string }>(file, true)) {
    if (csvHeader && !names) names = columnNames(record, file);
    else lines.push(recordLine('text', JSON.stringify(raw.trim()), contentType));
    if (lines.length < rowsAtOnce) continue;
    yield lines;
    lines = [];
  }
  yield lines;
}

/** Twice through the file: the type of a column is known after its last cell alone. */
async function* readValues(
  file: PayloadFile,
  { contentType, csvAs, csvColumns, csvHeader }: CsvOptions,
): RecordLines {
  const hasHeader = csvHeader && csvColumns === undefined;
  let names: readonly string[] | undefined;
  let types = new ColumnTypes(0);
  let rows = 0;
  for await (const record of rowsOf<string[]>(file, false)) {
    if (rows === 0) {
      names = hasHeader ? columnNames(record, file) : csvColumns;
      if (names && names.length !== record.length) {
        throw file.error(
          `line 1: expect ${names.length}, got ${record.length}`,
          'Name every column in csvColumns.',
        );
      }
      types = new ColumnTypes(record.length);
    }
    if (rows > 0 || !hasHeader) types.add(record);
    rows += 1;
    // Whoever waits may want to stop.
    if (rows % rowsAtOnce === 0) yield [];
  }
  const columns = types.all;
  const keys = csvAs === 'json' ? (names ?? []).map((name) => JSON.stringify(name)) : undefined;
  let isHeader = hasHeader;
  let lines: string[] = [];
  for await (const record of rowsOf<string[]>(file, false)) {
    if (!isHeader) lines.push(recordLine('json', rowValue(keys, columns, record), contentType));
    isHeader = false;
    if (lines.length < rowsAtOnce) continue;
    yield lines;
    lines = [];
  }
  yield lines;
}

/** @param raw Whether the text of each row comes with it. */
function rowsOf<Row>(file: PayloadFile, raw: boolean): AsyncIterable<Row> {
  const parser = parse({
    raw,
    // Both at once: finding out which of the two it is takes the parser longer than reading the file.
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
    max_record_size: longestPayload,
  });
  return pipeline(Readable.from(file.readText()), parser, throughIteration) as AsyncIterable<Row>;
}

function columnNames(record: string[], file: PayloadFile): string[] {
  const names = record.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined || names.includes('')) {
    const problem = names.includes('')
      ? 'a column of the header has no name'
      : `the column "${twice}" is there twice`;
    throw file.error(problem, 'Correct the first row; if it is not a header, set csvHeader: false.');
  }
  return names;
}

/** @param keys Of the members; undefined: a list. */
function rowValue(
  keys: readonly string[] | undefined,
  types: readonly ColumnType[],
  record: readonly string[],
): string {
  const cells = types.map((type, index) => cellAsJson(record[index] ?? '', type));
  return keys
    ? `{${cells.map((cell, index) => `${keys[index]}:${cell}`).join(',')}}`
    : `[${cells.join(',')}]`;
}

function isCsvError(error: unknown): error is CsvError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_');
}

function describeCsvError(error: CsvError, file: PayloadFile): Error {
  const line = `line ${String(error.lines)}`;
  if (error.code === 'CSV_MAX_RECORD_SIZE') return file.tooLong(line);
  const hint = 'Correct the row: put a field that contains a comma, a quote or a line end in double quotes.';
  return file.error(`${line}: ${error.message.replace(/ (?:on|at) line \d+.*$/, '')}`, hint, error);
}
