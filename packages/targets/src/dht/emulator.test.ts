import { validate, type Emulator } from '@loadwright/core/target';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dhtEmulator, type DhtEmulator } from './emulator.js';
import { originOptionsSchema, startOrigin, type Origin } from './origin.js';

let emulator: Emulator | undefined;

async function start(options: object = {}): Promise<Emulator> {
  emulator = await dhtEmulator.start(
    validate(dhtEmulator.options, { serviceTime: '1ms', ...options }, { field: 'emulator' }),
  );
  return emulator;
}

afterEach(async () => {
  await emulator?.stop();
  emulator = undefined;
});

const item = (number: number) => `/cache?url=${encodeURIComponent(`https://origin.example/item/${number}`)}`;
const get = (path: string) => fetch(emulator!.url + path);
const outcome = ({ headers }: Response) => [headers.get('x-cache'), headers.get('x-cache-origin')].join(' ');

describe('GET /cache', () => {
  it('shares the URLs among the nodes, and a hit in the ring is mostly remote', async () => {
    await start({ nodes: 4, objectBytes: 10 });
    const counts: Record<string, number> = {};
    for (let round = 0; round < 5; round += 1) {
      for (let number = 0; number < 20; number += 1) {
        const response = await get(item(number));
        expect(response.status).toBe(200);
        expect(await response.text()).toBe('xxxxxxxxxx');
        counts[outcome(response)] = (counts[outcome(response)] ?? 0) + 1;
      }
    }
    // Every URL is fetched once; a quarter of the requests enter at the responsible node.
    const fetched = (counts['MISS-ORIGIN '] ?? 0) + (counts['MISS-DHT MISS-ORIGIN'] ?? 0);
    expect(fetched).toBe(20);
    expect(counts['MISS-DHT HIT-LOCAL']).toBeGreaterThan(counts['HIT-LOCAL ']!);
  });

  it('takes the nodes in turn', async () => {
    await start({ nodes: 3 });
    const entries = [];
    for (let request = 0; request < 3; request += 1) {
      const { headers } = await get(item(1));
      entries.push(headers.get('x-entry-node') ?? 'responsible');
    }
    expect(new Set(entries).size).toBe(3);
  });

  it('says how long it took, in milliseconds', async () => {
    await start({ serviceTime: '20ms' });
    expect(Number((await get(item(1))).headers.get('x-latency-ms'))).toBeGreaterThanOrEqual(19);
  });

  it.each([
    ['/cache', {}, 400, "missing 'url' query parameter"],
    ['/cache?url=', {}, 400, "missing 'url' query parameter"],
    ['/other', {}, 404, '404 page not found'],
    [item(1), { originFails: true }, 502, 'failed to fetch from origin'],
    [item(1), { state: 'NOT_INITIALIZED' }, 500, 'node not initialized'],
    [item(1), { state: 'DEBRUIJN_NOT_READY' }, 503, 'Koorde routing failed'],
    [item(1), { protocol: 'chord', state: 'NOT_INITIALIZED' }, 500, 'node not initialized'],
  ])('%s with %j is %i', async (path, options, status, message) => {
    await start(options);
    const response = await get(path);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(message);
  });

  it('beyond its capacity routing fails', async () => {
    await start({ protocol: 'chord', concurrency: 1, queueLimit: 0, serviceTime: '200ms' });
    const answers = await Promise.all([get(item(1)), get(item(2))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 503]);
    const refused = answers.find(({ status }) => status === 503)!;
    expect(await refused.text()).toBe('Chord routing failed: no responsible node available for key\n');
    expect(emulator!.statistics()).toMatchObject({ served: 1, throttled: 1 });
  });
});

describe('GET /health', () => {
  it.each([
    [
      'koorde',
      'READY',
      200,
      { protocol: 'koorde', successor_count: 3, de_bruijn_count: 4, de_bruijn_ready: true },
    ],
    [
      'chord',
      'READY',
      200,
      { protocol: 'chord', successor_count: 3, de_bruijn_count: 0, de_bruijn_ready: true },
    ],
    ['koorde', 'DEBRUIJN_NOT_READY', 503, { de_bruijn_count: 0, de_bruijn_ready: false }],
    ['koorde', 'NOT_INITIALIZED', 503, { successor_ready: false, successor_count: 0 }],
  ])('%s %s', async (protocol, state, status, details) => {
    await start({ protocol, state });
    const response = await get('/health');
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      healthy: status === 200,
      status: state,
      node_id: expect.stringMatching(/^0x[0-9a-f]{40}$/),
      details,
    });
  });
});

describe('GET /metrics', () => {
  it('tells about one node', async () => {
    await start({ nodes: 1, cacheBytes: 1024, hotMisses: 1 });
    for (const number of [1, 1, 2, 1]) await get(item(number));
    expect(await (await get('/metrics')).json()).toEqual({
      node: { id: expect.stringMatching(/^0x/), addr: '10.0.0.0:4000' },
      cache: expect.objectContaining({
        hits: 1,
        misses: 3,
        evictions: 2,
        entry_count: 1,
        capacity_bytes: 1024,
      }),
      hotspots: { count: 1, urls: ['https://origin.example/item/1'] },
      routing: {
        successor_count: 0,
        debruijn_count: 1,
        has_predecessor: false,
        stats: { protocol: 'koorde' },
      },
    });
  });
});

describe('a port for each node', () => {
  it('answers of that node alone, and is closed when the node is killed', async () => {
    const ring = (await start({ nodes: 3 })) as DhtEmulator;
    const { nodes } = ring.targetOptions as { nodes: string[] };
    const asked = await Promise.all(nodes.map((node) => fetch(`http://${node}/metrics`)));
    const told = (await Promise.all(asked.map((answer) => answer.json()))) as { node: { addr: string } }[];
    expect(new Set(told.map(({ node }) => node.addr)).size).toBe(3);
    // What an observer asks of a node is no load.
    expect(ring.statistics().requests).toBe(0);
    await fetch(`http://${nodes[1]}${item(1)}`);
    expect(ring.statistics()).toMatchObject({ requests: 1, served: 1 });
    await ring.leave(1);
    await expect(fetch(`http://${nodes[1]}/health`)).rejects.toThrow();
    const joined = await ring.join();
    expect((await fetch(`http://${joined}/health`)).status).toBe(200);
    expect(
      ring
        .counts()
        .nodes.map(({ entered }) => entered)
        .toSorted(),
    ).toEqual([0, 0, 0, 1]);
  });
});

describe('a node that is to join', () => {
  it('has its address from the start, and answers there when it has joined', async () => {
    const ring = (await start({ nodes: 2, joinAfter: '10m' })) as DhtEmulator;
    const { nodes } = ring.targetOptions as { nodes: string[] };
    expect(nodes).toHaveLength(3);
    await expect(fetch(`http://${nodes[2]}/health`)).rejects.toThrow();
    expect(await ring.join()).toBe(nodes[2]);
    expect((await fetch(`http://${nodes[2]}/health`)).status).toBe(200);
    // A further one has no place of its own.
    expect(nodes).not.toContain(await ring.join());
  });

  it('joins by itself, and its address is free again when the ring has ended', async () => {
    const ring = (await start({ nodes: 1, joinAfter: '20ms' })) as DhtEmulator;
    const [, awaited] = ring.targetOptions['nodes'] as string[];
    await vi.waitFor(async () => expect((await fetch(`http://${awaited}/health`)).status).toBe(200));
    await ring.stop();
    const other = await startOrigin(
      validate(originOptionsSchema, { port: Number(awaited!.split(':')[1]) }, { field: 'origin' }),
    );
    await other.stop();
  });
});

describe('an origin of its own', () => {
  let origin: Origin;
  beforeEach(async () => {
    origin = await startOrigin(validate(originOptionsSchema, {}, { field: 'origin' }));
  });
  afterEach(() => origin.stop());
  const cached = (url: string) => get(`/cache?url=${encodeURIComponent(url)}`);

  it('is asked once for each URL that is not in the ring', async () => {
    await start({ nodes: 3, fetches: true });
    for (let round = 0; round < 4; round += 1)
      for (let number = 0; number < 15; number += 1)
        expect((await cached(`${origin.url}/item/${number}`)).status).toBe(200);
    expect(origin.counts()).toEqual({ requests: 15, objects: 15 });
  });

  it('is asked again where it failed, and nobody else ever', async () => {
    await start({ nodes: 1, fetches: true });
    const url = `${origin.url}/item/1`;
    await origin.stop();
    for (const failing of [url, url, 'http://origin.example/item/1', 'no URL']) {
      const answer = await cached(failing);
      expect({ status: answer.status, text: await answer.text() }).toMatchObject({
        status: 502,
        text: expect.stringContaining('failed to fetch from origin'),
      });
    }
    expect((await (await get('/metrics')).json()) as object).toMatchObject({
      cache: { hits: 0, entry_count: 0 },
    });
  });
});

it('refuses a state that the protocol does not have', () => {
  const options = { protocol: 'chord', state: 'DEBRUIJN_NOT_READY' };
  expect(() => validate(dhtEmulator.options, options, { field: 'emulator' })).toThrow('koorde only');
});
