import { describe, expect, it } from 'vitest';
import { rest, type RestInput } from './index.js';
import { restOptionsSchema } from './options.js';

const { definition } = rest;
const baseUrl = 'https://api.example/v1';
const options = (input: Partial<RestInput> = {}) => restOptionsSchema.parse({ baseUrl, ...input });
const inContext = (environment: Record<string, string> = {}) => ({
  environment,
  baseDirectory: '.',
  signal: new AbortController().signal,
});
const id = { id: { $integer: [1, 9] } };
const column = { $column: 'a' };
const clientId = 'client1';
const client = { clientId, domain: 'https://shop.auth.eu-west-1.amazoncognito.com' };
const user = { clientId, username: 'someone', region: 'eu-west-1' };

describe('options of rest', () => {
  it.each<[string, object, string]>([
    ['baseUrl', { baseUrl: 'http://load-balancer.internal' }, 'allowPlainHttp: true'],
    ['baseUrl', { baseUrl: 'none', routes: [{ name: 'a', path: '/' }] }, 'https URL'],
    ['route', { route: '/items/{id}' }, 'for which parameters has no value'],
    ['parameters.id', { parameters: id }, 'is nowhere in route'],
    ['routes.0.path', { routes: [{ name: 'a', path: '/{id}' }] }, 'parameters has no value'],
    ['routes.1.name', { routes: ['/a', '/b'].map((path) => ({ name: 'a', path })) }, 'is there twice'],
    ['routes.0.weight', { routes: [{ name: 'a', path: '/', weight: 0 }] }, '0'],
    ['routes.0.body', { routes: [{ name: 'a', path: '/', method: 'GET', body: 1 }] }, 'method GET'],
    ['body', { body: 1, routes: [{ name: 'a', path: '/' }] }, 'each of them'],
    ['method', { method: 'PUT', routes: [{ name: 'a', path: '/' }] }, 'each of them'],
    ['parameters.id', { route: '/{id}', parameters: { id: '' } }, 'must not be empty'],
    ['parameters.id', { route: '/{id}', parameters: { id: { $choice: ['a', null] } } }, 'must not be empty'],
    ['headers.X-A', { headers: { 'X-A': 'ü' } }, 'printable ASCII'],
    ['headers.x-a', { headers: { 'X-A': '1', 'x-a': '2' } }, 'is the same header as'],
    ['headers.Transfer-Encoding', { headers: { 'Transfer-Encoding': 'chunked' } }, 'with their length'],
    [
      'headers.X-Run-By',
      { headers: { 'X-Run-By': 'a' }, secretHeaders: { 'x-run-by': 'MY_VARIABLE' } },
      'by secretHeaders or authentication',
    ],
    [
      'routes.0.headers.x-run',
      { headers: { 'X-Run': 'a' }, routes: [{ name: 'a', path: '/', headers: { 'x-run': 'b' } }] },
      'of all requests: spell it like that',
    ],
    [
      'routes.0.headers.x-key',
      { secretHeaders: { 'X-Key': 'MY_KEY' }, routes: [{ name: 'a', path: '/', headers: { 'x-key': 'b' } }] },
      'give one of the two',
    ],
    ['headers.X-A', { headers: { 'X-A': ' a' } }, 'without blanks at its ends'],
    ['headers.X-A.$choice.1', { headers: { 'X-A': { $choice: ['a', 'b\r\nX-B: 1'] } } }, 'printable ASCII'],
    ['query.a', { query: { a: '\ud800' } }, 'half a character'],
    ['query.a.$choice.1', { query: { a: { $choice: ['a', '\udc00a'] } } }, 'half a character'],
    ['body.a.0', { body: { a: ['\ud83d'] } }, 'half a character'],
    ['payloads', { query: { a: column } }, '$column takes its values from them'],
    ['payloads', { method: 'GET', payloads: 'a.jsonl' }, 'no $column'],
    ['payloads', { body: 1, payloads: 'a.jsonl' }, 'beside body'],
    ['body', { body: 1, multipart: {} }, 'beside multipart'],
    ['multipart', { method: 'GET', multipart: {} }, 'method GET'],
    ['multipart.files', { multipart: { files: [] } }, '>=1'],
    ['multipart.files.0.payloads', { multipart: { files: [{ name: 'a' }] } }, 'Invalid input'],
    ['multipart.files.0.name', { multipart: { files: [{ name: '', payloads: 'a' }] } }, '>=1'],
    ['multipart.files.0.count', { multipart: { files: [{ name: 'a', payloads: 'a', count: 0 }] } }, '>=1'],
    [
      'multipart.files.0.payloads',
      { multipart: { files: [{ name: 'a', payloads: [{ source: 'a' }] }] } },
      'must be one source',
    ],
    [
      'multipart.files.0.payloads',
      { multipart: { files: [{ name: 'a', payloads: { trace: 'a', format: 'requests' } }] } },
      'must be one source',
    ],
    [
      'payloads',
      { multipart: { files: [{ name: 'a', payloads: 'a', filename: column }] } },
      '$column takes its values from them',
    ],
    ['multipart', { method: 'GET', multipart: { files: [{ name: 'a', payloads: 'a' }] } }, 'method GET'],
    ['query.a', { query: { a: { b: 1 } } }, 'must be a text, a number'],
    ['query.api_key', { query: { api_key: 'canary' } }, 'with secretHeaders'],
    ['query.a.0', { query: { a: ['https://user:canary@host/'] } }, 'no user or password'],
    ['multipart.fields.token', { multipart: { fields: { token: 'a' } } }, 'with secretHeaders'],
    ['query.a.$normal', { query: { a: { $normal: [1] } } }, 'standard deviation'],
    ['headers.a', { headers: { a: 'ü' } }, 'printable ASCII'],
    ['secretHeaders.a.prefix', { secretHeaders: { a: { variable: 'A', prefix: 'ü' } } }, 'printable ASCII'],
    ['cognito', { authentication: 'cognito' }, 'must be given with authentication cognito'],
    ['cognito', { authentication: 'none', cognito: { ...client } }, 'no effect with authentication none'],
    ['bearerToken', { bearerToken: 'a', cognito: client }, 'beside the tokens of cognito'],
    [
      'secretHeaders.authorization',
      { secretHeaders: { authorization: 'A' }, cognito: client },
      'cognito.header',
    ],
    ['headers.X-Id', { headers: { 'X-Id': 'A' }, cognito: { ...client, header: 'x-id' } }, 'cognito.header'],
    ['cognito.domain', { cognito: { clientId } }, '(neither is given)'],
    ['cognito.domain', { cognito: { ...client, username: 'a' } }, '(both are given)'],
    ['cognito.domain', { cognito: { ...client, domain: 'http://pool.example' } }, 'https URL'],
    ['cognito.tokenType', { cognito: { ...client, tokenType: 'id' } }, 'no ID token'],
    ['cognito.region', { cognito: { ...client, region: 'eu-west-1' } }, 'username alone'],
    ['cognito.region', { cognito: { clientId, username: 'a' } }, 'endpointUrl in its place'],
    ['cognito.scopes', { cognito: { ...user, scopes: ['a'] } }, 'domain alone'],
    ['cognito.clientId', { cognito: { ...user, clientId: '' } }, 'id of an app client'],
  ])('refuse %s of %j', (field, input, message) => {
    const issues = restOptionsSchema.safeParse({ baseUrl, ...input }).error?.issues ?? [];
    const all = JSON.stringify(issues);
    expect(all).toContain(message);
    expect(issues.map((issue) => issue.path.join('.'))).toContain(
      field.split('.').slice(0, issues[0]!.path.length).join('.'),
    );
  });

  it('take http to another machine when it is said', () => {
    expect(options({ baseUrl: 'http://load-balancer.internal', allowPlainHttp: true }).allowPlainHttp).toBe(
      true,
    );
  });

  it('are taken apart for the Python files', () => {
    const parsed = options({
      headers: { Accept: 'application/json' },
      secretHeaders: { Authorization: { variable: 'MY_TOKEN', prefix: 'Token ' }, 'X-Key': 'MY_KEY' },
      routes: [
        { name: 'item', weight: 3, method: 'GET', path: '/items/{id}', parameters: id, payloads: undefined },
        { name: 'find', method: 'GET', path: '/find', query: { q: column }, payloads: 'words.jsonl' },
        {
          name: 'order',
          path: '/orders',
          payloads: [{ source: 'a.jsonl', weight: 2 }, { source: 'b.jsonl' }],
        },
      ],
    });
    expect(definition.targetConfig(parsed)).toMatchObject({
      requestName: 'item',
      headers: { Accept: 'application/json' },
      secretHeaders: { Authorization: { variable: 'MY_TOKEN', prefix: 'Token ' }, 'X-Key': 'MY_KEY' },
      routes: [
        { requestName: 'item', weight: 3, path: '/v1/items/{id}', parameters: id, payloads: false },
        { requestName: 'find', usesColumns: true, sendsPayload: false, payloads: true },
        { requestName: 'order', method: 'POST', payloads: true },
      ],
    });
    expect(definition.payloads!(parsed)).toEqual([
      { source: 'words.jsonl', weight: 1, of: 'find' },
      { source: 'a.jsonl', weight: 2, of: 'order' },
      { source: 'b.jsonl', weight: 1, of: 'order' },
    ]);
    expect(definition.environment!(parsed).map(({ name, secret }) => [name, secret])).toEqual([
      ['MY_TOKEN', true],
      ['MY_KEY', true],
    ]);
  });
});

describe('credentials of rest', () => {
  it('come from any variable for any header', async () => {
    const parsed = options({ secretHeaders: { Authorization: { variable: 'MY_TOKEN', prefix: '' } } });
    const found = await definition.resolveEnvironment!(parsed, inContext({ MY_TOKEN: 'canary' }));
    expect(found).toEqual({ variables: { MY_TOKEN: 'canary' } });
    await expect(definition.resolveEnvironment!(parsed, inContext())).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: 'MY_TOKEN is not set.',
    });
  });

  it('come from the variable of the bearer token', async () => {
    const found = await definition.resolveEnvironment!(
      options({ authentication: 'bearer' }),
      inContext({ LOADWRIGHT_REST_BEARER_TOKEN: 'canary' }),
    );
    expect(found).toEqual({ variables: { LOADWRIGHT_REST_BEARER_TOKEN: 'canary' } });
  });

  it('of a user pool are secrets, and what is no secret is for the Python files', async () => {
    const secrets = {
      LOADWRIGHT_COGNITO_PASSWORD: 'canary pass',
      LOADWRIGHT_COGNITO_CLIENT_SECRET: 'canary-secret',
    };
    const asUser = options({ cognito: user });
    const asClient = options({ cognito: { ...client, scopes: ['a/read'] } });
    expect(
      definition.environment!(asUser).map(({ name, secret, required }) => [name, secret, required]),
    ).toEqual([
      ['LOADWRIGHT_COGNITO_PASSWORD', true, true],
      ['LOADWRIGHT_COGNITO_CLIENT_SECRET', true, false],
    ]);
    const resolve = (parsed: typeof asUser, environment: Record<string, string>) =>
      definition.resolveEnvironment!(parsed, inContext(environment));
    expect(await resolve(asUser, secrets)).toEqual({ variables: secrets });
    const { LOADWRIGHT_COGNITO_PASSWORD } = secrets;
    expect(await resolve(asUser, { LOADWRIGHT_COGNITO_PASSWORD })).toEqual({
      variables: { LOADWRIGHT_COGNITO_PASSWORD },
    });
    expect(await resolve(asClient, secrets)).toEqual({
      variables: { LOADWRIGHT_COGNITO_CLIENT_SECRET: 'canary-secret' },
    });
    await expect(resolve(asUser, {})).rejects.toMatchObject({
      hint: 'Set the variable LOADWRIGHT_COGNITO_PASSWORD, which the option cognito needs.',
    });
    const common = { clientId, header: 'Authorization', prefix: 'Bearer ' };
    expect(definition.targetConfig(asUser)).toMatchObject({
      cognitoUrl: 'https://cognito-idp.eu-west-1.amazonaws.com',
      cognito: { ...common, username: 'someone', tokenType: 'access' },
    });
    expect(definition.targetConfig(asClient)).toMatchObject({
      cognitoUrl: client.domain,
      cognito: { ...common, scopes: ['a/read'], tokenType: 'access' },
    });
  });
});
