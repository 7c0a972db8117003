import { validate, type Emulator } from '@loadwright/core/target';
import { afterEach, describe, expect, it } from 'vitest';
import { databricksEmulator, type DatabricksEmulator } from './emulator.js';

let emulator: Emulator;

async function start(options: object = {}): Promise<void> {
  emulator = await databricksEmulator.start(
    validate(databricksEmulator.options, { serviceTime: '1ms', ...options }, { field: 'emulator' }),
  );
}

afterEach(() => emulator.stop());

interface Call {
  path?: string;
  method?: string;
  token?: string | null;
  body?: string;
  contentType?: string;
}

async function call({
  path = '/serving-endpoints/house-prices/invocations',
  method = 'POST',
  token = emulator.environment.DATABRICKS_TOKEN,
  body = '{"inputs":[1]}',
  contentType = 'application/json',
}: Call = {}) {
  const response = await fetch(emulator.url + path, {
    method,
    headers: {
      ...(contentType && { 'content-type': contentType }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(method === 'POST' && { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

describe('predictions', () => {
  it.each([
    [
      {
        dataframe_records: [
          { a: 1, b: 2 },
          { a: 3, b: 4 },
        ],
      },
      [3, 7],
    ],
    [
      {
        dataframe_split: {
          columns: ['a', 'b'],
          data: [
            [1, 2],
            [3, 4],
          ],
        },
      },
      [3, 7],
    ],
    [{ dataframe_split: { index: [0], columns: ['a'], data: [[5]] } }, [5]],
    [
      {
        instances: [
          [1, 2],
          [3, 4],
        ],
      },
      [3, 7],
    ],
    [{ instances: [{ a: 1, b: 'text' }] }, [1]],
    [{ inputs: { a: [1, 2], b: [3, 4] } }, [4, 6]],
    [
      {
        inputs: [
          [1, 2],
          [3, 4],
        ],
      },
      [3, 7],
    ],
    [{ inputs: 7 }, [7]],
    [{ dataframe_records: [] }, []],
    [{ dataframe_records: [{ a: 1 }], params: { quick: true } }, [1]],
  ])('%j', async (body, predictions) => {
    await start();
    expect(await call({ body: JSON.stringify(body) })).toEqual({ status: 200, body: { predictions } });
    expect(await call({ path: '/invocations', token: null, body: JSON.stringify(body) })).toEqual({
      status: 200,
      body: { predictions },
    });
  });
});

describe('refused with 400 BAD_REQUEST', () => {
  it.each([
    ['{"inputs":', 'valid JSON'],
    ['', 'valid JSON'],
    ['[1]', 'Received a list'],
    ['7', 'unexpected input type'],
    ['{}', 'exactly one of the input fields'],
    ['{"instances":[1],"inputs":[1]}', 'exactly one of the input fields'],
    ['{"dataframe_records":{"a":1}}', 'must be a list of records. Got dictionary'],
    ['{"dataframe_split":[[1]]}', 'must be a dictionary. Got list'],
    ['{"dataframe_split":{"columns":["a"]}}', "must have 'data' field"],
    ['{"dataframe_split":{"data":[[1]],"rows":1}}', "must have 'data' field"],
    ['{"dataframe_split":{"columns":["a"],"data":[[1,2]]}}', '1 columns passed, passed data had 2 columns'],
    ['{"dataframe_split":{"columns":["a"],"data":7}}', 'not a valid dataframe'],
    ['{"instances":[{"a":1,"b":2},{"a":1}]}', 'are not the same'],
  ])('%s', async (body, message) => {
    await start();
    expect(await call({ body })).toEqual({
      status: 400,
      body: { error_code: 'BAD_REQUEST', message: expect.stringContaining(message) },
    });
  });
});

describe('refused before the body is read', () => {
  const invalidToken = { error_code: 403, message: 'Invalid access token.' };
  it.each<[string, Call, number, unknown]>([
    ['no token', { token: null }, 401, expect.objectContaining({ error_code: 401 })],
    ['a wrong token', { token: 'dapi0' }, 403, invalidToken],
    ['a wrong token on a wrong path', { token: 'dapi0', path: '/nowhere' }, 403, invalidToken],
    [
      'another endpoint',
      { path: '/serving-endpoints/other/invocations' },
      404,
      expect.objectContaining({ error_code: 'RESOURCE_DOES_NOT_EXIST' }),
    ],
    [
      'another path',
      { path: '/nowhere' },
      404,
      expect.objectContaining({ error_code: 'ENDPOINT_NOT_FOUND' }),
    ],
    ['another method', { method: 'GET' }, 404, expect.objectContaining({ error_code: 'ENDPOINT_NOT_FOUND' })],
    ['another type', { contentType: 'text/csv' }, 415, expect.stringContaining('text/csv')],
    [
      'another charset',
      { contentType: 'application/json; charset=latin1' },
      415,
      expect.stringContaining('UTF-8'),
    ],
  ])('%s', async (_, request, status, body) => {
    await start();
    expect(await call(request)).toEqual({ status, body });
    expect(emulator.statistics()).toEqual({ requests: 1, served: 0, throttled: 0, rejected: 1 });
  });

  it('a body above the limit', async () => {
    await start({ bodyLimitBytes: 20 });
    expect((await call({ body: '{"inputs":[1,2,3,4,5]}' })).status).toBe(413);
    expect((await call({ body: '{"inputs":[1,2,3,4]}' })).status).toBe(200);
  });

  it('an expired token', async () => {
    await start({ tokenLifetime: '1ms' });
    await expect
      .poll(() => call())
      .toMatchObject({ status: 403, body: { message: expect.stringContaining('expired') } });
  });
});

describe('capacity', () => {
  it.each([
    ['endpoint', 'provisioned concurrency'],
    ['workspace', 'parallel requests'],
  ])('beyond it the limit of the %s answers 429', async (throttledBy, message) => {
    await start({ concurrency: 1, queueLimit: 0, serviceTime: '200ms', throttledBy });
    const answers = await Promise.all([call(), call()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 429]);
    expect(answers.find(({ status }) => status === 429)?.body.message).toContain(message);
    expect(emulator.statistics()).toMatchObject({ served: 1, throttled: 1 });
  });

  it('may say when to come again', async () => {
    await start({ concurrency: 1, queueLimit: 0, serviceTime: '200ms', retryAfterSeconds: 7 });
    const url = `${emulator.url}/invocations`;
    const init = { method: 'POST', body: '{"inputs":[1]}', headers: { 'content-type': 'application/json' } };
    const answers = await Promise.all([fetch(url, init), fetch(url, init)]);
    expect(answers.map(({ headers }) => headers.get('retry-after')).sort()).toEqual(['7', null]);
  });
});

it('answers health checks without a token', async () => {
  await start();
  expect((await call({ method: 'GET', path: '/ping', token: null })).status).toBe(200);
});

it('accepts requests with a charset', async () => {
  await start();
  expect((await call({ contentType: 'application/json; charset=UTF-8' })).status).toBe(200);
});

describe('chats, completions and embeddings', () => {
  const messages = [{ role: 'user', content: 'Say it twice' }];
  const chat = { tokens: 4, tokensPerChunk: 3, firstToken: '5ms', gap: '5ms' };

  it.each([
    [{ messages }, { choices: [{ message: { content: 'token token token token ' } }] }],
    [{ prompt: 'a' }, { choices: [{ text: 'token token token token ' }] }],
    [{ input: ['a'] }, { object: 'list', data: [{ embedding: [0.25, -0.5, 0.125] }] }],
  ])('%j', async (body, answer) => {
    await start({ chat });
    const paths = ['/serving-endpoints/house-prices/invocations', '/serving-endpoints/chat/completions'];
    for (const path of paths) {
      const { status, body: found } = await call({
        path,
        body: JSON.stringify({ model: 'house-prices', ...body }),
      });
      expect(status).toBe(200);
      expect(found).toMatchObject({ ...answer, usage: { prompt_tokens: expect.any(Number) } });
    }
    const other = JSON.stringify({ model: 'other', ...body });
    expect((await call({ path: paths[1]!, body: other })).status).toBe(404);
  });

  it('streams events with a role first, and usage and the mark of the end last', async () => {
    await start({ chat });
    const { body } = await call({ body: JSON.stringify({ messages, stream: true }) });
    const events = String(body)
      .split('\n\n')
      .filter((text) => text.startsWith('data: '))
      .map((text) => text.slice('data: '.length));
    expect(events.pop()).toBe('[DONE]');
    const documents = events.map((text) => JSON.parse(text) as { choices: object[]; usage?: object });
    expect(documents.map(({ choices: [choice] }) => choice ?? null)).toMatchObject([
      { delta: { role: 'assistant', content: '' } },
      { delta: { content: 'token token token ' } },
      { delta: { content: 'token ' } },
      { delta: {}, finish_reason: 'stop' },
      null,
    ]);
    expect(documents.at(-1)!.usage).toMatchObject({ completion_tokens: 4 });
    const { streams } = emulator as DatabricksEmulator;
    expect(streams()).toEqual([
      {
        outputTokens: 4,
        firstByte: expect.any(Number),
        firstToken: expect.any(Number),
        gaps: [expect.any(Number)],
        duration: expect.any(Number),
      },
    ]);
    expect(streams()[0]!.firstToken).toBeGreaterThanOrEqual(4);
  });
});
