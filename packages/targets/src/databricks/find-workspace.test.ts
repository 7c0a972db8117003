import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTest } from '@loadwright/core';
import { jsonSchemaOf } from '@loadwright/core/command';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findWorkspace } from './find-workspace.js';
import { databricks } from './index.js';

const a = 'https://dbc-a.cloud.databricks.com';
const b = 'https://dbc-b.cloud.databricks.com';

let home: string;
let file: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'loadwright-workspace-'));
  file = join(home, '.databrickscfg');
  write('DEFAULT');
});
afterEach(() => rmSync(home, { recursive: true }));

function write(first: string): void {
  writeFileSync(
    file,
    `[${first}]
host = dbc-a.cloud.databricks.com
token = canary-default
[b]
host = ${b}/
token = canary-b
[bare]
host = ${b}
[empty]
token = canary-empty
[path]
host = https://canary:canary@dbc-b.cloud.databricks.com
`,
  );
}

const find = (options: Record<string, unknown>, environment: Record<string, string> = {}) =>
  findWorkspace(options, { environment: { HOME: home, ...environment } })['baseUrl'];
const ofProfile = (name: string, value: string) => ({ value, origin: `profile "${name}" of ${file}` });
const token = { DATABRICKS_TOKEN: 'canary-token' };

describe('the workspace is', () => {
  it.each([
    ['written: nothing is looked for', { baseUrl: a, profile: 'none' }, { DATABRICKS_HOST: b }, undefined],
    [
      'that of DATABRICKS_HOST, before profiles',
      { profile: 'b' },
      { DATABRICKS_HOST: a, DATABRICKS_CONFIG_PROFILE: 'b' },
      { value: a, origin: 'environment DATABRICKS_HOST' },
    ],
    [
      'that of DATABRICKS_HOST, without scheme, with a slash',
      {},
      { ...token, DATABRICKS_HOST: ' dbc-b.cloud.databricks.com/ ' },
      { value: b, origin: 'environment DATABRICKS_HOST' },
    ],
    ['that of the option profile', { profile: 'b' }, { ...token, DATABRICKS_CONFIG_PROFILE: 'none' }, 'b'],
    ['that of DATABRICKS_CONFIG_PROFILE', {}, { DATABRICKS_CONFIG_PROFILE: 'b' }, 'b'],
    [
      'that of a profile with no credentials beside those of a variable',
      {},
      { ...token, DATABRICKS_CONFIG_PROFILE: 'bare' },
      'bare',
    ],
    ['that of the profile DEFAULT', {}, {}, 'DEFAULT'],
    ['not that of DEFAULT beside a token that is not of it', {}, token, undefined],
    ['not that of DEFAULT beside credentials in options', { clientId: 'x' }, {}, undefined],
    ['nowhere', {}, { HOME: '/nowhere' }, undefined],
  ])('%s', (_, options, environment, expected) => {
    const urls: Record<string, string> = { DEFAULT: a, b, bare: b };
    expect(find(options, environment as Record<string, string>)).toEqual(
      typeof expected === 'string' ? ofProfile(expected, urls[expected]!) : expected,
    );
  });

  it('that of the profile which the settings of the file name as the default', () => {
    write('work');
    expect(find({})).toBeUndefined();
    writeFileSync(file, `[__settings__]\ndefault_profile = work\n${readFileSync(file, 'utf8')}`);
    expect(find({})).toEqual(ofProfile('work', a));
  });

  it.each([
    ['a profile that is not there', { profile: 'none' }, {}, /"none" of .* does not exist/],
    ['a profile without a host', {}, { DATABRICKS_CONFIG_PROFILE: 'empty' }, /"empty" of .* has no host/],
    [
      'credentials in a variable beside those of the profile',
      {},
      { ...token, DATABRICKS_CONFIG_PROFILE: 'b' },
      /names the workspace dbc-b\..* DATABRICKS_TOKEN is set, too/,
    ],
    [
      'a variable with a path',
      {},
      { DATABRICKS_HOST: `${a}/ml` },
      /from environment DATABRICKS_HOST: .*path/,
    ],
    ['a variable that is no URL', {}, { DATABRICKS_HOST: 'http://' }, /must be a URL/],
    ['a host without TLS', {}, { DATABRICKS_HOST: 'http://dbc-a.net' }, /must start with https/],
    ['a login in the host', { profile: 'path' }, {}, /from profile "path" of .* user name/],
  ])('refused: %s', (_, options, environment, message) => {
    const refused = { message: expect.stringMatching(message), hint: expect.any(String) };
    expect(() => find(options, environment as Record<string, string>)).toThrow(
      expect.objectContaining(refused),
    );
    expect(() => find(options, environment as Record<string, string>)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    );
  });
});

describe('a load test without baseUrl', () => {
  const { baseUrl: _, ...example } = databricks.definition.example;
  const testOf = (options: object, environment: Record<string, string>) =>
    createLoadTest({
      target: databricks({ ...example, ...options }),
      load: { users: 1, duration: '1s' },
      environment: { HOME: '/nowhere', ...environment },
    });

  it('has the workspace in its bundle, which needs no variable, and no secret', async () => {
    const test = testOf({ profile: 'b' }, { HOME: home });
    expect(test.host).toBe(b);
    expect(test.configuration).toMatchObject({ target: { baseUrl: b } });
    const { directory } = await test.bundle({ directory: join(home, 'bundle') });
    const written = readFileSync(join(directory, 'target.json'), 'utf8');
    expect(JSON.parse(written)).toMatchObject({ host: b, config: { baseUrl: b } });
    expect(written).not.toContain('canary');
  });

  it('says where the workspace may be named when nothing names it', () => {
    expect(() => testOf({}, {})).toThrow(/^target\.baseUrl: missing; .*DATABRICKS_HOST.*databrickscfg/);
    expect(() => testOf({ profile: 'none' }, { HOME: home })).toThrow('"none"');
  });

  it('is valid for an editor', () => {
    const { required } = jsonSchemaOf(databricks.definition.options) as { required: string[] };
    expect(required).not.toContain('baseUrl');
    expect(required).toContain('endpointName');
  });
});
