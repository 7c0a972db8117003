import { request as sendRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { capacityOptionsSchema, capacityRequestsPerSecond, SlotQueue } from './capacity.js';
import {
  startLoopbackEndpoint,
  type EmulatedRequest,
  type LoopbackEndpoint,
  type LoopbackEndpointOptions,
} from './loopback-endpoint.js';

const running: LoopbackEndpoint[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((endpoint) => endpoint.stop()));
});

async function start(
  capacity: Record<string, unknown> = {},
  handlers: Partial<LoopbackEndpointOptions> = {},
): Promise<LoopbackEndpoint> {
  const endpoint = await startLoopbackEndpoint({
    capacity: capacityOptionsSchema.parse({ serviceTime: '1ms', ...capacity }),
    answer: () => ({ status: 200, body: { ok: true } }),
    throttled: () => ({ status: 429, body: 'full' }),
    ...handlers,
  });
  running.push(endpoint);
  return endpoint;
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}

describe('startLoopbackEndpoint', () => {
  it('hands over the request as it was sent', async () => {
    const seen: EmulatedRequest[] = [];
    const endpoint = await start(
      {},
      { answer: (request) => (seen.push(request), { status: 201, body: 'é' }) },
    );
    const response = await fetch(`${endpoint.url}/a%20b/c?x=1&x=2%26`, {
      method: 'PUT',
      headers: { 'X-Canary': 'yes' },
      body: new Uint8Array([0, 255]),
    });
    expect([response.status, await response.text()]).toEqual([201, 'é']);
    const [request] = seen;
    expect(request).toMatchObject({ method: 'PUT', path: '/a%20b/c', rawTarget: '/a%20b/c?x=1&x=2%26' });
    expect(request?.query.getAll('x')).toEqual(['1', '2&']);
    expect(request?.headers['x-canary']).toBe('yes');
    expect([...(request?.body ?? [])]).toEqual([0, 255]);
  });

  it('answers at once, without a word, when it is late itself', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error) => void warnings.push(warning);
    process.on('warning', hear);
    const endpoint = await start({}, { admit: (now) => now - 30 });
    expect(await statusOf(endpoint.url)).toBe(200);
    process.off('warning', hear);
    expect(warnings).toEqual([]);
  });

  it('sends objects as JSON and bytes as they are', async () => {
    const endpoint = await start(
      {},
      {
        answer: ({ path }) =>
          path === '/json'
            ? { status: 200, body: { a: [1] } }
            : { status: 200, headers: { 'content-type': 'image/png' }, body: Buffer.from([1, 2, 3]) },
      },
    );
    const json = await fetch(`${endpoint.url}/json`);
    expect([json.headers.get('content-type'), await json.json()]).toEqual(['application/json', { a: [1] }]);
    const bytes = await fetch(`${endpoint.url}/bytes`);
    expect(bytes.headers.get('content-type')).toBe('image/png');
    expect([...new Uint8Array(await bytes.arrayBuffer())]).toEqual([1, 2, 3]);
  });

  it('sends a stream chunk by chunk, and asks for the next one when it was written', async () => {
    let next = () => {};
    const asked: string[] = [];
    async function* chunks() {
      for (const chunk of ['a', 'b']) {
        asked.push(chunk);
        yield chunk;
        await new Promise<void>((resolve) => (next = resolve));
      }
    }
    const endpoint = await start({}, { answer: () => ({ status: 200, chunks: chunks() }) });
    const reader = (await fetch(endpoint.url)).body!.getReader();
    for (const chunk of ['a', 'b']) {
      expect(Buffer.from((await reader.read()).value!).toString()).toBe(chunk);
      expect(asked.at(-1)).toBe(chunk);
      next();
    }
    expect((await reader.read()).done).toBe(true);
  });

  it('answers what is refused at once, without a slot, and counts everything', async () => {
    const endpoint = await start(
      { concurrency: 1, queueLimit: 0, serviceTime: '300ms' },
      {
        check: ({ path }) =>
          path === '/no' ? { status: 403 } : path === '/health' ? { status: 200 } : undefined,
      },
    );
    const slow = statusOf(endpoint.url);
    // The slot is taken once the server has counted the request.
    while (endpoint.statistics().requests === 0) await new Promise(setImmediate);
    expect(await Promise.all(['/no', '/health', '/'].map((path) => statusOf(endpoint.url + path)))).toEqual([
      403, 200, 429,
    ]);
    expect(await slow).toBe(200);
    expect(endpoint.statistics()).toEqual({ requests: 4, served: 1, throttled: 1, rejected: 1 });
  });

  it('serves its capacity: concurrency ÷ service time', async () => {
    const options = { concurrency: 8, serviceTime: '80ms', distribution: 'exponential', queueLimit: 200 };
    const endpoint = await start(options);
    const requests = Array.from({ length: 150 });
    const started = performance.now();
    // What others take of the machine's time is not the endpoint's.
    let held = 0;
    let last = started;
    const look = setInterval(() => {
      const now = performance.now();
      held += Math.max(0, now - last - 10);
      last = now;
    }, 10);
    await Promise.all(requests.map(() => statusOf(endpoint.url)));
    clearInterval(look);
    const elapsed = performance.now() - started;

    // The same draws, all arriving at once: that long the slots need, and not one after the other.
    const queue = new SlotQueue(capacityOptionsSchema.parse(options));
    const needed = Math.max(...requests.map(() => queue.admit(0) ?? NaN));
    expect(elapsed).toBeGreaterThanOrEqual(needed);
    expect(elapsed).toBeLessThan(needed * 3 + held);
    expect(needed).toBeLessThan(
      (requests.length / capacityRequestsPerSecond(capacityOptionsSchema.parse(options))) * 1300,
    );
  });

  it('never answers before the service time has passed', async () => {
    const endpoint = await start({ serviceTime: '50ms' });
    const started = performance.now();
    await statusOf(endpoint.url);
    expect(performance.now() - started).toBeGreaterThanOrEqual(50);
  });

  it('answers 500 when the emulator itself fails', async () => {
    const endpoint = await start(
      {},
      {
        answer: () => {
          throw new Error('defect');
        },
      },
    );
    const response = await fetch(endpoint.url);
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('defect')]);
  });

  it('says that a port is taken', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`port: cannot listen on 127.0.0.1:${port}`),
      hint: expect.stringContaining('choose another port'),
    });
  });

  it('stops twice, and with connections open and requests waiting', async () => {
    const endpoint = await start({ concurrency: 1, serviceTime: '60s' });
    const idle = connect(endpoint.port, '127.0.0.1');
    const idleClosed = new Promise((resolve) => idle.once('close', resolve));
    const waiting = new Promise((resolve) => sendRequest(endpoint.url).once('error', resolve).end());
    while (endpoint.statistics().requests === 0) await new Promise(setImmediate);
    await Promise.all([endpoint.stop(), endpoint.stop()]);
    await endpoint.stop();
    expect(await waiting).toMatchObject({ code: 'ECONNRESET' });
    await idleClosed;
    await expect(fetch(endpoint.url)).rejects.toThrow();
  });
});
