import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { writeBundle } from '../bundle/write-bundle.js';
import { loadProfileSchema } from '../load/profile-schema.js';
import { resolveLoad } from '../load/resolve.js';
import { defineTarget } from './define-target.js';
import { tlsOptionsSchema, type TlsOptions } from './tls-options.js';

let directory = '';
const path = (name: string) => join(directory, name);
const password = 'canary-password';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'loadwright-tls-'));
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: directory, stdio: 'pipe' });
  for (const name of ['client', 'other']) {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    openssl('req', '-x509', ...key, ...files, '-subj', `/CN=${name}`, '-days', '2');
  }
  const locked = ['-topk8', '-passout', `pass:${password}`, '-out', 'locked.key'];
  openssl('pkcs8', '-in', 'client.key', ...locked);
  const [certificate, key] = await Promise.all([
    readFile(path('client.pem'), 'utf8'),
    readFile(path('client.key'), 'utf8'),
  ]);
  await writeFile(path('both.pem'), `a comment\n${key}${certificate}`);
  await writeFile(path('none.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
});
afterAll(() => rm(directory, { recursive: true }));

const target = defineTarget<{ tls?: TlsOptions }, { tls?: TlsOptions | undefined }>({
  specificationVersion: 1,
  kind: 'some',
  summary: 'a test',
  options: z.strictObject({ tls: tlsOptionsSchema.optional() }),
  example: {},
  locustfile: new URL('../../python/loadwright_runtime/__init__.py', import.meta.url),
  host: () => 'https://service.test',
  targetConfig: () => ({}),
  tls: (options) => options.tls,
});

const resolveKey = (tls: TlsOptions, environment: Record<string, string> = {}) =>
  target.definition.resolveEnvironment!(
    { tls },
    { environment, baseDirectory: directory, signal: new AbortController().signal },
  );

describe('the private key', () => {
  it('goes from its file to the variable of the workers, in one line', async () => {
    const { variables, expiresAt } = await resolveKey({ certFile: 'client.pem', keyFile: 'client.key' });
    const { LOADWRIGHT_TLS_CLIENT_KEY: value = '', ...others } = variables;
    expect(others).toEqual({});
    expect(value).toMatch(/^-----BEGIN PRIVATE KEY-----\\n[^\n]+\\n-----END PRIVATE KEY-----$/);
    const theirs = createPrivateKey(await readFile(path('client.key'), 'utf8'));
    expect(createPrivateKey(value.replaceAll('\\n', '\n')).equals(theirs)).toBe(true);
    const days = (expiresAt!.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(1.9);
    expect(days).toBeLessThan(2.1);
  });

  it('comes from the variable when there is no file', async () => {
    const text = await readFile(path('client.key'), 'utf8');
    for (const value of [text, text.replaceAll('\n', '\\n')]) {
      const { variables } = await resolveKey(
        { certFile: 'client.pem' },
        { LOADWRIGHT_TLS_CLIENT_KEY: value },
      );
      expect(variables).toHaveProperty('LOADWRIGHT_TLS_CLIENT_KEY');
    }
  });

  it('is decrypted, so that the workers need no password', async () => {
    const environment = { LOADWRIGHT_TLS_CLIENT_KEY_PASSWORD: password };
    const { variables } = await resolveKey({ certFile: 'client.pem', keyFile: 'locked.key' }, environment);
    expect(Object.keys(variables)).toEqual(['LOADWRIGHT_TLS_CLIENT_KEY']);
    expect(variables['LOADWRIGHT_TLS_CLIENT_KEY']).not.toContain('ENCRYPTED');
  });

  it.each<[TlsOptions, Record<string, string>, RegExp]>([
    [{ certFile: 'client.pem' }, {}, /There is no private key for the client certificate/],
    [
      { certFile: 'client.pem', keyFile: 'other.key' },
      {},
      /other\.key does not belong to the certificate in client\.pem/,
    ],
    [
      { certFile: 'client.pem', keyFile: 'locked.key' },
      {},
      /locked\.key is encrypted, and LOADWRIGHT_TLS_CLIENT_KEY_PASSWORD/,
    ],
    [
      { certFile: 'client.pem', keyFile: 'locked.key' },
      { LOADWRIGHT_TLS_CLIENT_KEY_PASSWORD: 'canary-wrong' },
      /is not its password/,
    ],
    [{ certFile: 'client.pem', keyFile: 'client.pem' }, {}, /^Client\.pem holds no private key in PEM/],
    [
      { certFile: 'client.pem' },
      { LOADWRIGHT_TLS_CLIENT_KEY: 'canary' },
      /^The variable .* holds no private key/,
    ],
  ])('is refused: %j', async (tls, environment, message) => {
    const error = (await resolveKey(tls, environment).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
    expect(error.message).not.toContain('canary');
  });

  it.each<[TlsOptions, RegExp]>([
    [{ certFile: 'missing.pem' }, /^target\.tls\.certFile: the file missing\.pem does not exist/],
    [{ certFile: 'client.pem', keyFile: 'missing.key' }, /^target\.tls\.keyFile: the file missing\.key/],
    [{ certFile: 'client.key' }, /^target\.tls\.certFile: client\.key holds no certificate/],
    [{ certFile: 'none.pem' }, /^target\.tls\.certFile: none\.pem holds no certificate/],
  ])('needs files that can be read: %j', async (tls, message) => {
    await expect(resolveKey(tls)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('is asked for only where there is a certificate', async () => {
    expect(target.definition.environment!({ tls: { caFile: 'client.pem' } })).toEqual([]);
    expect(target.definition.environment!({})).toEqual([]);
    expect(await resolveKey({ caFile: 'client.pem' })).toEqual({ variables: {} });
    expect(target.definition.environment!({ tls: { certFile: 'client.pem' } })).toMatchObject([
      { name: 'LOADWRIGHT_TLS_CLIENT_KEY', secret: true, required: true },
      { name: 'LOADWRIGHT_TLS_CLIENT_KEY_PASSWORD', secret: true, required: false },
    ]);
  });

  it('has no effect without a certificate', () => {
    const issues = tlsOptionsSchema.safeParse({ keyFile: 'a' }).error?.issues;
    expect(issues).toMatchObject([{ path: ['keyFile'], message: expect.stringContaining('certFile') }]);
  });
});

describe('a bundle', () => {
  it('holds the certificates, and no key that stands beside them', async () => {
    const bundle = path('bundle');
    await writeBundle(
      bundle,
      {
        kind: 'some',
        host: 'https://service.test',
        targetConfig: {},
        locustfile: target.definition.locustfile,
        pythonModules: [],
        environment: [],
        payloads: undefined,
        tls: { caFile: 'other.pem', certFile: 'both.pem', keyFile: 'client.key' },
        load: (order) => resolveLoad(loadProfileSchema.parse({ users: 1, duration: '1s' }), order, 1),
      },
      { baseDirectory: directory },
    );
    const text = await readFile(join(bundle, 'target.json'), 'utf8');
    const { tls } = JSON.parse(text) as { tls: Record<string, string> };
    expect(Object.keys(tls)).toEqual(['ca', 'certificate']);
    expect(tls['certificate']!.trim()).toBe((await readFile(path('client.pem'), 'utf8')).trim());
    expect(text).not.toContain('PRIVATE KEY');
  });
});
