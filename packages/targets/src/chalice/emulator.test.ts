import type { Emulator } from '@loadwright/core/target';
import { afterEach, describe, expect, it } from 'vitest';
import { chaliceEmulator } from './emulator.js';

let emulator: Emulator;
afterEach(() => emulator.stop());

async function start(options: object = {}): Promise<void> {
  const schema = chaliceEmulator.options['~standard'];
  const result = await schema.validate({ authentication: 'none', serviceTime: '1ms', ...options });
  if (result.issues) throw new Error(JSON.stringify(result.issues));
  emulator = await chaliceEmulator.start(result.value);
}

interface Call {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

async function call({
  path = '/api/evaluate',
  method = 'POST',
  headers = { 'content-type': 'application/json' },
  body = '{"distance":100}',
}: Call = {}) {
  const response = await fetch(emulator.url + path, {
    method,
    headers,
    body: method === 'GET' ? null : body,
  });
  return {
    status: response.status,
    type: response.headers.get('x-amzn-errortype'),
    body: (await response.json()) as unknown,
  };
}

const json = { 'content-type': 'application/json' };

describe('the emulated service', () => {
  it('has a cost that is linear in the distance', async () => {
    await start();
    const costOf = async (distance: number) =>
      ((await call({ body: JSON.stringify({ distance }) })).body as { cost: number }).cost;
    const [one, two, three] = [await costOf(1), await costOf(2), await costOf(3)];
    expect(two - one).toBeCloseTo(three - two);
    expect(two).toBeGreaterThan(one);
    expect(emulator.targetOptions).toEqual({
      baseUrl: `${emulator.url}/api`,
      secretHeaders: {},
      authentication: 'none',
    });
  });

  it.each(['/api', '/api/'])('greets at %s', async (path) => {
    await start();
    expect(await call({ method: 'GET', path })).toMatchObject({
      status: 200,
      body: { message: expect.any(String) },
    });
    expect(emulator.statistics()).toEqual({ requests: 1, served: 0, throttled: 0, rejected: 0 });
  });

  it.each<[string, Call, number, string]>([
    ['an empty body', { body: '' }, 400, 'BadRequestError'],
    ['no JSON', { body: '{' }, 400, 'BadRequestError'],
    ['null', { body: 'null' }, 400, 'BadRequestError'],
    ['text for a number', { body: '{"distance":"1"}' }, 400, 'BadRequestError'],
    ['no distance', { body: '{"distance":0}' }, 400, 'BadRequestError'],
    ['another type', { headers: { 'content-type': 'text/csv' } }, 415, 'UnsupportedMediaType'],
    // Bytes, for fetch gives text a type of its own.
    ['no type', { headers: {}, body: new Uint8Array([123, 125]) }, 500, 'InternalServerError'],
  ])('refuses %s', async (_, options, status, Code) => {
    await start();
    expect(await call(options)).toMatchObject({ status, body: { Code, Message: expect.any(String) } });
    expect(emulator.statistics()).toMatchObject({ served: 0, rejected: 1 });
  });

  it.each<[string, Call]>([
    ['no stage', { path: '/evaluate' }],
    ['another stage', { path: '/apiv2/evaluate' }],
    ['another route', { path: '/api/other' }],
    ['another method', { method: 'PUT' }],
  ])('has no route for %s, as API Gateway says it', async (_, options) => {
    await start();
    expect(await call(options)).toEqual({
      status: 403,
      type: 'MissingAuthenticationTokenException',
      body: { message: 'Missing Authentication Token' },
    });
  });

  it('wants its API key', async () => {
    await start({ authentication: 'api-key', stage: 'production' });
    const path = '/production/evaluate';
    const forbidden = { status: 403, type: 'ForbiddenException', body: { message: 'Forbidden' } };
    expect(await call({ path })).toEqual(forbidden);
    expect(await call({ path, headers: { ...json, 'x-api-key': 'wrong' } })).toEqual(forbidden);
    const key = emulator.environment['LOADWRIGHT_CHALICE_API_KEY']!;
    expect(await call({ path, headers: { ...json, 'x-api-key': key } })).toMatchObject({ status: 200 });
  });

  it('wants its bearer token', async () => {
    await start({ authentication: 'bearer' });
    const unauthorized = { status: 401, type: 'UnauthorizedException', body: { message: 'Unauthorized' } };
    expect(await call()).toEqual(unauthorized);
    expect(await call({ headers: { ...json, authorization: 'Bearer wrong' } })).toEqual(unauthorized);
    const token = emulator.environment['LOADWRIGHT_CHALICE_BEARER_TOKEN']!;
    expect(await call({ headers: { ...json, authorization: `Bearer ${token}` } })).toMatchObject({
      status: 200,
    });
  });

  it('throttles as API Gateway does', async () => {
    await start({ concurrency: 1, queueLimit: 0, serviceTime: '500ms' });
    const answers = await Promise.all([call(), call()]);
    expect(answers.find(({ status }) => status !== 200)).toEqual({
      status: 429,
      type: 'TooManyRequestsException',
      body: { message: 'Too Many Requests' },
    });
  });
});
