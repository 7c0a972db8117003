import { parse, type CsvError } from 'csv-parse';
import { pipeline, Readable } from 'node:stream';
import { longestPayload, type PayloadFile } from './payload-file.js';
import { recordLine, type RecordLines } from './record.js';

/** How the rows of a CSV file become payloads. */
export interface CsvOptions {
  /** `text`: each row as it stands. `json`: each row as an object. */
  readonly csvAs: 'text' | 'json';
  /** True when the first row holds the names of the columns. */
  readonly csvHeader: boolean;
  readonly contentType: string | undefined;
}

/** A number as JSON writes it: `007` and `1.` stay text. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const rowsAtOnce = 500;
/** The loop over the parser throws what the pipeline would report. */
const throughIteration = () => undefined;

/** One payload for each row. Every row must have as many columns as the first. */
export async function* readCsv(
  file: PayloadFile,
  { csvAs, csvHeader, contentType }: CsvOptions,
): RecordLines {
  if (csvAs === 'json' && !csvHeader) {
    throw file.error(
      'rows without column names cannot become objects',
      'Add a header, or choose csvAs: "text" with csvHeader: false.',
    );
  }
  const parser = parse({
    raw: csvAs === 'text',
    // Both at once: finding out which of the two it is takes the parser longer than reading the file.
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
    max_record_size: longestPayload,
  });
  let names: string[] | undefined;
  let records: string[] = [];
  try {
    for await (const row of pipeline(Readable.from(file.readText()), parser, throughIteration)) {
      const { record, raw } = (csvAs === 'text' ? row : { record: row, raw: '' }) as {
        record: string[];
        raw: string;
      };
      if (csvHeader && !names) names = columnNames(record, file);
      else if (csvAs === 'json')
        records.push(recordLine('json', rowObject(names ?? [], record), contentType));
      else records.push(recordLine('text', JSON.stringify(raw.trim()), contentType ?? 'text/csv'));
      if (records.length < rowsAtOnce) continue;
      yield records;
      records = [];
    }
  } catch (error) {
    throw isCsvError(error) ? describeCsvError(error, file) : error;
  }
  yield records;
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

function rowObject(names: readonly string[], record: readonly string[]): string {
  const members = names.map((name, index) => {
    const value = record[index] ?? '';
    return `${JSON.stringify(name)}:${jsonNumber.test(value) ? value : JSON.stringify(value)}`;
  });
  return `{${members.join(',')}}`;
}

function isCsvError(error: unknown): error is CsvError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_');
}

function describeCsvError(error: CsvError, file: PayloadFile): Error {
  const line = `line ${String(error.lines)}`;
  if (error.code === 'CSV_MAX_RECORD_SIZE') return file.tooLong(line);
  const hint = 'Correct the row; a field that holds a comma, a quote or a line end stands in double quotes.';
  return file.error(`${line}: ${error.message.replace(/ (?:on|at) line \d+.*$/, '')}`, hint, error);
}
