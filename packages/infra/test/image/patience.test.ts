import { describe, expect, it } from 'vitest';
import type { ImageProgress } from '../../src/image/index.js';
import { putBase, type RegistryTraits } from './small-registry.js';
import { withRegistries } from './with-registries.js';

const world = withRegistries();
const { registry, push } = world;

/** Answers the first calls with "too many", or with trouble of its own. */
function busy(times: number, retryAfter: string, status = 429): RegistryTraits {
  let left = times;
  return {
    instead: (_, response) => {
      if (left-- <= 0) return false;
      response.writeHead(status, { 'retry-after': retryAfter }).end();
      return true;
    },
  };
}

describe('pushImage, when a registry', () => {
  it.each(['0', new Date(0).toUTCString()])(
    'limits the rate, retries after the time it asks for: %s',
    async (when) => {
      const [source, target] = [await registry(busy(3, when)), await registry()];
      putBase(source, 'locustio/locust');
      const told: ImageProgress[] = [];
      await push(target, source, { onProgress: (progress) => void told.push(progress) });
      expect(told.filter(({ step }) => step === 'pause')).toEqual(
        [1, 2, 3].map(() => ({ step: 'pause', message: expect.stringContaining('waiting 0 s') })),
      );
    },
  );

  it.each([500, 502, 503, 504])('answers %i for a while, goes on', async (status) => {
    const [source, target] = [await registry(), await registry(busy(3, '0', status))];
    putBase(source, 'locustio/locust');
    const told: ImageProgress[] = [];
    await push(target, source, { onProgress: (progress) => void told.push(progress) });
    expect(told.filter(({ step }) => step === 'pause')).toEqual(
      [1, 2, 3].map(() => ({
        step: 'pause',
        message: expect.stringMatching(new RegExp(`answered with status ${status}: waiting 0 s`)),
      })),
    );
  });

  it('limits the rate for ever, gives up', async () => {
    const source = await registry(busy(100, '0'));
    await expect(push(source, source)).rejects.toMatchObject({
      message: expect.stringContaining('with status 429'),
      retryable: true,
    });
    expect(source.calls).toHaveLength(4);
  });

  it('asks for a long pause, fails at once', async () => {
    const source = await registry(busy(1, '3600'));
    await expect(push(source, source)).rejects.toMatchObject({
      message: expect.stringContaining('asks to retry after 3600 s'),
      hint: expect.stringContaining('docker login'),
    });
  });

  it.each(['GET', 'PUT'])('does not answer a %s, fails in time', async (method) => {
    const target = await registry({
      instead: (request) => request.method === method && (request.resume(), true),
    });
    const source = await registry();
    putBase(source, 'locustio/locust');
    const base = method === 'GET' ? target : source;
    await expect(push(target, base, { patience: { silence: 100, call: 60_000 } })).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringContaining('did not answer in time: no data was transferred for'),
    });
  });

  it('answers byte by byte for ever, fails in time', async () => {
    const source = await registry({
      instead: (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
        return true;
      },
    });
    await expect(push(source, source, { patience: { silence: 60_000, call: 200 } })).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringContaining('the call took more than'),
    });
  });

  it.each([
    [404, 'aws ecr create-repository'],
    [405, 'a registry that accepts pushes'],
    [413, 'client_max_body_size'],
    [503, 'Try again'],
  ])('answers %i, names the next step', async (status, hint) => {
    const target = await registry({
      instead: ({ method }, response) =>
        method === 'POST' && !!response.writeHead(status, { 'retry-after': '0' }).end('<html>'),
    });
    const source = await registry();
    putBase(source, 'locustio/locust');
    await expect(push(target, source)).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringContaining(`with status ${status}`),
      hint: expect.stringContaining(hint),
    });
  });

  it('is a web server, says so', async () => {
    const source = await registry({ instead: (_, response) => !!response.writeHead(200).end('<html>') });
    await expect(push(source, source)).rejects.toMatchObject({
      message: expect.stringContaining('is not JSON'),
      hint: expect.stringContaining('Check that the address belongs to a registry'),
    });
  });

  it('is not running, names its address', async () => {
    const source = await registry();
    await expect(push(source, source, { to: '127.0.0.1:1/a', base: '127.0.0.1:1/b' })).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringContaining('Could not reach the registry at http://127.0.0.1:1'),
    });
  });

  it('is receiving a blob, stops at once when the user stops', async () => {
    const stop = new AbortController();
    const target = await registry({
      instead: ({ method }) => {
        if (method !== 'PUT') return false;
        stop.abort();
        return true;
      },
    });
    const source = await registry();
    putBase(source, 'locustio/locust');
    await expect(push(target, source, { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
