import type { PayloadFile } from './payload-file.js';

/**
 * Lines of `payloads.jsonl`, without their ends. Many at once: a promise for each would cost more than the line.
 */
export type RecordLines = AsyncGenerator<string[]>;

/** Writes one line: `{"json":…,"contentType":…}`. The value is JSON already and is not written anew. */
export function recordLine(
  kind: 'json' | 'text' | 'base64',
  valueAsJson: string,
  contentType?: string,
): string {
  return contentType === undefined
    ? `{"${kind}":${valueAsJson}}`
    : `{"${kind}":${valueAsJson},"contentType":${JSON.stringify(contentType)}}`;
}

/** Numbers that Python and JavaScript know and JSON does not. */
const noNumber = /(?:[:,[]\s*|^\s*)(-?(?:NaN|Infinity))\b/;

function hintFor(text: string): string {
  const [, word] = noNumber.exec(text) ?? [];
  return word === undefined
    ? 'Correct it, or choose another format.'
    : `JSON has no ${word}, which Python writes all the same: write null there, as json.dumps(…, allow_nan=False) makes you do.`;
}

/**
 * Makes a line of a JSON text as the user wrote it, so that numbers keep every digit. It is parsed only to see that it
 * is JSON.
 *
 * @param place Its place, for the message: `line 3`.
 */
export function jsonLine(text: string, file: PayloadFile, place: () => string, contentType?: string): string {
  try {
    file.survey.add(JSON.parse(text));
  } catch (error) {
    const reason = (error as Error).message.replace(/ is not valid JSON$/, '');
    throw file.error(`${place()} is not JSON: ${reason}`, hintFor(text), error);
  }
  // Inside a JSON text a line can only end between two tokens.
  const line = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]\s*/g, '') : text;
  return recordLine('json', line.trim(), contentType);
}
