import { describe, expect, it } from 'vitest';
import { chalice, type ChaliceInput } from './index.js';
import { chaliceOptionsSchema } from './options.js';

const { definition } = chalice;
const baseUrl = 'https://abc.execute-api.eu-west-1.amazonaws.com/api';
const options = (input: Partial<ChaliceInput> = {}) => chaliceOptionsSchema.parse({ baseUrl, ...input });

describe('options', () => {
  it('have defaults', () => {
    expect(options()).toEqual({
      baseUrl,
      route: '/evaluate',
      allowPlainHttp: false,
      method: 'POST',
      parameters: {},
      query: {},
      contentType: 'application/json',
      headers: {},
      secretHeaders: {},
      requestName: 'evaluate',
      timeout: '32s',
      maxAnswerBytes: 67_108_864,
      expect: { status: [200] },
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['baseUrl', { baseUrl: undefined }, 'https URL'],
    ['baseUrl', { baseUrl: 'abc.execute-api.eu-west-1.amazonaws.com/api' }, 'https URL'],
    ['baseUrl', { baseUrl: 'http://example.test/api' }, 'allowPlainHttp: true'],
    ['baseUrl', { baseUrl: 'https://host/api?key=1' }, 'no query'],
    ['baseUrl', { baseUrl: 'https://user:pass@host/api' }, 'user or password'],
    ['route', { route: 'evaluate' }, 'start with /'],
    ['route', { route: '/a#b' }, 'no #'],
    ['method', { method: 'get' }, 'POST'],
    ['method', { method: 'CONNECT' }, 'POST'],
    ['timeout', { timeout: 29 }, 'string'],
    ['payloads', { body: {}, payloads: 'a.jsonl' }, 'beside body'],
    ['body', { method: 'GET', body: {} }, 'method GET'],
    ['payloads', { method: 'GET', payloads: 'a.jsonl' }, 'method GET'],
    ['authentication', { authentication: 'basic' }, 'api-key'],
    ['region', { authentication: 'iam', baseUrl: 'https://api.example' }, 'does not hold it'],
    ['region', { region: 'eu-west-1' }, 'authentication iam alone'],
    ['bearerToken', { authentication: 'iam', bearerToken: 'a' }, 'authentication iam'],
    ['apiKey', { authentication: 'none', apiKey: 'key' }, 'authentication none'],
    ['bearerToken', { authentication: 'none', bearerToken: 'token' }, 'authentication none'],
    ['apiKey', { apiKey: 'a key' }, 'without spaces'],

    ...[
      'Authorization',
      'X-API-Key',
      'X-Auth-Token',
      'Cookie',
      'Ocp-Apim-Subscription-Key',
      'X-Functions-Key',
      'X-Access-Key',
      'X-Auth',
    ].map((name): [string, Record<string, unknown>, string] => [
      `headers.${name}`,
      { headers: { [name]: 'a' } },
      `secretHeaders: { "${name}"`,
    ]),
    ['secretHeaders.X-Key', { secretHeaders: { 'X-Key': 'a secret' } }, 'name of a variable'],
    [
      'secretHeaders.Authorization',
      { secretHeaders: { Authorization: 'TOKEN' }, bearerToken: 'a' },
      'by bearerToken',
    ],
    [
      'secretHeaders.X-Api-Key',
      { secretHeaders: { 'X-Api-Key': 'KEY' }, apiKey: 'a' },
      'by authentication already',
    ],
    ['headers.Content-Type', { headers: { 'Content-Type': 'a/b' } }, 'contentType'],
    ['headers.a b', { headers: { 'a b': '1' } }, 'name of an HTTP header'],
    ['headers.x', { headers: { x: 'a\nb' } }, 'printable ASCII'],
    ['body.a.$uniform', { body: { a: { $uniform: [1] } } }, '[lowest, highest]'],
    ['body.a.$uniform', { body: { a: { $uniform: [2, 1] } } }, 'lower bound first'],
    ['body.a.$integer', { body: { a: { $integer: [1, 2.5] } } }, 'whole numbers'],
    ['body.0.$choice', { body: [{ $choice: [] }] }, 'at least one'],
    ['body.$uuid', { body: { $uuid: false } }, 'must be true'],
    ['body.a.$sequence', { body: { a: { $sequence: 1.5 } } }, 'must be true'],
    ['body.a.$normal', { body: { a: { $normal: [0, -1] } } }, '0 or more'],
    ['body.a.$timestamp', { body: { a: { $timestamp: 'unix' } } }, 'iso, seconds'],
    ['body.a.$text', { body: { a: { $text: 5 } } }, '[fewest words, most words]'],
    ['body.a.$text', { body: { a: { $text: [5, 4] } } }, 'lower bound first'],
    ['body.a.$text.0', { body: { a: { $text: [0, 4] } } }, '>=1'],
    ['body.a.$text.1', { body: { a: { $text: [1, 10_001] } } }, '<=10000'],
    ['body.a.$gamma', { body: { a: { $gamma: [0, 1] } } }, '$uniform, $normal'],
    ['body.a', { body: { a: { $uuid: true, b: 1 } } }, 'no other key beside $uuid'],
    ['', { url: baseUrl }, '"url"'],
  ])('refuse %s: %j', (field, input, message) => {
    const issues = chaliceOptionsSchema.safeParse({ baseUrl, ...input }).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([field]);
    expect(issues[0]?.message).toContain(message);
  });

  it.each(['http://localhost:8000', 'http://127.0.0.1:8000/api', 'http://[::1]:8000'])('allow %s', (url) => {
    expect(options({ baseUrl: url }).baseUrl).toBe(url);
  });
});

describe('host and path', () => {
  it.each([
    [baseUrl, '/evaluate', 'https://abc.execute-api.eu-west-1.amazonaws.com', '/api/evaluate'],
    [`${baseUrl}/`, '/', 'https://abc.execute-api.eu-west-1.amazonaws.com', '/api/'],
    ['http://localhost:8000', '/evaluate?fast=1', 'http://localhost:8000', '/evaluate?fast=1'],
  ])('of %s and %s', (url, route, host, path) => {
    const parsed = options({ baseUrl: url, route });
    expect(definition.host(parsed)).toBe(host);
    expect(definition.targetConfig(parsed)).toMatchObject({ path });
  });
});

describe('target.json', () => {
  it('holds what the Python files read, and says which secrets are needed', () => {
    const body = { distance: { $uniform: [1, 6500] } };
    expect(
      definition.targetConfig(
        options({
          body,
          apiKey: 'canary',
          headers: { 'x-a': 'b' },
          secretHeaders: { 'x-functions-key': 'MY_KEY' },
        }),
      ),
    ).toEqual({
      path: '/api/evaluate',
      method: 'POST',
      contentType: 'application/json',
      body,
      headers: { 'x-a': 'b' },
      secretHeaders: { 'x-api-key': 'LOADWRIGHT_CHALICE_API_KEY', 'x-functions-key': 'MY_KEY' },
      timeoutSeconds: 32,
      maxAnswerBytes: 67_108_864,
      requestName: 'evaluate',
      expect: { status: [200] },
    });
    expect(definition.targetConfig(options({ authentication: 'bearer' }))).toMatchObject({
      secretHeaders: { Authorization: { variable: 'LOADWRIGHT_CHALICE_BEARER_TOKEN', prefix: 'Bearer ' } },
    });
  });
});

describe('credentials', () => {
  const resolve = (input: Partial<ChaliceInput>, environment: Record<string, string> = {}) =>
    definition.resolveEnvironment!(options(input), {
      environment,
      baseDirectory: '.',
      signal: new AbortController().signal,
    });

  it('come from the option before the variable', async () => {
    const environment = { LOADWRIGHT_CHALICE_API_KEY: 'variable', LOADWRIGHT_CHALICE_BEARER_TOKEN: 'token' };
    expect(await resolve({}, environment)).toEqual({ variables: {} });
    expect(await resolve({ authentication: 'api-key' }, environment)).toEqual({
      variables: { LOADWRIGHT_CHALICE_API_KEY: 'variable' },
    });
    expect(await resolve({ authentication: 'bearer', apiKey: 'option' }, environment)).toEqual({
      variables: { LOADWRIGHT_CHALICE_API_KEY: 'option', LOADWRIGHT_CHALICE_BEARER_TOKEN: 'token' },
    });
  });

  it.each([
    ['api-key' as const, {}, 'LOADWRIGHT_CHALICE_API_KEY is not set'],
    ['bearer' as const, { LOADWRIGHT_CHALICE_BEARER_TOKEN: 'canary\n' }, 'a header cannot carry'],
  ])('are refused: %s %j', async (authentication, environment, message) => {
    const error = await resolve({ authentication }, environment).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'CREDENTIALS_INVALID', message: expect.stringContaining(message) });
    expect((error as Error).message).not.toContain('canary');
  });
});
