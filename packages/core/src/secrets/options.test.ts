import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { jsonSchemaOf } from '../values/json-schema.js';
import { jsonValueSchema } from '../values/json-value-schema.js';
import { childPath } from '../validation/validate.js';
import { isSecretName } from './names.js';
import { collectSecrets, redactOptions, refusePlainSecrets } from './options.js';
import { pythonDirectory } from '../python-files.js';

const words = ['X', 'My', 'Ocp', 'Apim', 'Proxy', 'Service', 'Z9'];
const secretWords = [
  ['Authorization'],
  ['Token'],
  ['Secret'],
  ['Password'],
  ['Passwd'],
  ['Cookie'],
  ['Signature'],
  ['Credential'],
  ['Api', 'Key'],
  ['Access', 'Key'],
  ['Subscription', 'Key'],
  ['Functions', 'Key'],
  ['Session', 'Id'],
  ['Bearer'],
];
const styles: readonly ((parts: readonly string[]) => string)[] = [
  (parts) => parts.join('-'),
  (parts) => parts.join('_').toUpperCase(),
  (parts) => parts.join('-').toLowerCase(),
  (parts) => parts.join(''),
];

/** Every secret word, alone and after every other word, in every spelling. */
const secretNames = [[], ...words.map((word) => [word])].flatMap((prefix) =>
  secretWords.flatMap((secret) => styles.map((style) => style([...prefix, ...secret]))),
);

const schema = jsonSchemaOf(
  z.strictObject({
    token: z.string().meta({ writeOnly: true }).optional(),
    route: z.string().optional(),
    list: z.array(z.string()).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    secretHeaders: z
      .record(
        z.string(),
        z.union([
          z
            .string()
            .regex(/^[A-Z_]+$/)
            .meta({ format: 'environment-variable' }),
          z.strictObject({ prefix: z.string() }),
        ]),
      )
      .optional(),
    payload: jsonValueSchema().optional(),
  }),
);

const refusal = (options: unknown): string => {
  const kind = 'example';
  try {
    refusePlainSecrets(schema, options, {
      kind,
      describePath: (path) => path.reduce<string>(childPath, 'target'),
    });
    return '';
  } catch (error) {
    return `${(error as Error).message} ${(error as { hint?: string }).hint}`;
  }
};

describe('a name of a variable', () => {
  it('is no secret, whatever the header is called; a secret in its place is one', () => {
    expect(refusal({ secretHeaders: { 'X-Api-Key': 'MY_VARIABLE', Cookie: { prefix: 'a=' } } })).toBe('');
    expect(redactOptions(schema, { secretHeaders: { 'X-Api-Key': 'MY_VARIABLE' } })).toEqual({
      secretHeaders: { 'X-Api-Key': 'MY_VARIABLE' },
    });
    const inPlace = { secretHeaders: { 'X-Api-Key': `AKIA${'A'.repeat(16)}` } };
    expect(refusal(inPlace)).toContain('looks like a credential');
    // Whatever the header is called: it is no name of a variable.
    const noName = { secretHeaders: { 'X-Own': 'canary-5e1f' } };
    expect(JSON.stringify(redactOptions(schema, noName))).not.toContain('canary');
    expect(collectSecrets(schema, noName)).toEqual(['canary-5e1f']);
  });
});

describe('secret names', () => {
  it('are the same in Python', async () => {
    const [python, typescript] = await Promise.all([
      readFile(new URL('loadwright_runtime/source/redaction.py', pythonDirectory), 'utf8'),
      readFile(new URL('names.ts', import.meta.url), 'utf8'),
    ]);
    const inPython = (name: string) =>
      [...(new RegExp(`^${name} = (.*(?:\\n {4}.*)*)`, 'm').exec(python)?.[1] ?? '').matchAll(/r"(.*)"/g)]
        .map(([, text]) => text)
        .join('');
    const inTypeScript = (name: string) =>
      new RegExp(`^const ${name} =\\s+'(.*)';`, 'm').exec(typescript)?.[1];
    expect(inPython('SECRET_NAMES')).toBe(inTypeScript('pattern'));
    expect(inPython('OPEN_NAMES')).toBe(inTypeScript('openPattern'));
  });

  it('are found in every spelling', () => {
    expect(secretNames.filter((name) => !isSecretName(name))).toEqual([]);
  });

  it.each([
    'Accept',
    'X-Request-Id',
    'Idempotency-Key',
    'Author',
    'PWD',
    'max_tokens',
    'tokenVariable',
    'monkey',
  ])('do not include %s', (name) => expect(isSecretName(name)).toBe(false));
});

describe('options that hold a secret outside of its place', () => {
  const canary = 'canary-7f3a91';

  it.each([
    ['a header', secretNames.map((name) => ({ headers: { [name]: canary } }))],
    ['a parameter', secretNames.map((name) => ({ route: `/a?b=1&${name}=${canary}` }))],
    ['a parameter of a URL', secretNames.map((name) => ({ list: [`https://h.example/?${name}=${canary}`] }))],
    [
      'a login',
      ['http', 'https', 'ftp', 'redis'].flatMap((scheme) => [
        { route: `${scheme}://user:${canary}@host/` },
        { list: ['a', `${scheme}://${canary}@host`] },
        { headers: { Referer: `${scheme}://:${canary}@host/a` } },
      ]),
    ],
    [
      'a credential by its form',
      [`Bearer ${canary}`, `Basic ${canary}`].map((value) => ({ headers: { 'X-A': value } })),
    ],
  ])('are refused, hidden and known: %s', (_what, all) => {
    for (const options of all) {
      expect(refusal(options), JSON.stringify(options)).toMatch(/^target\..*environment variable/);
      expect(refusal(options)).not.toContain(canary);
      expect(JSON.stringify(redactOptions(schema, options))).not.toContain(canary);
      expect(collectSecrets(schema, options).join(' ')).toContain(canary);
    }
  });

  it.each([
    { token: canary },
    { headers: { Accept: 'text/csv', 'X-Request-Id': canary } },
    { route: '/generate?max_tokens=4096&tokens=100&q=a' },
    { list: ['https://host/a@b', 'https://host/?mail=a@b.example'] },
    { payload: { password: canary, url: `https://user:${canary}@host/` } },
    { payload: `https://user:${canary}@host/` },
  ])('are not %j', (options) => {
    expect(refusal(options)).toBe('');
  });
});
