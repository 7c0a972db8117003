import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { LoadwrightError } from '../errors.js';
import { writeWholeStream } from '../files.js';
import type { BodyLimit } from '../target/contract.js';
import { stringifyJson } from '../values/json-number.js';
import { withinLimit } from './body-limit.js';
import { readColumns, readCsv, type CsvColumn, type CsvOptions } from './csv.js';
import { filesOf } from './files.js';
import { contentTypeOf, formatOf, isTabSeparated } from './format.js';
import { readJson } from './json.js';
import { readJsonl, readLines } from './jsonl.js';
import { longestPayload, PayloadFile } from './payload-file.js';
import { readable } from './readable.js';
import { recordLine, type RecordLines } from './record.js';
import { PayloadSurvey } from './survey.js';
import { isSeveral, partsOf, type SingleSource, type TargetPayloads } from './source.js';
import { traceLines } from './trace/read.js';
import { TraceSchedule } from './trace/schedule.js';
import type { TraceSource } from './trace/source.js';

/** What {@link writePayloads} wrote. */
export interface WrittenPayloads {
  /** Payloads, one a line. */
  readonly count: number;
  /** Size of the file in bytes. */
  readonly bytes: number;
  readonly order: 'sequential' | 'random';
  /** What may be a mistake in them, one line each. */
  readonly notes: readonly string[];
  /** When each is due. Absent: they are no trace. */
  readonly schedule?: TraceSchedule;
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

/** The columns of a CSV file of payloads. */
export interface CsvFileColumns {
  /** As the user wrote it; of a pattern or a folder, relative to the configuration. */
  readonly file: string;
  readonly columns: readonly CsvColumn[];
}

/** What {@link writePayloads} needs beyond the source. */
export interface PayloadOptions {
  /** The folder that relative paths start from. */
  readonly baseDirectory: string;
  readonly signal?: AbortSignal;
  /** Read no more than the first one of each source takes. Default false. */
  readonly firstPayloadOnly?: boolean;
  /** The longest body by the requests that a part is for. Absent: any length. */
  readonly bodyLimit?: ((requests: string | undefined) => BodyLimit | undefined) | undefined;
  /** What may be a mistake in a payload of JSON; undefined: nothing. */
  readonly payloadHint?: ((payload: unknown) => string | undefined) | undefined;
}

/** How the lines of a source are read. */
interface Reading extends Pick<PayloadOptions, 'baseDirectory' | 'payloadHint'> {
  /** Is given what may be a mistake in a source once all of it is read. */
  readonly notes?: string[];
  readonly schedule?: TraceSchedule | undefined;
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
  { baseDirectory, signal, firstPayloadOnly = false, bodyLimit, payloadHint }: PayloadOptions,
): Promise<WrittenPayloads> {
  const parts: WrittenPart[] = [];
  const notes: string[] = [];
  const schedule = scheduleOf(source);
  async function* text() {
    for (const part of partsOf(source)) {
      let rows = 0;
      const all = recordLines(part.source, { baseDirectory, payloadHint, notes, schedule });
      for await (const found of withinLimit(all, nameOf(part.source), bodyLimit?.(part.of))) {
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
  return {
    ...{ count, bytes, order: parts[0]!.order, notes },
    ...(schedule && { schedule: schedule.finish() }),
    ...(isSeveral(source) && { parts }),
  };
}

/**
 * Reads all payloads of a source as {@link writePayloads} does, and writes nothing.
 *
 * @returns how many there are.
 * @throws LoadwrightError as {@link writePayloads} does.
 */
export async function checkPayloads(
  source: TargetPayloads,
  { baseDirectory, signal, bodyLimit }: PayloadOptions,
  schedule = scheduleOf(source),
): Promise<number> {
  let count = 0;
  for (const part of partsOf(source)) {
    const before = count;
    const all = recordLines(part.source, { baseDirectory, schedule });
    for await (const lines of withinLimit(all, nameOf(part.source), bodyLimit?.(part.of))) {
      if (signal?.aborted) throw new LoadwrightError('ABORTED', 'Stopped while the payloads were read.');
      count += lines.length;
    }
    if (count === before) throw noPayload(part.source);
  }
  return count;
}

/**
 * SHA-256 of the file that {@link writePayloads} would write, in hexadecimal; it writes nothing.
 *
 * @throws LoadwrightError as {@link writePayloads} does.
 */
export async function digestPayloads(
  source: TargetPayloads,
  { baseDirectory, signal }: PayloadOptions,
): Promise<string> {
  const digest = createHash('sha256');
  const schedule = scheduleOf(source);
  for (const part of partsOf(source)) {
    for await (const lines of recordLines(part.source, { baseDirectory, schedule })) {
      if (signal?.aborted) throw new LoadwrightError('ABORTED', 'Stopped while the payloads were read.');
      if (lines.length > 0) digest.update(`${lines.join('\n')}\n`);
    }
  }
  return digest.digest('hex');
}

/**
 * The columns of each CSV file whose rows become objects or lists. Reads the whole files, and writes nothing.
 *
 * @throws LoadwrightError as {@link writePayloads} does.
 */
export async function readCsvColumns(
  source: TargetPayloads,
  { baseDirectory, signal }: PayloadOptions,
): Promise<readonly CsvFileColumns[]> {
  const found: CsvFileColumns[] = [];
  for (const { source: single } of partsOf(source)) {
    if (typeof single === 'string' || !('file' in single) || (single.csvAs ?? 'text') === 'text') continue;
    for (const name of (await findFiles(single, baseDirectory)).names) {
      const reading = readColumns(await PayloadFile.open(name, baseDirectory), csvOptions(single, name));
      let step = await reading.next();
      while (!step.done) {
        if (signal?.aborted) throw new LoadwrightError('ABORTED', 'Stopped while the payloads were read.');
        step = await reading.next();
      }
      found.push({ file: name, columns: step.value });
    }
  }
  return found;
}

/**
 * When the requests of a trace are due. Reads all of it, and writes nothing.
 *
 * @returns undefined when the source is no trace.
 * @throws LoadwrightError as {@link writePayloads} does.
 */
export async function readSchedule(
  source: TargetPayloads,
  options: PayloadOptions,
): Promise<TraceSchedule | undefined> {
  const schedule = scheduleOf(source);
  if (schedule) await checkPayloads(source, options, schedule);
  return schedule?.finish();
}

/** What takes the times of a source; undefined when it has none. */
function scheduleOf(source: TargetPayloads): TraceSchedule | undefined {
  const parts = partsOf(source);
  if (!parts.some(({ source: single }) => isTrace(single))) return undefined;
  if (parts.length === 1) return new TraceSchedule();
  throw new LoadwrightError('PAYLOADS_INVALID', 'payloads: found a trace beside other sources', {
    hint: 'A trace says when each of its requests is due: let it be the only source of the only route.',
  });
}

const isTrace = (source: SingleSource): source is TraceSource =>
  typeof source === 'object' && 'trace' in source;

function orderOf(source: SingleSource): 'sequential' | 'random' {
  return (typeof source === 'string' ? undefined : source.order) ?? 'sequential';
}

/** As the user wrote it. */
function nameOf(source: SingleSource): string {
  if (typeof source === 'string') return source;
  if ('file' in source) return source.file;
  return isTrace(source) ? source.trace : 'payloads';
}

function noPayload(source: SingleSource): LoadwrightError {
  return new LoadwrightError('PAYLOADS_INVALID', `${nameOf(source)}: there is no payload in it`, {
    hint: 'Add at least one: a line of a .jsonl file, an item of a JSON list, a row of a .csv file below the header.',
  });
}

function recordLines(source: SingleSource, reading: Reading): RecordLines {
  return readable(linesOf(source, reading), nameOf(source));
}

async function* linesOf(source: SingleSource, reading: Reading): RecordLines {
  const { baseDirectory, notes = [], payloadHint, schedule } = reading;
  if (isTrace(source)) {
    yield* traceLines(source, baseDirectory, schedule!, notes);
  } else if (typeof source === 'object' && 'inline' in source) {
    const survey = new PayloadSurvey(payloadHint);
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
    yield* fileLines(options, reading);
  }
}

type FileSource = Extract<SingleSource, { file: string }>;

/** Options that one format alone has. */
const formatOptions: Readonly<Record<string, readonly (keyof FileSource)[]>> = {
  csv: ['csvAs', 'csvColumns', 'csvTypes', 'csvHeader', 'csvSeparator'],
  json: ['jsonAs'],
};

/** The files of a source, and how they are read. Throws `PAYLOADS_INVALID`, also for an option of another format. */
async function findFiles(source: FileSource, baseDirectory: string) {
  const { names, isMany } = await filesOf(source.file, baseDirectory);
  const format = source.format ?? (isMany ? 'binary' : formatOf(source.file));
  for (const [ofFormat, options] of Object.entries(formatOptions)) {
    const useless = options.find((name) => source[name] !== undefined);
    if (useless === undefined || ofFormat === format) continue;
    const problem = `found ${useless}, and its format is ${format}`;
    const hint = `Set format: ${ofFormat}, or leave ${useless} out.`;
    throw new LoadwrightError('PAYLOADS_INVALID', `${source.file}: ${problem}`, { hint });
  }
  return { names, format };
}

/** @param name Of one of the files of the source. */
function csvOptions({ csvAs = 'text', ...source }: FileSource, name: string): CsvOptions {
  const { csvColumns, csvHeader = true, csvTypes = {} } = source;
  const isTabs = isTabSeparated(name);
  const csvSeparator = source.csvSeparator ?? (isTabs ? '\t' : undefined);
  const contentType = source.contentType ?? (csvAs === 'text' && isTabs ? contentTypeOf(name) : undefined);
  return {
    ...{ contentType, csvAs, csvColumns, csvHeader, csvSeparator },
    csvTypes: new Map(Object.entries(csvTypes)),
  };
}

async function* fileLines(
  source: FileSource,
  { baseDirectory, notes = [], payloadHint }: Reading,
): RecordLines {
  const { contentType, jsonAs = 'items' } = source;
  const { names, format } = await findFiles(source, baseDirectory);
  if (format === 'binary') {
    yield* binaryLines(names, baseDirectory, contentType);
    return;
  }
  for (const name of names) {
    const file = await PayloadFile.open(name, baseDirectory, payloadHint);
    if (format === 'csv') yield* readCsv(file, csvOptions(source, name));
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
