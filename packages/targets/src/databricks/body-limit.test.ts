import { readFileSync } from 'node:fs';
import { parseJson, stringifyJson } from '@loadwright/core/target';
import { expect, it } from 'vitest';
import { bodyBytes } from './body-limit.js';

interface Vector {
  readonly name: string;
  readonly format: string;
  readonly payload: unknown;
  readonly body: unknown;
}

const text = readFileSync(new URL('./wrap-vectors.json', import.meta.url), 'utf8');
const vectors = (parseJson(text) as readonly Vector[]).filter(({ format }) => format !== 'raw');

it.each(vectors)('$name: the body is as long as it is reckoned to be', ({ format, payload, body }) => {
  const json = stringifyJson(payload);
  const measured = { kind: 'json', text: json, bytes: Buffer.byteLength(json) } as const;
  expect(bodyBytes(measured, format as 'inputs')).toBe(Buffer.byteLength(stringifyJson(body)));
});
