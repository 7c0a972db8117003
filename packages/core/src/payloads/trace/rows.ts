import { parse } from 'csv-parse';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { pipeline, Readable } from 'node:stream';
import { messageOf } from '../../errors.js';
import { readJson } from '../json.js';
import { readJsonl } from '../jsonl.js';
import { longestPayload, type PayloadFile } from '../payload-file.js';

/** Rows that are read at once from a Parquet file: bodies of a megabyte each still fit in memory. */
const rowsAtOnce = 100;
const recordPrefix = '{"json":';

/** A row of a recording. */
export interface TraceRow {
  readonly values: Readonly<Record<string, unknown>>;
  /** Its text, of a line of JSON. */
  readonly text: string;
}

/** The rows of a file of JSON lines, of a JSON list, of CSV with a header, or of Parquet, by its ending. */
export async function* rowsOf(file: PayloadFile): AsyncGenerator<TraceRow> {
  const ending = /\.(parquet|csv)(?:\.gz)?$/i.exec(file.name)?.[1]?.toLowerCase();
  if (ending === 'parquet') yield* parquetRows(file);
  else if (ending === 'csv') yield* csvRows(file);
  else yield* jsonRows(file);
}

async function* jsonRows(file: PayloadFile): AsyncGenerator<TraceRow> {
  const lines = (await isList(file))
    ? readJson(file, { jsonAs: 'items', contentType: undefined })
    : readJsonl(file, undefined);
  for await (const some of lines) {
    for (const line of some) {
      const text = line.slice(recordPrefix.length, -1);
      const values: unknown = JSON.parse(text);
      yield { values: typeof values === 'object' && values !== null ? { ...values } : {}, text };
    }
  }
}

async function isList(file: PayloadFile): Promise<boolean> {
  for await (const chunk of file.readText()) {
    const [first] = chunk.trimStart();
    if (first !== undefined) return first === '[';
  }
  return false;
}

async function* csvRows(file: PayloadFile): AsyncGenerator<TraceRow> {
  const parser = parse({
    columns: (names: string[]) => distinct(names),
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: longestPayload,
  });
  try {
    const rows = pipeline(Readable.from(file.readText()), parser, () => undefined);
    for await (const values of rows) yield { values: values as Record<string, string>, text: '' };
  } catch (error) {
    throw file.error(`it is not CSV: ${messageOf(error)}`, 'Export it again, with a header.', error);
  }
}

function distinct(names: string[]): string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`the column "${twice}" is there twice`);
  return names;
}

async function* parquetRows(file: PayloadFile): AsyncGenerator<TraceRow> {
  try {
    const buffer = await asyncBufferFromFile(file.path);
    const metadata = await parquetMetadataAsync(buffer);
    const count = Number(metadata.num_rows);
    for (let rowStart = 0; rowStart < count; rowStart += rowsAtOnce) {
      const rowEnd = Math.min(count, rowStart + rowsAtOnce);
      for (const values of await parquetReadObjects({ file: buffer, metadata, rowStart, rowEnd }))
        yield { values, text: '' };
    }
  } catch (error) {
    throw file.error(
      `it cannot be read as Parquet: ${messageOf(error)}`,
      'Export it again, compressed with snappy or not at all.',
      error,
    );
  }
}
