import { createHash } from 'node:crypto';
import { validate, type LoadCounts, type ServiceReading } from '@loadwright/core/target';
import { afterEach, describe, expect, it } from 'vitest';
import { dhtEmulator, type DhtEmulator } from '../emulator.js';
import { dht } from '../index.js';
import nodeNames from '../node-names.json' with { type: 'json' };
import type { DhtOptions } from '../options.js';
import { compareCounts } from './compare.js';
import { ringObservation } from './index.js';

let ring: DhtEmulator;
let options: DhtOptions;
afterEach(() => ring.stop());

async function start(input: object = {}, target: object = {}): Promise<void> {
  const given = validate(dhtEmulator.options, { serviceTime: '1ms', ...input }, { field: '' });
  ring = (await dhtEmulator.start(given)) as DhtEmulator;
  const all = { ...dht.definition.example, ...ring.targetOptions, ...target };
  options = validate(dht.definition.options, all, { field: '' });
}

const read = (previous?: ServiceReading) =>
  ringObservation.read(options, {
    ...{ environment: {}, baseDirectory: '/', since: 0, signal: new AbortController().signal },
    ...(previous && { previous }),
  });

/** As a worker names a node whose address it does not know; an id is longer than a name may be. */
function idName(id: string): string {
  return `id_${id.slice(0, 31)}_${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}

/** Asks at a node, and counts as a worker does. */
class Load {
  readonly counters: Record<string, number> = {};
  failed = 0;

  async ask(number: number, base = ring.url): Promise<void> {
    const answer = await fetch(`${base}/cache?url=${encodeURIComponent(`https://o.example/${number}`)}`);
    if (!answer.ok) return void (this.failed += 1);
    const isRemote = answer.headers.get('x-cache') === 'MISS-DHT';
    const word = answer.headers.get(isRemote ? 'x-cache-origin' : 'x-cache')!;
    const node = answer.headers.get(isRemote ? 'x-responsible-node' : 'x-node-id')!;
    this.add(word === 'HIT-LOCAL' ? (isRemote ? 'hit_remote' : 'hit_local') : 'miss_origin');
    this.add(`responsible_node_${isRemote ? node.replaceAll(/[.:]/g, '_') : idName(node)}`);
  }

  add(name: string, number = 1): void {
    this.counters[name] = (this.counters[name] ?? 0) + number;
  }

  counts(): LoadCounts {
    const { counters, failed } = this;
    return { counters, requests: [{ name: 'cache', sent: 0, succeeded: 0, failed }] };
  }
}

async function some(load: Load, count = 40): Promise<void> {
  for (let number = 0; number < count; number += 1) await load.ask(number % 10);
}

describe('counts', () => {
  it('of the load are those of the nodes, whatever came before', async () => {
    await start();
    await some(new Load());
    const before = await read();
    const load = new Load();
    await some(load);
    const found = ringObservation.compare!(options, { before, after: await read(before) }, load.counts());
    expect(found).toMatchObject({ differences: [], contradictions: [] });
    expect(found.counts).toHaveLength(2 + 4);
    expect(found.counts[0]).toEqual({ name: 'cache hits', load: 40, service: 40 });
    for (const { load: own, service } of found.counts) expect(own).toBe(service);
  });

  it.each(nodeNames)('of a node that calls itself %s are those of %s', (node, counter) => {
    const state = { at: 0, isUp: true, status: 'READY', restarts: 0, losses: 0, isSeveral: false, misses: 0 };
    const states = [0, 7].map((hits) => new Map([['127.0.0.1:8080', { ...state, name: node, hits }]]));
    const load = { counters: { [counter!]: 7 }, requests: [] };
    const { counts } = compareCounts(states[0]!, states[1]!, load);
    expect(counts.at(-1)).toEqual({ name: 'requests by node', part: node, load: 7, service: 7 });
  });

  it('of others are a difference with its number', async () => {
    await start();
    const before = await read();
    const load = new Load();
    await some(load);
    await some(new Load(), 7);
    const found = ringObservation.compare!(options, { before, after: await read(before) }, load.counts());
    expect(found.contradictions).toEqual([]);
    expect(found.differences).toEqual([expect.stringMatching(/looked up 7 URLs more .* no more than 0/)]);
  });

  it('that no node has made contradict', async () => {
    await start();
    const before = await read();
    const load = new Load();
    await some(load);
    load.add('hit_local', 3);
    const node = Object.keys(load.counters).find((name) => name.startsWith('responsible_'))!;
    load.add(node, 3);
    const { contradictions } = ringObservation.compare!(
      options,
      { before, after: await read(before) },
      load.counts(),
    );
    expect(contradictions).toEqual([
      expect.stringMatching(/counted 33 cache hits, and the ring itself 30/),
      expect.stringMatching(/requests by node, 10\.0\.0\.\d:4000/),
    ]);
  });

  it('are not compared as a whole where nodes are not read, and say so', async () => {
    await start();
    options = { ...options, nodes: options.nodes!.slice(0, 2) };
    const before = await read();
    const load = new Load();
    await some(load);
    const found = ringObservation.compare!(options, { before, after: await read(before) }, load.counts());
    expect(found.counts.map(({ name }) => name)).toEqual(['requests by node', 'requests by node']);
    expect(found.contradictions).toEqual([]);
    expect(found.differences).toEqual([expect.stringMatching(/of 40 answers are of nodes that were not/)]);
  });

  it('of a balancer are of several nodes, and say so', async () => {
    await start({}, { nodes: undefined });
    const before = await read();
    const after = await read(before);
    expect(after.problems).toEqual([expect.stringMatching(/leads to several nodes: name each/)]);
    const load = new Load();
    await some(load);
    const found = ringObservation.compare!(options, { before, after }, load.counts());
    expect(found.contradictions).toEqual([]);
    expect(found.differences[0]).toMatch('leads to several nodes');
  });
});

describe('nodes', () => {
  it('that leave and join are events, and their counts a gap that contradicts nothing', async () => {
    await start({ settling: '1ms' });
    const all = [...options.nodes!];
    await ring.leave(3);
    const before = await read();
    expect(before.points[0]).toMatchObject({ figure: 'nodes', value: 3 });
    expect(before.events).toEqual([]);
    const load = new Load();
    await some(load);
    await ring.leave(0);
    const after = await read(before);
    expect(after.events!.map(({ text }) => text)).toEqual([
      expect.stringMatching(
        new RegExp(`^Node 10\\.0\\.0\\.\\d:4000 \\(${all[0]}\\) left: (ECONNREFUSED|ECONNRESET)`),
      ),
    ]);
    expect(after.events!.map(({ mark }) => mark)).toEqual([
      expect.stringMatching(/^10\.0\.0\.\d:4000 left$/),
    ]);
    const found = ringObservation.compare!(options, { before, after }, load.counts());
    expect(found.contradictions).toEqual([]);
    expect(found.differences.join('\n')).toMatch('it left during the load');
  });
});
