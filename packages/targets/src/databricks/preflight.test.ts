import { validate, type PreflightAnswer } from '@loadwright/core/target';
import { runPreflight } from '@loadwright/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { answered, answering, unanswered, type FixedAnswer } from '../../test/answered.js';
import { databricks } from './index.js';
import { preflight as interpret } from './preflight.js';
import type { DatabricksInput } from './options.js';

const { definition } = databricks;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const optionsOf = (input: object) =>
  validate(definition.options, { ...definition.example, ...input }, { field: 'target' });

/** A preflight whose request gets a fixed answer. */
function preflight(answer: FixedAnswer | PreflightAnswer, input: Partial<DatabricksInput> = {}) {
  const request = answering('status' in answer ? answered(answer) : answer);
  return interpret(optionsOf(input), { request });
}

async function startEmulator(options: object = {}) {
  const emulator = await definition.emulator!.start(
    validate(definition.emulator!.options, { serviceTime: '1ms', ...options }, { field: 'emulator' }),
  );
  stops.push(() => emulator.stop());
  return emulator;
}

describe('against the emulator', () => {
  it.each(['dataframe_records', 'dataframe_split', 'instances', 'inputs', 'raw'])('%s', async (format) => {
    const emulator = await startEmulator();
    const payloads = format === 'raw' ? { payloads: { inline: [{ inputs: [1] }] } } : {};
    const options = optionsOf({ ...emulator.targetOptions, format, ...payloads });
    const context = {
      environment: emulator.environment,
      baseDirectory: '.',
      signal: new AbortController().signal,
    };
    const report = await runPreflight(definition, options, context);
    expect(report.summary).toMatch(/^POST \/serving-endpoints\/house-prices\/invocations answered 200/);
    expect(report.latencyMilliseconds).toBeGreaterThan(0);
    expect(emulator.statistics().served).toBe(1);
  });
});

describe('against the emulator, by a service principal', () => {
  async function ask(emulatorOptions: object, input: object = {}, environment: object = {}) {
    const emulator = await startEmulator({ authentication: 'oauth', ...emulatorOptions });
    const options = optionsOf({ ...emulator.targetOptions, ...input });
    const context = {
      environment: { ...emulator.environment, ...environment },
      baseDirectory: '.',
      signal: new AbortController().signal,
    };
    return { emulator, report: runPreflight(definition, options, context) };
  }

  it('an endpoint of the workspace', async () => {
    const { emulator, report } = await ask({});
    expect((await report).summary).toMatch(
      /^POST \/serving-endpoints\/house-prices\/invocations answered 200/,
    );
    expect(emulator.statistics()).toEqual({ requests: 1, served: 1, throttled: 0, rejected: 0 });
  });

  it('a route-optimised endpoint, at its own URL', async () => {
    const { emulator, report } = await ask({ routeOptimized: true });
    expect((await report).summary).toMatch(
      /^POST \/\d+\/serving-endpoints\/house-prices\/invocations answered 200/,
    );
    expect(emulator.statistics()).toEqual({ requests: 1, served: 1, throttled: 0, rejected: 0 });
  });

  it('a wrong secret', async () => {
    const { report } = await ask({}, {}, { DATABRICKS_CLIENT_SECRET: 'canary-wrong' });
    await expect(report).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringMatching(
        /token service .*\/oidc\/v1\/token answered HTTP 401 invalid_client\..* DATABRICKS_CLIENT_SECRET/,
      ),
    });
  });

  it('a route-optimised endpoint, with a personal access token', async () => {
    const { report } = await ask({ routeOptimized: true, authentication: 'token' });
    await expect(report).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringContaining(
        'is route-optimised, and such endpoints refuse personal access tokens',
      ),
    });
  });

  it('a route-optimised endpoint, at the URL of the workspace', async () => {
    const { report } = await ask({ routeOptimized: true }, { route: 'workspace' });
    await expect(report).rejects.toMatchObject({ message: expect.stringContaining('route-optimized') });
  });
});

describe('other answers', () => {
  it.each([
    [302, {}, 'PREFLIGHT_FAILED', 'redirect'],
    [400, { error_code: 'BAD_REQUEST', message: 'no' }, 'PREFLIGHT_FAILED', 'signature of the model'],
    [401, { error_code: 401, message: 'Credential was not sent.' }, 'CREDENTIALS_INVALID', 'CAN QUERY'],
    [403, { message: 'Invalid access token' }, 'CREDENTIALS_INVALID', 'DATABRICKS_TOKEN'],
    [403, { message: 'The token has expired' }, 'CREDENTIALS_INVALID', 'new one'],
    [403, { message: 'Source IP address 10.0.0.1 is blocked' }, 'CREDENTIALS_INVALID', 'IP access list'],
    [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'x' }, 'PREFLIGHT_FAILED', '("house-prices")'],
    [413, '', 'PREFLIGHT_FAILED', '16 MB'],
    [418, '', 'PREFLIGHT_FAILED', 'expect.status'],
    [429, { message: 'Exceeded max number of parallel requests' }, 'PREFLIGHT_FAILED', 'route-optimised'],
    [429, { message: 'Exceeded provisioned concurrency' }, 'PREFLIGHT_FAILED', 'make it larger'],
    [429, 'Too Many Requests', 'PREFLIGHT_FAILED', 'limit of requests'],
    [500, '<html>', 'PREFLIGHT_FAILED', 'platform or the model'],
    [504, { message: 'timeout' }, 'PREFLIGHT_FAILED', '297 s'],
  ])('%i %j', async (status, body, code, hint) => {
    await expect(preflight({ status, body })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`answered ${status}`),
      hint: expect.stringContaining(hint),
      retryable: status === 429 || status >= 500,
    });
  });

  it.each(['<html>a login page</html>', '[1]', '{"answer":1}', '', '{"answer": NaN}'])(
    '200 with %s is not a prediction',
    async (body) => {
      await expect(preflight({ status: 200, body })).rejects.toMatchObject({
        code: 'PREFLIGHT_FAILED',
        message: expect.stringContaining('answered, but the answer'),
        hint: expect.stringContaining("format: 'raw'"),
      });
    },
  );

  it('200 with outputs is a feature that was served', async () => {
    await expect(preflight({ status: 200, body: { outputs: [{ a: 1 }] } })).resolves.toBeDefined();
  });

  it.each(['{"predictions": [NaN]}', '{"predictions": [1, -Infinity, "a \\" NaN"]}'])(
    'says that numbers are none that JSON has: %s',
    async (body) => {
      expect((await preflight({ status: 200, body })).notes).toEqual([
        expect.stringContaining('holds NaN or Infinity'),
      ]);
    },
  );

  it.each([
    [`{"predictions": [${'1,'.repeat(50)}`, true],
    [`{"other": [${'1,'.repeat(50)}`, false],
  ])('a long answer is known by its beginning', async (text, isPrediction) => {
    const whole = answered({ status: 200, body: text });
    const cut = { ...whole, answer: { ...whole.answer!, body: { bytes: 1e6, isCut: true, text } } };
    const outcome = preflight(cut).then(
      () => true,
      () => false,
    );
    expect(await outcome).toBe(isPrediction);
  });

  it("says what the load's check says", async () => {
    const failure = { kind: 'check', reason: 'check of /predictions/0: not of type string' };
    const json = { pointer: '/predictions/0', type: 'string' as const };
    const answer = { status: 200, body: { predictions: [1] }, failure };
    await expect(preflight(answer, { expect: { json } })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('/predictions/0: not of type string: {"predictions":[1]}'),
      hint: expect.stringContaining('expect'),
    });
  });

  it('a raw body may get any answer', async () => {
    await preflight({ status: 200, body: 'data: [DONE]' }, { format: 'raw' });
  });

  it('a status in expect.status is a success', async () => {
    await preflight({ status: 202, body: { predictions: [] } }, { expect: { status: [202] } });
  });

  it("a time-out beyond the service's own is noted", async () => {
    const { notes } = await preflight({ status: 200, body: { predictions: [] } }, { timeout: '10m' });
    expect(notes).toEqual([expect.stringContaining('297 s')]);
  });
});

describe('without an answer', () => {
  it.each([
    ['connect', 'connection refused', 'nothing listens', 'PREFLIGHT_FAILED'],
    ['timeout', 'time-out after 300 s', 'in time', 'PREFLIGHT_FAILED'],
    [
      'tls',
      "the server's certificate comes from an unknown authority",
      'unknown authority',
      'PREFLIGHT_FAILED',
    ],
    [
      'payload',
      'the payload cannot be sent: E',
      'be made: the payload cannot be sent: E.',
      'PAYLOADS_INVALID',
    ],
    ['setup', 'the format inputs needs JSON.', 'be made: the format inputs needs JSON.', 'PREFLIGHT_FAILED'],
  ])('%s', async (kind, reason, message, code) => {
    await expect(preflight(unanswered(kind, reason))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringMatching(kind === 'tls' ? /tls\.caFile.*SSL_CERT_FILE/ : /./),
    });
  });
});
