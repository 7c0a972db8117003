import { messageOf } from '../../errors.js';
import { filesOf } from '../files.js';
import { PayloadFile } from '../payload-file.js';
import { recordLine, type RecordLines } from '../record.js';
import { readBurst, readConversation, readMooncake } from './made.js';
import type { ReadRow, Recorded } from './recorded.js';
import { readCapture, readInference, requestReader } from './recordings.js';
import { rowsOf, type TraceRow } from './rows.js';
import type { TraceSchedule } from './schedule.js';
import { Scrubber, textAt } from './scrub.js';
import type { TraceSource } from './source.js';

/**
 * The payloads of a trace. What is to be scrubbed is replaced before a line leaves here.
 *
 * @param schedule Is given when each is due.
 * @param notes Is given what should be known of the recording.
 * @throws LoadwrightError `PAYLOADS_INVALID`, which names the file and the row
 */
export async function* traceLines(
  source: TraceSource,
  baseDirectory: string,
  schedule: TraceSchedule,
  notes: string[],
): RecordLines {
  const { names } = await filesOf(source.trace, baseDirectory);
  const scrubber = source.scrub && new Scrubber(source.scrub);
  const read = readerOf(source);
  let [number, bodiless] = [0, 0];
  let last: PayloadFile | undefined;
  for (const name of names) {
    const file = (last = await PayloadFile.open(name, baseDirectory));
    let inFile = 0;
    for await (const row of rowsOf(file)) {
      inFile += 1;
      try {
        const lines: string[] = [];
        for (const recorded of read(row, number)) {
          const line = lineOf(recorded, source, scrubber, schedule);
          if (line === undefined) bodiless += 1;
          else lines.push(line);
        }
        number += 1;
        if (lines.length > 0) yield lines;
      } catch (error) {
        throw file.error(
          `row ${inFile}: ${messageOf(error)}`,
          `It was read as ${source.format}; name another format, or correct the row.`,
          error,
        );
      }
    }
  }
  if (last && bodiless > 0 && bodiless === number) {
    throw last.error(
      `none of ${number} requests has a body`,
      'Record or export the requests with their bodies, in the fields of this format.',
    );
  }
  const [unused] = scrubber?.unused ?? [];
  if (unused !== undefined && last && number > bodiless) {
    throw last.error(
      `scrub: ${unused} is in no body`,
      'Correct the pointer, which starts from the body, or remove it.',
    );
  }
  if (bodiless > 0) notes.push(`${source.trace}: ${bodiless} requests have no body, and are left out.`);
  notes.push(...(scrubber?.notes ?? []).map((note) => `${source.trace}: ${note}`));
}

function readerOf(source: TraceSource): (row: TraceRow, number: number) => readonly Recorded[] {
  const of =
    (read: ReadRow) =>
    ({ values }: TraceRow, number: number) =>
      read(values, number);
  switch (source.format) {
    case 'requests': {
      const readRequest = requestReader();
      return ({ values, text }) => [readRequest(values, text)];
    }
    case 'sagemaker-capture':
      return of(readCapture);
    case 'databricks-inference':
      return of(readInference);
    case 'sharegpt':
      return of(readConversation(source));
    case 'mooncake':
      return of(readMooncake(source));
    case 'burstgpt':
      return of(readBurst(source));
  }
}

function lineOf(
  { seconds, session, body, contentType }: Recorded,
  source: TraceSource,
  scrubber: Scrubber | undefined,
  schedule: TraceSchedule,
): string | undefined {
  if (body === undefined) return undefined;
  const found = source.session && body.kind === 'text' ? textAt(body.content, source.session) : session;
  // Those without a session are not one.
  const named = found === 'null' || found === '""' ? undefined : found;
  const content = scrubber ? scrub(body, scrubber) : body.content;
  schedule.add(seconds, named);
  return recordLine(body.kind, JSON.stringify(content), contentType);
}

function scrub({ kind, content }: NonNullable<Recorded['body']>, scrubber: Scrubber): string {
  if (kind === 'text') return scrubber.scrub(content);
  const text = Buffer.from(content, 'base64').toString('utf8');
  return Buffer.from(scrubber.scrub(text)).toString('base64');
}
