import { LoadwrightError } from '../errors.js';
import type { BodyLimit, MeasuredPayload } from '../target/contract.js';
import { formatNumber } from '../values/format.js';
import type { RecordLines } from './record.js';

/** Lines as they come. @throws LoadwrightError `PAYLOADS_INVALID` behind the last one, where some bodies are longer than the limit. */
export async function* withinLimit(
  lines: RecordLines,
  name: string,
  limit: BodyLimit | undefined,
): RecordLines {
  let count = 0;
  let tooLong = 0;
  const longest = { bytes: 0, number: 0 };
  for await (const found of lines) {
    if (limit) {
      for (const line of found) {
        count += 1;
        const bytes = lengthOver(line, limit);
        if (bytes === undefined) continue;
        tooLong += 1;
        if (bytes > longest.bytes) Object.assign(longest, { bytes, number: count });
      }
    }
    yield found;
  }
  if (!limit || tooLong === 0) return;
  const size = (bytes: number) => `${formatNumber(bytes)} bytes`;
  throw new LoadwrightError(
    'PAYLOADS_INVALID',
    `${name}: ${limit.made ? 'the bodies of ' : ''}${tooLong} of ${count} payloads ${tooLong === 1 && !limit.made ? 'is' : 'are'} longer than ` +
      `${size(limit.bytes)}, which ${limit.what}. The longest is ${limit.made ? 'that of ' : ''}payload ${longest.number}, with ${size(longest.bytes)}`,
    { hint: limit.hint },
  );
}

/** How long the body of a line is, if it is longer than the limit. */
function lengthOver(line: string, { bytes: most, made }: BodyLimit): number | undefined {
  // A payload is never longer than its line, and a character takes three bytes at most.
  const longest = most - (made?.mostAdded ?? 0);
  if (line.length * 3 <= longest || Buffer.byteLength(line) <= longest) return undefined;
  const payload = measured(line);
  const bytes = made ? made.bytesOf(payload) : payload.bytes;
  return bytes > most ? bytes : undefined;
}

function measured(line: string): MeasuredPayload {
  const { base64, contentType, text } = JSON.parse(line) as Readonly<Record<string, string | undefined>>;
  if (base64 !== undefined) {
    return { kind: 'base64', text: base64, bytes: Buffer.byteLength(base64, 'base64'), contentType };
  }
  if (text !== undefined) return { kind: 'text', text, bytes: Buffer.byteLength(text), contentType };
  const end = contentType === undefined ? '}' : `,"contentType":${JSON.stringify(contentType)}}`;
  const json = line.slice('{"json":'.length, -end.length);
  return { kind: 'json', text: json, bytes: Buffer.byteLength(json), contentType };
}
