import { validate, type PreflightAnswer } from '@loadwright/core/target';
import { runPreflight } from '@loadwright/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { answered, answering, unanswered, type FixedAnswer } from '../../test/answered.js';
import { dht } from './index.js';
import { dhtPreflight } from './preflight.js';

const { definition } = dht;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const optionsOf = (input: object) =>
  validate(definition.options, { ...definition.example, ...input }, { field: 'target' });

/** A preflight against the emulator, by the load's own client. */
async function run(options: object, signal = new AbortController().signal) {
  return runPreflight(definition, optionsOf(options), { environment: {}, baseDirectory: '.', signal });
}

async function startEmulator(options: object = {}) {
  const emulator = await definition.emulator!.start(
    validate(definition.emulator!.options, { serviceTime: '1ms', ...options }, { field: 'emulator' }),
  );
  stops.push(() => emulator.stop());
  return emulator;
}

/** A preflight whose two requests get fixed answers. */
function preflight(health: FixedAnswer, cache: FixedAnswer = { status: 404 }) {
  const url = 'http://cache.example/cache?url=https%3A%2F%2Forigin.example%2Fitem%2F7';
  const request = answering(answered(health), answered({ ...cache, sent: { url, text: '' } }));
  return dhtPreflight(optionsOf({}), { request });
}

describe('against the emulator', () => {
  it('asks for a URL of the pool', async () => {
    const emulator = await startEmulator();
    const report = await run(emulator.targetOptions);
    expect(report.summary).toMatch(/^GET \/cache answered 200, X-Cache MISS-(ORIGIN|DHT)$/);
    expect(report.latencyMilliseconds).toBeGreaterThan(0);
    expect(emulator.statistics()).toEqual({ requests: 2, served: 1, throttled: 0, rejected: 0 });
  });

  it.each([
    [
      { state: 'DEBRUIJN_NOT_READY' },
      '/health answered 503: the cluster is not ready (DEBRUIJN_NOT_READY)',
      'stabilise',
    ],
    [{ originFails: true }, '/cache answered 502', 'origin'],
  ])('%j', async (options, message, hint) => {
    const emulator = await startEmulator(options);
    await expect(run(emulator.targetOptions)).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
      retryable: true,
    });
  });

  it('the cluster runs another protocol', async () => {
    const emulator = await startEmulator({ protocol: 'chord' });
    await expect(run({ ...emulator.targetOptions, protocol: 'koorde' })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringMatching(/^protocol: found "koorde".*runs "chord"/),
    });
  });

  it('ends when it is told to', async () => {
    const emulator = await startEmulator({ serviceTime: '30s' });
    const stop = new AbortController();
    const running = run(emulator.targetOptions, stop.signal).catch((error: unknown) => error);
    await expect.poll(() => emulator.statistics().requests, { timeout: 120_000 }).toBe(2);
    stop.abort();
    expect(await running).toMatchObject({ code: 'ABORTED' });
  });
});

describe('other answers', () => {
  it.each([{ status: 404 }, { status: 200, body: 'OK' }, { status: 200, body: [] }, { status: 403 }])(
    'a load balancer that answers /health with %j is no obstacle',
    async (health) => {
      const report = await preflight(health, { status: 204 });
      expect(report.summary).toBe('GET /cache answered 204, X-Cache absent');
    },
  );

  it('a node that is not initialised', async () => {
    const body = { healthy: false, status: 'NOT_INITIALIZED' };
    await expect(preflight({ status: 503, body })).rejects.toMatchObject({
      message: expect.stringContaining('not ready (NOT_INITIALIZED)'),
      hint: expect.stringContaining('READY'),
    });
  });

  it.each([
    [301, 'Check baseUrl'],
    [400, 'parameter url'],
    [404, '/cache'],
    [500, 'Read its log'],
    [502, 'https://origin.example/item/7'],
    [503, '/health'],
    [504, 'load balancer gave up'],
  ])('%i', async (status, hint) => {
    await expect(preflight({ status: 200 }, { status, body: 'no route' })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining(
        `/cache answered ${status} for https://origin.example/item/7: no route`,
      ),
      hint: expect.stringContaining(hint),
      retryable: status >= 500,
    });
  });

  it('nothing listens', async () => {
    const request = answering(unanswered('connect', 'connection refused') satisfies PreflightAnswer);
    await expect(dhtPreflight(optionsOf({}), { request })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('nothing listens'),
    });
  });
});
