import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveCredentials } from './token.js';

const baseUrl = 'https://dbc-1.cloud.databricks.com';
const client = { DATABRICKS_CLIENT_ID: 'id', DATABRICKS_CLIENT_SECRET: 'secret' };
const token = { DATABRICKS_TOKEN: 'dapi1' };

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'loadwright-databrickscfg-'));
  writeFileSync(
    join(home, '.databrickscfg'),
    `; as databricks configure writes it
[DEFAULT]
host  = ${baseUrl}/
token = dapi-default

[service]
host          = dbc-1.cloud.databricks.com
client_id     = profile-id
client_secret = profile-secret
[other]
host = https://dbc-2.cloud.databricks.com
token = dapi-other
[person]
host = ${baseUrl}
auth_type = databricks-cli
`,
  );
});
afterEach(() => rmSync(home, { recursive: true }));

const resolve = (
  options: Partial<Parameters<typeof resolveCredentials>[0]>,
  environment: Record<string, string | undefined> = {},
) => resolveCredentials({ baseUrl, ...options }, { environment: { HOME: '/nowhere', ...environment } });

describe('credentials of', () => {
  it.each([
    ['the option token', { token: 'a' }, { ...token, ...client }, { DATABRICKS_TOKEN: 'a' }],
    [
      'the options of a client',
      { clientId: 'a', clientSecret: 'b' },
      token,
      { DATABRICKS_CLIENT_ID: 'a', DATABRICKS_CLIENT_SECRET: 'b' },
    ],
    [
      'a client whose secret is in the variable',
      { clientId: 'a' },
      client,
      { ...client, DATABRICKS_CLIENT_ID: 'a' },
    ],
    ['the token in the variable', {}, token, token],
    ['the client in the variables', {}, client, client],
    ['both, of which one is chosen', { authentication: 'oauth' as const }, { ...token, ...client }, client],
    [
      'both, of which the other is chosen',
      { authentication: 'token' as const },
      { ...token, ...client },
      token,
    ],
    [
      'the variables of this workspace',
      {},
      { ...token, DATABRICKS_HOST: 'dbc-1.cloud.databricks.com' },
      token,
    ],
  ])('%s', async (_, options, environment, variables) => {
    expect(await resolve(options, environment)).toEqual({ variables });
  });

  it.each([
    ['the profile that the option names, before the variables', { profile: 'service' }, token, 'profile-id'],
    ['the profile that the variable names', {}, { DATABRICKS_CONFIG_PROFILE: 'service' }, 'profile-id'],
    ['the variables, before that', {}, { ...client, DATABRICKS_CONFIG_PROFILE: 'service' }, 'id'],
    ['the profile DEFAULT', {}, {}, 'dapi-default'],
  ])('%s', async (_, options, environment, first) => {
    const { variables } = await resolve(options, { ...environment, HOME: home });
    expect(Object.values(variables)[0]).toBe(first);
  });

  it('a profile in another file', async () => {
    const environment = { DATABRICKS_CONFIG_FILE: join(home, '.databrickscfg') };
    expect((await resolve({ profile: 'service' }, environment)).variables).toMatchObject({
      DATABRICKS_CLIENT_SECRET: 'profile-secret',
    });
  });
});

describe('no credentials', () => {
  it.each([
    ['none at all', {}, {}, /DATABRICKS_CLIENT_ID.*DATABRICKS_TOKEN.*CAN QUERY/],
    ['half of a client', {}, { DATABRICKS_CLIENT_ID: 'a' }, /DATABRICKS_CLIENT_SECRET/],
    ['no token', { authentication: 'token' as const }, client, /^Set the variable DATABRICKS_TOKEN/],
    ['no client', { authentication: 'oauth' as const }, token, /DATABRICKS_CLIENT_SECRET/],
    ['two kinds', {}, { ...token, ...client }, /authentication: 'token' or 'oauth'/],
    ['of another workspace', {}, { ...token, DATABRICKS_HOST: 'https://dbc-2.net' }, /unset DATABRICKS_HOST/],
    ['a line break', {}, { DATABRICKS_TOKEN: 'canary\nb' }, /without quotation marks/],
    ['no such profile', { profile: 'none' }, {}, /databricks configure/],
    ['a profile of another workspace', { profile: 'other' }, {}, /baseUrl/],
    [
      'a profile of another workspace than that of the variable',
      { profile: 'other' },
      { DATABRICKS_HOST: baseUrl },
      /DATABRICKS_HOST comes before/,
    ],
    ['a profile of a person', { profile: 'person' }, {}, /client_id and client_secret/],
  ])('%s', async (_, options, environment, hint) => {
    const HOME = 'profile' in options ? home : '/nowhere';
    await expect(resolve(options, { ...environment, HOME })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      hint: expect.stringMatching(hint),
      message: expect.not.stringContaining('canary'),
    });
  });
});
