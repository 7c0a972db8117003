import { validate, type PayloadRecord } from '@loadwright/core';
import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type EmulatedResponse,
} from '@loadwright/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { databricks } from './index.js';

const { definition } = databricks;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** A preflight with the token `dapi-canary`, against a server that gives one fixed answer. */
async function preflightAnswered(answer: EmulatedResponse, options: object = {}) {
  const server = await startLoopbackEndpoint({
    capacity: capacityOptionsSchema.parse({ serviceTime: '1ms' }),
    answer: () => answer,
    throttled: () => answer,
  });
  stops.push(server.stop);
  return run({ workspaceUrl: server.url, ...options }, 'dapi-canary');
}

function run(
  options: object,
  token: string,
  {
    firstPayload = { json: { a: 1 } },
    signal = new AbortController().signal,
  }: { firstPayload?: PayloadRecord; signal?: AbortSignal } = {},
) {
  return definition.preflight!(
    validate(definition.options, { ...definition.example, ...options }, { field: 'target' }),
    {
      environment: {},
      baseDirectory: '.',
      signal,
      resolvedEnvironment: { variables: { DATABRICKS_TOKEN: token } },
      firstPayload,
    },
  );
}

async function startEmulator(options: object = {}) {
  const emulator = await definition.emulator!.start(
    validate(definition.emulator!.options, { serviceTime: '1ms', ...options }, { field: 'emulator' }),
  );
  stops.push(() => emulator.stop());
  return { emulator, token: emulator.environment.DATABRICKS_TOKEN! };
}

describe('against the emulator', () => {
  it('succeeds in every format', async () => {
    const { emulator, token } = await startEmulator();
    for (const format of ['dataframe_records', 'dataframe_split', 'instances', 'inputs']) {
      const report = await run({ ...emulator.targetOptions, format }, token);
      expect(report.summary).toMatch(/^POST \/serving-endpoints\/house-prices\/invocations answered 200/);
      expect(report.latencyMilliseconds).toBeGreaterThan(0);
    }
    const raw = { firstPayload: { json: { inputs: [1] } } };
    await run({ ...emulator.targetOptions, format: 'raw' }, token, raw);
    expect(emulator.statistics().served).toBe(5);
  });

  it('a wrong token', async () => {
    const { emulator } = await startEmulator();
    await expect(run(emulator.targetOptions, 'dapi-canary')).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringMatching(/answered 403: Invalid access token/),
      hint: expect.stringContaining('DATABRICKS_TOKEN'),
    });
  });

  it('an expired token', async () => {
    const { emulator, token } = await startEmulator({ tokenLifetime: '1ms' });
    const failure = () => run(emulator.targetOptions, token).catch((error: unknown) => error);
    await expect
      .poll(failure)
      .toMatchObject({ code: 'CREDENTIALS_INVALID', hint: expect.stringContaining('new one') });
  });

  it('an endpoint that does not exist', async () => {
    const { emulator, token } = await startEmulator();
    await expect(run({ ...emulator.targetOptions, endpointName: 'other' }, token)).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('RESOURCE_DOES_NOT_EXIST'),
      hint: expect.stringContaining('endpointName ("other")'),
    });
  });

  it('a body that the model does not accept', async () => {
    const { emulator, token } = await startEmulator();
    const wrong = { firstPayload: { json: { dataframe_split: { columns: ['a'] } } } };
    await expect(run(emulator.targetOptions, token, wrong)).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('400: BAD_REQUEST'),
      hint: expect.stringContaining('signature of the model'),
    });
  });

  it.each([
    ['endpoint', 'make it larger'],
    ['workspace', 'route-optimised'],
  ])('a full %s', async (throttledBy, hint) => {
    const { emulator, token } = await startEmulator({
      concurrency: 1,
      queueLimit: 0,
      serviceTime: '30s',
      throttledBy,
    });
    const stop = new AbortController();
    const first = run(emulator.targetOptions, token, { signal: stop.signal }).catch(
      (error: unknown) => error,
    );
    await expect.poll(() => emulator.statistics().requests).toBe(1);
    await expect(run(emulator.targetOptions, token)).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('429'),
      hint: expect.stringContaining(hint),
      retryable: true,
    });
    stop.abort();
    expect(await first).toMatchObject({ code: 'ABORTED' });
  });
});

describe('other answers', () => {
  it.each([
    [302, {}, 'PREFLIGHT_FAILED', 'redirect'],
    [401, { error_code: 401, message: 'Credential was not sent.' }, 'CREDENTIALS_INVALID', 'CAN QUERY'],
    [403, { message: 'Source IP address 10.0.0.1 is blocked' }, 'CREDENTIALS_INVALID', 'IP access list'],
    [413, '', 'PREFLIGHT_FAILED', '16 MB'],
    [418, '', 'PREFLIGHT_FAILED', 'expect.status'],
    [429, 'Too Many Requests', 'PREFLIGHT_FAILED', 'limit of requests'],
    [500, '<html>', 'PREFLIGHT_FAILED', 'platform or the model'],
    [504, { message: 'timeout' }, 'PREFLIGHT_FAILED', '297 s'],
  ])('%i %j', async (status, body, code, hint) => {
    await expect(preflightAnswered({ status, body })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`answered ${status}`),
      hint: expect.stringContaining(hint),
    });
  });

  it.each(['<html>a login page</html>', '[1]', '{"answer":1}', ''])(
    '200 with %s is not a prediction',
    async (body) => {
      await expect(preflightAnswered({ status: 200, body })).rejects.toMatchObject({
        code: 'PREFLIGHT_FAILED',
        message: expect.stringContaining('answered, but the answer'),
        hint: expect.stringContaining("format: 'raw'"),
      });
    },
  );

  it('200 with outputs is a feature that was served', async () => {
    await expect(preflightAnswered({ status: 200, body: { outputs: [{ a: 1 }] } })).resolves.toBeDefined();
  });

  it('an answer that expect.json does not allow', async () => {
    const answer = { status: 200, body: { predictions: [1] } };
    const json = { pointer: '/predictions/0', type: 'string' };
    await expect(preflightAnswered(answer, { expect: { json } })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('/predictions/0 is not of type string: {"predictions":[1]}'),
      hint: expect.stringContaining('expect.json'),
    });
  });

  it('a raw body may get any answer', async () => {
    await preflightAnswered({ status: 200, body: 'data: [DONE]' }, { format: 'raw' });
  });

  it('a status in expect.status is a success', async () => {
    await preflightAnswered({ status: 202, body: { predictions: [] } }, { expect: { status: [202] } });
  });

  it('never repeats the token', async () => {
    const echo = { status: 400, body: { message: 'Authorization: Bearer dapi-canary' } };
    await expect(preflightAnswered(echo)).rejects.toMatchObject({
      message: expect.not.stringContaining('canary'),
    });
  });
});

describe('without an answer', () => {
  it('nothing listens', async () => {
    const { emulator, token } = await startEmulator();
    await emulator.stop();
    await expect(run(emulator.targetOptions, token)).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('nothing listens'),
    });
  });

  it('the time limit passes', async () => {
    const { emulator, token } = await startEmulator({ serviceTime: '30s' });
    await expect(run({ ...emulator.targetOptions, timeout: '50ms' }, token)).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('in time'),
    });
  });
});
