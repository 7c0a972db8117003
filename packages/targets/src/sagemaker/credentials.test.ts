import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { resolveSagemakerEnvironment } from './credentials.js';
import { sagemakerOptionsSchema } from './options.js';

const folder = mkdtempSync(join(tmpdir(), 'loadwright-credentials-'));
const files = {
  AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
  AWS_CONFIG_FILE: join(folder, 'config'),
};

beforeAll(() => {
  // No test may reach the metadata service, or see credentials of the machine.
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
  const process = join(folder, 'process.mjs');
  const expiry = '2037-01-02T03:04:05Z';
  writeFileSync(
    process,
    `console.log(JSON.stringify({ Version: 1, AccessKeyId: 'PROCESS', SecretAccessKey: 'p', SessionToken: 't', Expiration: '${expiry}' }))`,
  );
  writeFileSync(
    files.AWS_SHARED_CREDENTIALS_FILE,
    '[work]\naws_access_key_id = WORK\naws_secret_access_key = w\naws_session_token = wt\n',
  );
  writeFileSync(files.AWS_CONFIG_FILE, `[profile temporary]\ncredential_process = node ${process}\n`);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const resolve = (input: object, environment: Record<string, string>, signal = new AbortController().signal) =>
  resolveSagemakerEnvironment(
    sagemakerOptionsSchema.parse({ endpointName: 'a', region: 'eu-west-1', payloads: 'a.jsonl', ...input }),
    { environment: { ...files, ...environment }, baseDirectory: folder, signal },
  );

const variables = { AWS_ACCESS_KEY_ID: 'VARIABLE', AWS_SECRET_ACCESS_KEY: 'v' };

describe('credentials', () => {
  it('of the option come first', async () => {
    const credentials = { accessKeyId: 'OPTION', secretAccessKey: 'o', sessionToken: 'ot' };
    expect(await resolve({ credentials }, variables)).toEqual({
      variables: { AWS_ACCESS_KEY_ID: 'OPTION', AWS_SECRET_ACCESS_KEY: 'o', AWS_SESSION_TOKEN: 'ot' },
    });
  });

  it('of the variables come with their token and expiry', async () => {
    expect(await resolve({}, variables)).toEqual({ variables });
    const expiry = { AWS_SESSION_TOKEN: 'vt', AWS_CREDENTIAL_EXPIRATION: '2037-01-02T03:04:05Z' };
    expect(await resolve({}, { ...variables, ...expiry, AWS_PROFILE: '' })).toEqual({
      variables: { ...variables, AWS_SESSION_TOKEN: 'vt' },
      expiresAt: new Date('2037-01-02T03:04:05Z'),
    });
  });

  it.each([
    [{ profile: 'work' }, {}],
    [{}, { AWS_PROFILE: 'work' }],
    [{ profile: 'work' }, { AWS_PROFILE: 'other' }],
  ])('of a profile come before variables: %j %j', async (input, environment) => {
    expect(await resolve(input, { ...variables, ...environment })).toEqual({
      variables: { AWS_ACCESS_KEY_ID: 'WORK', AWS_SECRET_ACCESS_KEY: 'w', AWS_SESSION_TOKEN: 'wt' },
    });
  });

  it('that expire say when', async () => {
    expect(await resolve({ profile: 'temporary' }, {})).toEqual({
      variables: { AWS_ACCESS_KEY_ID: 'PROCESS', AWS_SECRET_ACCESS_KEY: 'p', AWS_SESSION_TOKEN: 't' },
      expiresAt: new Date('2037-01-02T03:04:05Z'),
      serve: expect.any(Function) as unknown,
    });
  });

  it.each<[object, Record<string, string>, RegExp]>([
    [{}, {}, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY not set/],
    [{}, { AWS_ACCESS_KEY_ID: 'a' }, /: AWS_SECRET_ACCESS_KEY not set/],
    [{ profile: 'absent' }, variables, /profile "absent" gives no credentials/],
  ])('that are missing: %j %j', async (input, environment, message) => {
    await expect(resolve(input, environment)).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('option profile or the variable AWS_PROFILE'),
    });
  });

  it('are not waited for after a stop', async () => {
    await expect(resolve({ profile: 'work' }, {}, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});
