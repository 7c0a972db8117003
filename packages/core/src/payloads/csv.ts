import { CsvError, parse } from 'csv-parse';
import { pipeline, Readable } from 'node:stream';
import { cellAsJson, ColumnTypes, looksNumeric, type ColumnType } from './column-types.js';
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
  /** Types by the names of columns; of others they are found. */
  readonly csvTypes: ReadonlyMap<string, ColumnType>;
  /** What is between two cells. Undefined: a comma, and what looks like another one is refused. */
  readonly csvSeparator: string | undefined;
  readonly contentType: string | undefined;
}

/** A column of a CSV file whose rows become JSON. */
export interface CsvColumn {
  /** Absent: neither a header nor the options name it. */
  readonly name?: string;
  readonly type: ColumnType;
  /** True when the type is one of `csvTypes`, false when it was found. */
  readonly isGiven: boolean;
}

const rowsAtOnce = 500;
/** The loop over the parser throws what the pipeline would report. */
const throughIteration = () => undefined;

/** One payload for each row. Every row must have as many columns as the first. */
export async function* readCsv(file: PayloadFile, options: CsvOptions): RecordLines {
  const { csvAs, csvColumns, csvHeader, csvTypes } = options;
  if (csvAs === 'text' && csvTypes.size > 0) {
    throw file.error(
      'found csvTypes, and its rows are sent as text',
      'Set csvAs: "json" or "list", or leave csvTypes out.',
    );
  }
  if (csvAs === 'json' && !csvHeader && csvColumns === undefined) {
    throw file.error(
      'rows without column names cannot become objects',
      'Name them with csvColumns: ["a", "b"], add a header, or choose csvAs: "list" or "text" with csvHeader: false.',
    );
  }
  if (csvAs === 'text') yield* explained(file, readTexts(file, options));
  else yield* explained(file, readValues(file, options));
}

/**
 * Reads the whole file for the names and types of its columns: a type is known after the last cell alone.
 *
 * @returns what was found. It yields nothing, now and then: whoever waits may want to stop.
 */
export function readColumns(
  file: PayloadFile,
  options: CsvOptions,
): AsyncGenerator<never[], readonly CsvColumn[]> {
  return explained(file, findColumns(file, options));
}

async function* explained<Item, Result>(
  file: PayloadFile,
  items: AsyncGenerator<Item, Result>,
): AsyncGenerator<Item, Result> {
  try {
    return yield* items;
  } catch (error) {
    throw error instanceof CsvError ? describeCsvError(error, file) : error;
  }
}

const hasHeader = ({ csvColumns, csvHeader }: CsvOptions) => csvHeader && csvColumns === undefined;

async function* readTexts(file: PayloadFile, options: CsvOptions): RecordLines {
  const { contentType = 'text/csv' } = options;
  const isNamed = hasHeader(options);
  let names: string[] | undefined;
  let lines: string[] = [];
  for await (const { record, raw } of rowsOf<{ record: string[]; raw: string }>(file, options, true)) {
    if (isNamed && !names) names = columnNames(record, file);
    else lines.push(recordLine('text', JSON.stringify(raw.replaceAll(lineEnds, '')), contentType));
    if (lines.length < rowsAtOnce) continue;
    yield lines;
    lines = [];
  }
  yield lines;
}

async function* findColumns(
  file: PayloadFile,
  options: CsvOptions,
): AsyncGenerator<never[], readonly CsvColumn[]> {
  const { csvColumns, csvTypes } = options;
  const isNamed = hasHeader(options);
  let names: readonly string[] | undefined;
  let types = new ColumnTypes([]);
  let rows = 0;
  for await (const record of rowsOf<string[]>(file, options)) {
    if (rows === 0) {
      requireSeparator(record, options, file);
      names = isNamed ? columnNames(record, file) : csvColumns;
      if (names && names.length !== record.length) {
        throw file.error(
          `line 1: expect ${names.length}, got ${record.length}`,
          'Name every column in csvColumns.',
        );
      }
      types = new ColumnTypes(givenTypes(record.length, names, csvTypes, file));
    }
    const wrong = rows > 0 || !isNamed ? types.add(record, rows + 1) : undefined;
    if (wrong !== undefined) throw wrongType(record[wrong]!, rows + 1, names![wrong]!, csvTypes, file);
    rows += 1;
    if (rows % rowsAtOnce === 0) yield [];
  }
  for (const [index, { row, cell, before }] of types.turned) {
    const column = names ? `column ${JSON.stringify(names[index])}` : `column ${index + 1}`;
    file.survey.note(
      `${column} is sent as text because of row ${row}: ${JSON.stringify(cell.slice(0, 40))}. The rows before it are ` +
        `of type ${before}: correct the cell, or set csvTypes to text.`,
    );
  }
  return types.all.map((type, index) => {
    const name = names?.[index];
    return { ...(name !== undefined && { name }), type, isGiven: csvTypes.has(name ?? '') };
  });
}

/** Refuses what would become a single column, although other characters separate its cells. */
function requireSeparator([first = '', ...others]: string[], options: CsvOptions, file: PayloadFile): void {
  if (others.length > 0 || options.csvSeparator !== undefined) return;
  const isOther = (separator: string) => {
    const cells = first.split(separator);
    return cells.length > 1 && (hasHeader(options) || cells.every(looksNumeric));
  };
  const other = otherSeparators.find(isOther);
  if (other === undefined) return;
  throw file.error(
    `line 1: found a single column, ${JSON.stringify(first.slice(0, 40))}, expected cells with a comma between them`,
    `Set csvSeparator: ${JSON.stringify(other)}. If it is one column, set csvSeparator: ",".`,
  );
}

const otherSeparators = [';', '\t', '|'];

function givenTypes(
  columns: number,
  names: readonly string[] = [],
  csvTypes: CsvOptions['csvTypes'],
  file: PayloadFile,
): (ColumnType | undefined)[] {
  const strange = [...csvTypes.keys()].find((name) => !names.includes(name));
  if (strange === undefined)
    return Array.from({ length: columns }, (_, index) => csvTypes.get(names[index] ?? ''));
  const hint =
    names.length > 0 ? `Its columns are ${names.join(', ')}.` : 'Name its columns with csvColumns.';
  throw file.error(`csvTypes: there is no column "${strange}"`, hint);
}

function wrongType(
  cell: string,
  row: number,
  name: string,
  csvTypes: CsvOptions['csvTypes'],
  file: PayloadFile,
): Error {
  const expected = { integer: 'a whole number', number: 'a number', boolean: 'true or false', text: 'text' };
  return file.error(
    `row ${row}, column "${name}": found ${JSON.stringify(cell.slice(0, 40))}, expected ${expected[csvTypes.get(name)!]}`,
    `Correct the cell, or the type: csvTypes: { ${JSON.stringify(name)}: "text" } takes any cell.`,
  );
}

async function* readValues(file: PayloadFile, options: CsvOptions): RecordLines {
  const { contentType, csvAs } = options;
  const columns = yield* findColumns(file, options);
  const keys = csvAs === 'json' ? columns.map(({ name }) => JSON.stringify(name)) : undefined;
  let isHeader = hasHeader(options);
  let lines: string[] = [];
  for await (const record of rowsOf<string[]>(file, options)) {
    if (!isHeader) lines.push(recordLine('json', rowValue(keys, columns, record), contentType));
    isHeader = false;
    if (lines.length < rowsAtOnce) continue;
    yield lines;
    lines = [];
  }
  yield lines;
}

/** What the parser leaves at a row: its own line end, and those of empty lines before it. */
const lineEnds = /^[\r\n]+|[\r\n]+$/g;

/** @param raw Whether the text of each row comes with it. */
function rowsOf<Row>(file: PayloadFile, { csvSeparator = ',' }: CsvOptions, raw = false): AsyncIterable<Row> {
  const parser = parse({
    raw,
    delimiter: csvSeparator,
    // All at once: finding out which of them it is takes the parser longer than reading the file.
    record_delimiter: ['\r\n', '\n', '\r'],
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
  columns: readonly CsvColumn[],
  record: readonly string[],
): string {
  const cells = columns.map(({ type }, index) => cellAsJson(record[index] ?? '', type));
  return keys
    ? `{${cells.map((cell, index) => `${keys[index]}:${cell}`).join(',')}}`
    : `[${cells.join(',')}]`;
}

function describeCsvError(error: CsvError, file: PayloadFile): Error {
  const line = `line ${String(error.lines)}`;
  if (error.code === 'CSV_MAX_RECORD_SIZE') return file.tooLong(line);
  const hint =
    'Correct the row: put a field that contains a separator, a quote or a line end in double quotes. ' +
    'If it is no comma that separates the cells, set csvSeparator.';
  return file.error(`${line}: ${error.message.replace(/ (?:on|at) line \d+.*$/, '')}`, hint, error);
}
