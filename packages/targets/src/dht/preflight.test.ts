import { validate } from '@loadwright/core';
import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type EmulatedResponse,
} from '@loadwright/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { dht } from './index.js';

const { definition } = dht;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

function run(options: object, signal = new AbortController().signal) {
  const validated = validate(definition.options, { ...definition.example, ...options }, { field: 'target' });
  return definition.preflight!(validated, {
    environment: {},
    baseDirectory: '.',
    signal,
    resolvedEnvironment: { variables: {} },
    firstPayload: undefined,
  });
}

async function startEmulator(options: object = {}) {
  const emulator = await definition.emulator!.start(
    validate(definition.emulator!.options, { serviceTime: '1ms', ...options }, { field: 'emulator' }),
  );
  stops.push(() => emulator.stop());
  return emulator;
}

/** A preflight against a server with fixed answers; returns what it was asked for as well. */
async function preflightAnswered(answers: { health?: EmulatedResponse; cache?: EmulatedResponse }) {
  const asked: string[] = [];
  const server = await startLoopbackEndpoint({
    capacity: capacityOptionsSchema.parse({ serviceTime: '1ms' }),
    answer: ({ path, rawTarget }) => {
      asked.push(rawTarget);
      return (path === '/health' ? answers.health : answers.cache) ?? { status: 404 };
    },
    throttled: () => ({ status: 503 }),
  });
  stops.push(server.stop);
  return { report: await run({ baseUrl: `${server.url}/` }), asked };
}

describe('against the emulator', () => {
  it('asks for the first URL of the pool', async () => {
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
    [{ state: 'NOT_INITIALIZED' }, 'not ready (NOT_INITIALIZED)', 'READY'],
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

  it('a path that nodes do not have', async () => {
    const emulator = await startEmulator();
    await expect(run({ ...emulator.targetOptions, path: '/other' })).rejects.toMatchObject({
      message: expect.stringContaining('/other answered 404'),
      hint: expect.stringContaining('/cache'),
    });
  });

  it('a full cluster', async () => {
    const emulator = await startEmulator({ concurrency: 1, queueLimit: 0, serviceTime: '30s' });
    const stop = new AbortController();
    const first = run(emulator.targetOptions, stop.signal).catch((error: unknown) => error);
    await expect.poll(() => emulator.statistics().requests).toBe(2);
    await expect(run(emulator.targetOptions)).rejects.toMatchObject({
      message: expect.stringContaining('Koorde routing failed'),
      hint: expect.stringContaining('/health'),
    });
    stop.abort();
    expect(await first).toMatchObject({ code: 'ABORTED' });
  });
});

describe('other answers', () => {
  it.each([{ status: 404 }, { status: 200, body: 'OK' }, { status: 200, body: [] }, { status: 403 }])(
    'a load balancer that answers /health with %j is no obstacle',
    async (health) => {
      const { report, asked } = await preflightAnswered({ health, cache: { status: 204 } });
      expect(report.summary).toBe('GET /cache answered 204, X-Cache absent');
      expect(asked).toEqual(['/health', '/cache?url=https%3A%2F%2Forigin.example%2Fitem%2F0']);
    },
  );

  it.each([
    [301, 'Check baseUrl'],
    [400, 'parameter url'],
    [500, 'Read its log'],
    [504, 'load balancer gave up'],
  ])('%i', async (status, hint) => {
    await expect(preflightAnswered({ cache: { status } })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining(`/cache answered ${status}`),
      hint: expect.stringContaining(hint),
    });
  });

  it('nothing listens', async () => {
    const emulator = await startEmulator();
    await emulator.stop();
    await expect(run(emulator.targetOptions)).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('nothing listens'),
    });
  });
});
