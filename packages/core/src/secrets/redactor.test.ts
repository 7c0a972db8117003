import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { jsonSchemaOf } from '../values/json-schema.js';
import { createCautiousRedactor, createRedactor, redactStrings } from './redactor.js';
import { collectSecrets, redactOptions } from './options.js';

const secret = 'pa"ss/word+ü 1';

describe('createRedactor', () => {
  const redact = createRedactor([secret, 'abc']);

  it.each([
    ['as it is', secret],
    ['JSON', JSON.stringify(secret).slice(1, -1)],
    ['URL', encodeURIComponent(secret)],
    ['URL in lower case', encodeURIComponent(secret).replace(/%../g, (escape) => escape.toLowerCase())],
    ['form', new URLSearchParams({ a: secret }).toString().slice(2)],
    ['base64', Buffer.from(secret).toString('base64')],
    ['base64url', Buffer.from(secret).toString('base64url')],
  ])('removes it: %s', (_form, text) => {
    expect(redact(`before ${text} after ${text}`)).toBe('before [redacted] after [redacted]');
  });

  it.each(['', 'x', 'xy', 'xyz', 'a-user:'])(
    'removes it from base64 of a longer text, after %j',
    (prefix) => {
      const encoded = Buffer.from(`${prefix}${secret}, and more`).toString('base64');
      const left = redact(encoded);
      expect(left).toContain('[redacted]');
      expect(Buffer.from(left.split('[redacted]')[0] ?? '', 'base64').toString()).not.toContain(
        secret.slice(0, 2),
      );
    },
  );

  it('ignores values shorter than 4 characters, and an empty list', () => {
    expect(redact('abc')).toBe('abc');
    expect(createRedactor([])('abc')).toBe('abc');
  });

  it('removes the longer of two secrets that begin alike', () => {
    expect(createRedactor(['secret', 'secret-two'])('secret-two secret')).toBe('[redacted] [redacted]');
  });
});

const schema = jsonSchemaOf(
  z.strictObject({
    token: z.string().meta({ writeOnly: true }).optional(),
    tokenVariable: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    payload: z.array(z.json()).optional(),
    models: z.array(z.strictObject({ key: z.string().meta({ writeOnly: true }) })).optional(),
    auth: z
      .union([
        z.literal('none'),
        z.strictObject({ type: z.literal('basic'), password: z.string().meta({ writeOnly: true }) }),
        z.strictObject({
          type: z.literal('key'),
          value: z.strictObject({ id: z.string() }).meta({ writeOnly: true }),
        }),
      ])
      .optional(),
  }),
);

const options = {
  token: 'canary-1',
  tokenVariable: 'MY_TOKEN',
  headers: { Authorization: 'Bearer canary-2', 'X-Api-Key': 'canary-3', Accept: 'text/csv' },
  payload: [{ token: 'word', nested: { password: 'word' } }],
  models: [{ key: 'canary-4' }, { key: 'canary-5' }],
  auth: { type: 'key', value: { id: 'canary-6' } },
  absent: undefined,
};

describe('redactOptions and collectSecrets', () => {
  it('replaces secrets at any depth, in lists, unions and maps, and nothing else', () => {
    expect(redactOptions(schema, options)).toEqual({
      token: '[redacted]',
      tokenVariable: 'MY_TOKEN',
      headers: { Authorization: '[redacted]', 'X-Api-Key': '[redacted]', Accept: 'text/csv' },
      payload: [{ token: 'word', nested: { password: 'word' } }],
      models: [{ key: '[redacted]' }, { key: '[redacted]' }],
      auth: { type: 'key', value: '[redacted]' },
    });
  });

  it('finds the same texts, and credentials without their scheme', () => {
    expect(collectSecrets(schema, options)).toEqual([
      'canary-1',
      'Bearer canary-2',
      'canary-2',
      'canary-3',
      'canary-4',
      'canary-5',
      'canary-6',
    ]);
  });

  it('goes by names alone where there is no schema', () => {
    expect(redactOptions({}, { password: 'x', users: 3 })).toEqual({ password: '[redacted]', users: 3 });
  });
});

describe('redactStrings', () => {
  it('cleans every string of a document, and nothing else', () => {
    const redact = createRedactor(['s3cr&t', '12345']);
    const document = { texts: ['token s3cr&t', { deep: 's3cr&t' }], count: 12345, none: null, yes: true };
    expect(redactStrings(document, redact)).toEqual({
      texts: ['token [redacted]', { deep: '[redacted]' }],
      count: 12345,
      none: null,
      yes: true,
    });
  });
});

describe('createCautiousRedactor', () => {
  const redact = createCautiousRedactor({ DATABRICKS_TOKEN: 'canary-of-a-variable', HOME: '/home/alice' });

  it.each([
    ['the value of a variable', 'failed with canary-of-a-variable', 'canary-of-a-variable'],
    ['a header', 'Authorization: Bearer canary.abc-def', 'canary.abc-def'],
    ['a field of JSON', '{"client_secret":"canary-1234"}', 'canary-1234'],
    ['a parameter', 'POST /token?password=canary-1234&a=b', 'canary-1234'],
    ['a login in a URL', 'cannot reach https://alice:canary-1@proxy.example/', 'canary-1'],
    ['a key of a service', 'Ocp-Apim-Subscription-Key: canary-1234', 'canary-1234'],
  ])('takes %s out of a text', (_what, text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain('[redacted]');
  });

  it('takes a time that grows as the text does', () => {
    const steps = (length: number) => {
      const text = `:${' '.repeat(length)}=`;
      const begin = process.cpuUsage();
      expect(redact(text)).toBe(text);
      return process.cpuUsage(begin).user;
    };
    // Squared it would be a hundred times as much, of half a second.
    expect(steps(100_000)).toBeLessThan(100_000 + 50 * steps(10_000));
  });

  it('leaves ordinary words', () => {
    const text = 'TypeError: fetch failed\n    at /home/alice/node_modules/x.js:1:2 (tokens are counted)';
    expect(redact(text)).toBe(text);
  });
});
