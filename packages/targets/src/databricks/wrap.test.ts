import type { JsonValue } from '@loadwright/core';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DatabricksOptions } from './options.js';
import { requestBody, wrapPayload } from './wrap.js';

interface Vector {
  name: string;
  format: DatabricksOptions['format'];
  payload: JsonValue;
  body: JsonValue;
}

const vectors = JSON.parse(readFileSync(new URL('./wrap-vectors.json', import.meta.url), 'utf8')) as Vector[];

describe('wrapPayload', () => {
  it.each(vectors)('$name', ({ format, payload, body }) => {
    // As text, because the order of the columns matters.
    expect(JSON.stringify(wrapPayload(payload, format))).toBe(JSON.stringify(body));
  });

  it('refuses rows without names for dataframe_split', () => {
    expect(() => wrapPayload([1, 2], 'dataframe_split')).toThrow(
      expect.objectContaining({ code: 'PAYLOADS_INVALID', message: expect.stringContaining('column names') }),
    );
  });
});

describe('requestBody', () => {
  it.each([
    [{ json: { a: 1 } }, 'inputs', '{"inputs":{"a":1}}', 'application/json'],
    [{ json: { a: 1 } }, 'raw', '{"a":1}', 'application/json'],
    [{ text: 'a,b', contentType: 'text/csv' }, 'raw', 'a,b', 'text/csv'],
    [{ base64: 'aGk=' }, 'raw', 'hi', 'application/json'],
  ] as const)('sends %j as %s', (record, format, body, contentType) => {
    const request = requestBody(record, format);
    expect({ ...request, body: request.body.toString() }).toEqual({ body, contentType });
  });

  it.each([
    [{ text: 'a,b' }, 'text'],
    [{ base64: 'AAE=' }, 'binary'],
  ])('refuses %j for the other formats', (record, kind) => {
    expect(() => requestBody(record, 'instances')).toThrow(
      expect.objectContaining({ code: 'PAYLOADS_INVALID', message: expect.stringContaining(kind) }),
    );
  });
});
