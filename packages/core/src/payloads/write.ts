import { readFile } from 'node:fs/promises';
import { LoadwrightError } from '../errors.js';
import { writeWholeStream } from '../files.js';
import { stringifyJson } from '../values/json-number.js';
import { readCsv } from './csv.js';
import { filesOf } from './files.js';
import { contentTypeOf, formatOf } from './format.js';
import { readJson } from './json.js';
import { readJsonl, readLines } from './jsonl.js';
import { longestPayload, PayloadFile } from './payload-file.js';
import { recordLine, type RecordLines } from './record.js';
import { PayloadSurvey } from './survey.js';
import { isSeveral, partsOf, type SingleSource, type TargetPayloads } from './source.js';

/** What {@link writePayloads} wrote. */
export interface WrittenPayloads {
  /** Payloads, one a line. */
  readonly count: number;
  /** Size of the file in bytes. */
  readonly bytes: number;
  readonly order: 'sequential' | 'random';
  /** What may be a mistake in them, one line each. */
  readonly notes: readonly string[];
  /** Of several sources, in the order of their lines. Absent: there is one. */
  readonly parts?: readonly WrittenPart[];
}

/** The lines of one source of several. */
export interface WrittenPart {
  readonly rows: number;
  readonly weight: number;
  readonly order: 'sequential' | 'random';
  /** For which requests of the target. */
  readonly of?: string;
}

/** What {@link writePayloads} needs beyond the source. */
export interface PayloadOptions {
  /** The folder that relative paths start from. */
  readonly baseDirectory: string;
  readonly signal?: AbortSignal;
  /** Read no more than the first one of each source takes. Default false. */
  readonly firstPayloadOnly?: boolean;
}

/**
 * Writes the payloads of a source to a file, one a line: the same source gives the same bytes. A line holds exactly one of
 * `json` (a JSON value), `text` (sent as UTF-8) and `base64` (bytes), and `contentType` unless it is the target's own.
 * The source is streamed; only single payloads are held in memory. A file that could not be completed is not there.
 *
 * @throws LoadwrightError `PAYLOADS_INVALID`, which names the file and the line; `ABORTED`
 */
export async function writePayloads(
  source: TargetPayloads,
  destination: string,
  { baseDirectory, signal, firstPayloadOnly = false }: PayloadOptions,
): Promise<WrittenPayloads> {
  const parts: WrittenPart[] = [];
  const notes: string[] = [];
  async function* text() {
    for (const part of partsOf(source)) {
      let rows = 0;
      for await (const found of recordLines(part.source, baseDirectory, notes)) {
        if (signal?.aborted) throw new LoadwrightError('ABORTED', 'Stopped while the payloads were written.');
        if (found.length === 0) continue;
        const lines = firstPayloadOnly ? found.slice(0, 1) : found;
        rows += lines.length;
        yield `${lines.join('\n')}\n`;
        if (firstPayloadOnly) break;
      }
      if (rows === 0) throw noPayload(part.source);
      const { weight, of } = part;
      parts.push({ rows, weight, order: orderOf(part.source), ...(of !== undefined && { of }) });
    }
  }
  const bytes = await writeWholeStream(destination, text());
  const count = parts.reduce((sum, { rows }) => sum + rows, 0);
  return { count, bytes, order: parts[0]!.order, notes, ...(isSeveral(source) && { parts }) };
}

/**
 * Reads all payloads of a source as {@link writePayloads} does, and writes nothing.
 *
 * @returns how many there are.
 * @throws LoadwrightError as {@link writePayloads} does.
 */
export async function checkPayloads(
  source: TargetPayloads,
  { baseDirectory, signal }: PayloadOptions,
): Promise<number> {
  let count = 0;
  for (const part of partsOf(source)) {
    const before = count;
    for await (const lines of recordLines(part.source, baseDirectory)) {
      if (signal?.aborted) throw new LoadwrightError('ABORTED', 'Stopped while the payloads were read.');
      count += lines.length;
    }
    if (count === before) throw noPayload(part.source);
  }
  return count;
}

function orderOf(source: SingleSource): 'sequential' | 'random' {
  return (typeof source === 'string' ? undefined : source.order) ?? 'sequential';
}

function noPayload(source: SingleSource): LoadwrightError {
  const name = typeof source === 'string' ? source : 'file' in source ? source.file : 'payloads';
  return new LoadwrightError('PAYLOADS_INVALID', `${name}: there is no payload in it`, {
    hint: 'Add at least one: a line of a .jsonl file, an item of a JSON list, a row of a .csv file below the header.',
  });
}

/** @param notes Is given what may be a mistake in a source once all of it is read. */
async function* recordLines(source: SingleSource, baseDirectory: string, notes: string[] = []): RecordLines {
  if (typeof source === 'object' && 'inline' in source) {
    const survey = new PayloadSurvey();
    for (const value of source.inline) survey.add(value);
    notes.push(...survey.notes('inline'));
    yield source.inline.map((value) => recordLine('json', stringifyJson(value)));
  } else if (typeof source === 'object' && 'files' in source) {
    for (const path of source.files) {
      const { names } = await filesOf(path, baseDirectory);
      yield* binaryLines(names, baseDirectory, source.contentType);
    }
  } else {
    const options = typeof source === 'string' ? { file: source } : source;
    yield* fileLines(options, baseDirectory, notes);
  }
}

type FileSource = Extract<SingleSource, { file: string }>;

async function* fileLines(source: FileSource, baseDirectory: string, notes: string[]): RecordLines {
  const { file: path, contentType, csvAs = 'text', csvColumns, csvHeader = true, jsonAs = 'items' } = source;
  const found = await filesOf(path, baseDirectory);
  if (found.isMany && (source.format === undefined || source.format === 'binary')) {
    yield* binaryLines(found.names, baseDirectory, contentType);
    return;
  }
  const format = source.format ?? formatOf(path);
  if (format === 'binary') {
    yield [await binaryLine(path, baseDirectory, contentType)];
    return;
  }
  for (const name of found.names) {
    const file = await PayloadFile.open(name, baseDirectory);
    if (format === 'csv') yield* readCsv(file, { csvAs, csvColumns, csvHeader, contentType });
    else if (format === 'lines') yield* readLines(file, contentType);
    else yield* format === 'json' ? readJson(file, { jsonAs, contentType }) : readJsonl(file, contentType);
    notes.push(...file.survey.notes(name));
  }
}

async function* binaryLines(
  names: readonly string[],
  baseDirectory: string,
  contentType?: string,
): RecordLines {
  for (const name of names) yield [await binaryLine(name, baseDirectory, contentType)];
}

async function binaryLine(name: string, baseDirectory: string, contentType?: string): Promise<string> {
  const file = await PayloadFile.open(name, baseDirectory);
  if (file.bytes > longestPayload) throw file.tooLong('the file');
  const content = await readFile(file.path, 'base64');
  return recordLine('base64', `"${content}"`, contentType ?? contentTypeOf(name));
}
