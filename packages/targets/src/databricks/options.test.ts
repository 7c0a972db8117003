import { validate } from '@loadwright/core/target';
import { describe, expect, it } from 'vitest';
import { databricks } from './index.js';

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
    ['baseUrl', undefined, 'missing'],
    ['baseUrl', 'dbc-1.cloud.databricks.com', 'must be a URL such as https://'],
    ['baseUrl', 'http://dbc-1.cloud.databricks.com', 'must start with https://'],
    ['baseUrl', 'ftp://127.0.0.1', 'must start with https://'],
    ['baseUrl', 'https://dbc-1.cloud.databricks.com/ml/endpoints', 'without a path'],
    ['baseUrl', 'https://dbc-1.cloud.databricks.com/?o=123', 'without a path'],
    ['baseUrl', 'https://someone:canary@dbc-1.cloud.databricks.com', 'must not hold a user name'],
    ['endpointName', undefined, 'missing'],
    ['endpointUrl', '//host/x', 'a whole URL, or a path'],
    ['endpointUrl', 'x', 'a whole URL, or a path'],
    ['goodput', { timeToFirstToken: '5' }, 'must be a duration'],
    ['endpointName', '', 'must consist of letters'],
    ['endpointName', 'a/b', 'must consist of letters'],
    ['format', 'csv', 'dataframe_records'],
    ['payloads', undefined, 'missing'],
    ['payloads', { inline: [] }, 'payloads'],
    ['token', 'dapi 123', 'without spaces'],
    ['token', '', 'without spaces'],
    ['clientSecret', 'dose 1', 'without spaces'],
    ['authentication', 'basic', 'oauth'],
    ['route', 'direct', 'workspace'],
    ['endpointUrl', 'https://4711.serving.cloud.databricks.com', 'with its path'],
    ['endpointUrl', 'http://4711.serving.cloud.databricks.com/1/x', 'must start with https://'],
    ['endpointId', 'a', 'no effect without endpointUrl'],
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

  it.each(['http://127.0.0.1:8080', 'http://localhost:8080/', 'http://[::1]:8080'])('allow %s', (baseUrl) => {
    expect(definition.host(parse({ ...valid, baseUrl }))).toBe(baseUrl.replace(/\/$/, ''));
  });
});

describe('targetConfig', () => {
  it('holds what the Python files read, and no token', () => {
    const options = parse({ ...valid, token: 'dapi-canary', format: 'raw', timeout: '1m30s' });
    expect(definition.targetConfig(options)).toEqual({
      baseUrl: 'https://dbc-a1b2c3d4-e5f6.cloud.databricks.com',
      authentication: 'token',
      lookUp: 'house-prices',
      endpointPath: '/serving-endpoints/house-prices/invocations',
      format: 'raw',
      timeoutSeconds: 90,
      maxAnswerBytes: 67_108_864,
      requestName: 'predict',
      expect: { status: [200] },
    });
  });

  const direct = 'https://1.serving.cloud.databricks.com/2/serving-endpoints/x/invocations';
  it.each([
    [{}, { lookUp: 'house-prices' }],
    [{ route: 'workspace' }, { lookUp: undefined }],
    [{ clientId: 'a' }, { authentication: 'oauth', lookUp: 'house-prices' }],
    [{ endpointUrl: direct }, { lookUp: 'house-prices', endpointPath: new URL(direct).pathname }],
    [
      { endpointUrl: direct, endpointId: 'abc' },
      { lookUp: undefined, endpointId: 'abc' },
    ],
  ])('of %j', (input, config) => {
    const options = parse({ ...valid, ...input });
    const found = definition.targetConfig(options);
    expect({ lookUp: undefined, ...found }).toMatchObject(config);
    expect(definition.host(options)).toBe('endpointUrl' in input ? new URL(direct).origin : valid.baseUrl);
  });

  it('may be any path of the workspace', () => {
    const endpointUrl = '/serving-endpoints/chat/completions?a=1';
    const options = parse({ ...valid, endpointUrl, goodput: { duration: '2s' } });
    expect(definition.targetConfig(options)).toMatchObject({
      endpointPath: endpointUrl,
      goodput: { durationSeconds: 2 },
    });
    expect(definition.targetConfig(options)).not.toHaveProperty('lookUp');
    expect(definition.host(options)).toBe(valid.baseUrl);
  });

  it('has one kind of credentials', () => {
    expect(() => parse({ ...valid, token: 'dapi1', clientId: 'a' })).toThrow('cannot be given together');
  });
});
