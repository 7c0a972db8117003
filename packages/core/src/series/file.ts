import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip, createGzip } from 'node:zlib';
import { LoadwrightError } from '../errors.js';
import { writeWholeStream } from '../files.js';
import { validate } from '../validation/validate.js';
import { seriesHeaderSchema, seriesRowSchema, type SeriesHeader, type SeriesRow } from './rows.js';

/** The name of the file in the results folder. */
export const seriesFile = 'series.jsonl.gz';

/** Writes `series.jsonl.gz`: the header, then one row a line. Streamed, because a long run has many. */
export async function writeSeries(
  path: string,
  header: SeriesHeader,
  rows: Iterable<SeriesRow>,
): Promise<void> {
  function* lines() {
    yield `${JSON.stringify(header)}\n`;
    for (const row of rows) yield `${JSON.stringify(row)}\n`;
  }
  await writeWholeStream(path, lines(), { transforms: [createGzip()] });
}

/**
 * Reads `series.jsonl.gz`.
 *
 * @throws LoadwrightError `RESULTS_UNREADABLE`, now for the header, and while the rows are read.
 */
export async function readSeries(
  path: string,
): Promise<{ header: SeriesHeader; rows: AsyncGenerator<SeriesRow, void, undefined> }> {
  const lines = linesOf(path);
  const first = await lines.next();
  const header = parseLine(first.done ? '' : first.value, 1, path, seriesHeaderSchema);
  return { header, rows: rowsOf(lines, path) };
}

async function* linesOf(path: string): AsyncGenerator<string, undefined> {
  const input = createReadStream(path);
  const unzipped = input.pipe(createGunzip());
  // `pipe` hands no errors on.
  input.on('error', (error) => unzipped.destroy(error));
  try {
    yield* createInterface({ input: unzipped, crlfDelay: Infinity });
  } catch (error) {
    throw unreadable(path, error);
  }
  return undefined;
}

async function* rowsOf(lines: AsyncGenerator<string>, path: string) {
  let number = 1;
  for await (const line of lines) {
    number += 1;
    yield parseLine(line, number, path, seriesRowSchema);
  }
}

function parseLine<Value>(
  line: string,
  number: number,
  path: string,
  schema: Parameters<typeof validate>[0] & { parse(value: unknown): Value },
): Value {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw unreadable(`${path}, line ${number}`, error);
  }
  return validate(schema, json, {
    field: `${seriesFile}, line ${number}`,
    code: 'RESULTS_UNREADABLE',
  }) as Value;
}

function unreadable(where: string, cause: unknown): LoadwrightError {
  return new LoadwrightError('RESULTS_UNREADABLE', `${where}: this is no series as Loadwright writes it.`, {
    hint: `Give the ${seriesFile} of a run.`,
    cause,
  });
}
