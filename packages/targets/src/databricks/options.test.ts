import { validate } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { databricks } from './index.js';
import { resolveToken } from './token.js';

const { definition } = databricks;
const valid = definition.example;
const parse = (options: unknown) => validate(definition.options, options, { field: 'target' });

describe('options', () => {
  it('fill in their defaults', () => {
    expect(parse(valid)).toMatchObject({
      format: 'dataframe_records',
      requestName: 'predict',
      timeout: '300s',
      expect: { status: [200] },
    });
  });

  it.each([
    ['workspaceUrl', undefined, 'missing'],
    ['workspaceUrl', 'dbc-1.cloud.databricks.com', 'must be a URL such as https://'],
    ['workspaceUrl', 'http://dbc-1.cloud.databricks.com', 'must start with https://'],
    ['workspaceUrl', 'ftp://127.0.0.1', 'must start with https://'],
    ['workspaceUrl', 'https://dbc-1.cloud.databricks.com/ml/endpoints', 'without a path'],
    ['workspaceUrl', 'https://dbc-1.cloud.databricks.com/?o=123', 'without a path'],
    ['workspaceUrl', 'https://someone:canary@dbc-1.cloud.databricks.com', 'must not hold a user name'],
    ['endpointName', '', 'must consist of letters'],
    ['endpointName', 'a/b', 'must consist of letters'],
    ['format', 'csv', 'dataframe_records'],
    ['payloads', undefined, 'missing'],
    ['payloads', { inline: [] }, 'payloads'],
    ['token', 'dapi 123', 'without spaces'],
    ['token', '', 'without spaces'],
    ['timeout', '300', 'must be a duration'],
    ['requestName', '', 'requestName'],
    ['expect', { status: [20] }, 'expect.status'],
    ['colour', 'blue', 'unknown option'],
  ])('refuse %s = %j', (field, value, explanation) => {
    const refused = expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(new RegExp(`^target\\.${field}.*`, 's')),
    });
    expect(() => parse({ ...valid, [field]: value })).toThrow(refused);
    expect(() => parse({ ...valid, [field]: value })).toThrow(explanation);
  });

  it('never repeat a token', () => {
    expect(() => parse({ ...valid, token: 'canary canary' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    );
  });

  it.each(['http://127.0.0.1:8080', 'http://localhost:8080/', 'http://[::1]:8080'])(
    'allow %s',
    (workspaceUrl) => {
      expect(definition.host(parse({ ...valid, workspaceUrl }))).toBe(workspaceUrl.replace(/\/$/, ''));
    },
  );
});

describe('targetConfig', () => {
  it('holds what the Python files read, and no token', () => {
    const options = parse({ ...valid, token: 'dapi-canary', format: 'raw', timeout: '1m30s' });
    expect(definition.targetConfig(options)).toEqual({
      endpointPath: '/serving-endpoints/house-prices/invocations',
      format: 'raw',
      timeoutSeconds: 90,
      maxAnswerBytes: 67_108_864,
      requestName: 'predict',
      expect: { status: [200] },
    });
  });
});

describe('resolveToken', () => {
  it('prefers the option to the variable', async () => {
    const environment = { DATABRICKS_TOKEN: 'from-variable' };
    expect(await resolveToken({ token: 'from-option' }, { environment })).toEqual({
      variables: { DATABRICKS_TOKEN: 'from-option' },
    });
    expect(await resolveToken({}, { environment })).toEqual({
      variables: { DATABRICKS_TOKEN: 'from-variable' },
    });
  });

  it.each([undefined, '', '\n'])('names the option and the variable when it is %j', async (value) => {
    await expect(resolveToken({}, { environment: { DATABRICKS_TOKEN: value } })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      hint: expect.stringMatching(/DATABRICKS_TOKEN.*token/),
    });
  });

  it('does not repeat a malformed value', async () => {
    await expect(
      resolveToken({}, { environment: { DATABRICKS_TOKEN: 'canary with\nbreak' } }),
    ).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.not.stringContaining('canary'),
    });
  });
});
