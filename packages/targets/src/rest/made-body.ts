import {
  JsonNumber,
  parseJson,
  stringifyJson,
  type JsonValue,
  type MadeBody,
  type MeasuredPayload,
} from '@loadwright/core/target';
import { requestsOfFile, sendsPayload, type Route } from './routes.js';
import { shortestText } from './texts.js';

type Row = Readonly<Record<string, JsonValue>>;

/**
 * How long the bodies of a route are. `none`: payloads are in none; `payload`: they are sent as they are.
 *
 * @param requests What the payloads are for: the route, or one of its further files. Undefined: the route.
 */
export function madeBody(
  { body, contentType, method, multipart, name }: Route,
  requests?: string,
): MadeBody | 'none' | 'payload' {
  // What generated values and columns add depends on the payload.
  const made = (bytesOf: MadeBody['bytesOf']): MadeBody => ({ mostAdded: Infinity, bytesOf });
  if (multipart) {
    const { file, filename, files = [] } = multipart;
    const further = files.find((_, index) => requestsOfFile(name, index) === requests);
    const part = further ?? { name: file, filename };
    return made((payload) => formBytes(multipart.fields, part, contentType, payload));
  }
  if (body !== undefined) {
    return made((payload) => Buffer.byteLength(stringifyJson(shortest(body, rowOf(payload)))));
  }
  return sendsPayload({ body, method }) ? 'payload' : 'none';
}

function rowOf({ kind, text }: MeasuredPayload): Row {
  const value: unknown = kind === 'json' && text.startsWith('{') ? parseJson(text) : {};
  return value as Row;
}

/** A template with its generated values: those that vary at their shortest. */
function shortest(template: JsonValue, row: Row): JsonValue {
  if (template === null || typeof template !== 'object' || template instanceof JsonNumber) return template;
  if (Array.isArray(template)) return template.map((item) => shortest(item, row));
  const [[name, argument] = ['', null]] = Object.entries(template);
  switch (name) {
    case '$uniform':
    case '$normal':
    case '$integer':
    case '$sequence':
      return 0;
    case '$choice':
      return (argument as JsonValue[]).reduce((one, other) =>
        lengthOf(other) < lengthOf(one) ? other : one,
      );
    case '$uuid':
      return '0'.repeat(36);
    case '$timestamp':
      return { iso: '0'.repeat(24), seconds: 1e9, milliseconds: 1e12 }[argument as 'iso'];
    case '$text':
      return 'x'.repeat(shortestText(Number(stringifyJson((argument as JsonValue[])[0]!))));
    case '$column':
      return row[argument as string] ?? null;
  }
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, shortest(value, row)]));
}

const lengthOf = (value: JsonValue) => Buffer.byteLength(stringifyJson(value));

/** A text as it stands in a part of a form. */
const textOf = (value: JsonValue) => (typeof value === 'string' ? value : stringifyJson(value));

/** As long as every boundary of `multipart/form-data` that the load makes. */
const boundary = `loadwright-${'0'.repeat(32)}`;

type Form = NonNullable<Route['multipart']>;

/** With this file alone: how long those beside it are depends on their sources. */
function formBytes(
  fields: Form['fields'],
  { name: file, filename }: Pick<NonNullable<Form['files']>[number], 'name' | 'filename'>,
  contentType: string,
  payload: MeasuredPayload,
): number {
  const row = rowOf(payload);
  const name = filename === undefined ? 'payload-1' : textOf(shortest(filename, row));
  const fileHead = `${disposition(file)}; filename="${quoted(name)}"\r\nContent-Type: ${payload.contentType ?? contentType}`;
  const parts = Object.entries(fields)
    .map(([field, template]) => ({ field, value: shortest(template, row) }))
    // A field that is null is left out.
    .filter(({ value }) => value !== null)
    .map(({ field, value }) => part(disposition(field), Buffer.byteLength(textOf(value))));
  const all = [...parts, part(fileHead, payload.bytes)];
  return all.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(`--${boundary}--\r\n`));
}

const part = (head: string, contentBytes: number) =>
  Buffer.byteLength(`--${boundary}\r\n${head}\r\n\r\n\r\n`) + contentBytes;

const disposition = (name: string) => `Content-Disposition: form-data; name="${quoted(name)}"`;

const quoted = (text: string) => text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
