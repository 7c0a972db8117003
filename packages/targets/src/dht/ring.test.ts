import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Ring, type RingNode, type RingOptions } from './ring.js';

const roomy: RingOptions = {
  protocol: 'chord',
  nodes: 4,
  cacheBytes: 1_000_000,
  objectBytes: 100,
  hotMisses: 2,
  originFails: false,
  reencodes: false,
};
const url = 'https://origin.example/item/1';
const other = (ring: Ring, node: RingNode) => ring.nodes.find((candidate) => candidate !== node)!;

describe('consistent hashing', () => {
  it('gives every URL one node, whatever node is asked', () => {
    const [first, second] = [new Ring(roomy), new Ring(roomy)];
    for (let i = 0; i < 50; i += 1) {
      const item = `https://origin.example/item/${i}`;
      expect(first.responsibleFor(item).address).toBe(second.responsibleFor(item).address);
    }
  });

  it('moves only the URLs between a new node and its predecessor', () => {
    const items = Array.from({ length: 500 }, (_, i) => `https://origin.example/item/${i}`);
    const [before, after] = [new Ring({ ...roomy, nodes: 7 }), new Ring({ ...roomy, nodes: 8 })];
    const known = new Set(before.nodes.map(({ address }) => address));
    const moved = items.filter(
      (item) => before.responsibleFor(item).address !== after.responsibleFor(item).address,
    );
    expect(moved.length).toBeGreaterThan(0);
    expect(moved.every((item) => !known.has(after.responsibleFor(item).address))).toBe(true);
  });
});

describe('headers', () => {
  it('at the responsible node: first MISS-ORIGIN, then HIT-LOCAL', () => {
    const ring = new Ring(roomy);
    const owner = ring.responsibleFor(url);
    expect(ring.lookUp(url, owner).headers).toEqual({
      'X-Cache': 'MISS-ORIGIN',
      'X-Node-ID': `0x${owner.id}`,
    });
    expect(ring.lookUp(url, owner).headers).toEqual({ 'X-Cache': 'HIT-LOCAL', 'X-Node-ID': `0x${owner.id}` });
  });

  it('at another node: MISS-DHT, and what the responsible node said', () => {
    const ring = new Ring(roomy);
    const owner = ring.responsibleFor(url);
    const entry = other(ring, owner);
    const expected = {
      'X-Cache': 'MISS-DHT',
      'X-Responsible-Node': owner.address,
      'X-Entry-Node': entry.address,
    };
    expect(ring.lookUp(url, entry).headers).toEqual({ ...expected, 'X-Cache-Origin': 'MISS-ORIGIN' });
    expect(ring.lookUp(url, entry).headers).toEqual({ ...expected, 'X-Cache-Origin': 'HIT-LOCAL' });
  });

  it('a hot URL is asked of another node', () => {
    const ring = new Ring({ ...roomy, cacheBytes: 0 });
    const owner = ring.responsibleFor(url);
    const outcomes = Array.from({ length: 4 }, () => ring.lookUp(url, owner).headers['X-Cache']);
    expect(outcomes).toEqual(['MISS-ORIGIN', 'MISS-ORIGIN', 'MISS-HOT', 'MISS-HOT']);
    expect(ring.hotUrls(owner)).toEqual([url]);
    expect(ring.lookUp(url, other(ring, owner)).headers).toMatchObject({
      'X-Cache': 'MISS-DHT',
      'X-Cache-Origin': 'MISS-HOT',
    });
  });

  it('a single node has nobody to ask', () => {
    const ring = new Ring({ ...roomy, nodes: 1, cacheBytes: 0 });
    const outcomes = Array.from({ length: 4 }, () => ring.lookUp(url, ring.nodes[0]!).headers['X-Cache']);
    expect(new Set(outcomes)).toEqual(new Set(['MISS-ORIGIN']));
  });
});

describe('the cache of a node', () => {
  it('drops what was not used for longest', () => {
    const ring = new Ring({ ...roomy, nodes: 1, cacheBytes: 250 });
    const [node] = ring.nodes;
    const outcomes = ['a', 'b', 'a', 'c', 'a', 'b'].map(
      (item) => ring.lookUp(item, node!).headers['X-Cache'],
    );
    expect(outcomes).toEqual([
      'MISS-ORIGIN',
      'MISS-ORIGIN',
      'HIT-LOCAL',
      'MISS-ORIGIN',
      'HIT-LOCAL',
      'MISS-ORIGIN',
    ]);
    expect(node!.cache.metrics()).toEqual({
      hits: 2,
      misses: 4,
      stores: 4,
      evictions: 2,
      hit_rate: 1 / 3,
      entry_count: 2,
      size_bytes: 200,
      capacity_bytes: 200,
      utilization: 1,
    });
  });

  it('keeps nothing when the origin fails', () => {
    const ring = new Ring({ ...roomy, originFails: true });
    for (const node of ring.nodes) expect(ring.lookUp(url, node).found).toBe(false);
    expect(ring.nodes.map(({ cache }) => cache.metrics().entry_count)).toEqual([0, 0, 0, 0]);
  });
});

describe('a URL that is passed on', () => {
  it.each([
    [false, 'HIT-LOCAL'],
    [true, 'MISS-ORIGIN'],
  ])('arrives whole where nodes encode it again: %s', (reencodes, second) => {
    const ring = new Ring({ ...roomy, reencodes });
    const [owner] = ring.nodes;
    // Of one node, and alike up to the first &.
    const [one = '', two = ''] = Array.from({ length: 99 }, (_, i) => `https://o.example/?a=1&b=${i}`).filter(
      (candidate) => ring.responsibleFor(candidate) === owner,
    );
    const entry = other(ring, owner!);
    expect(ring.lookUp(one, entry).headers['X-Cache-Origin']).toBe('MISS-ORIGIN');
    expect(ring.lookUp(two, entry).headers['X-Cache-Origin']).toBe(second);
  });
});

describe('simple', () => {
  it('gives a URL to the node of its SHA-1 modulo their number, by address', () => {
    const ring = new Ring({ ...roomy, protocol: 'simple' });
    const index = Number(BigInt(`0x${createHash('sha1').update(url).digest('hex')}`) % 4n);
    expect(ring.responsibleFor(url).address).toBe(`10.0.0.${index}:4000`);
  });

  it('gives most URLs to others when a node joins', () => {
    const ring = new Ring({ ...roomy, protocol: 'simple' });
    const items = Array.from({ length: 500 }, (_, i) => `https://origin.example/item/${i}`);
    const before = items.map((item) => ring.responsibleFor(item));
    ring.join();
    const moved = items.filter((item, i) => ring.responsibleFor(item) !== before[i]);
    // Of five nodes four in five.
    expect(moved.length / 500).toBeCloseTo(0.8, 1);
  });
});

describe('nodes that come and go', () => {
  it('what belonged to one that left fails until the others know, and then belongs to its successor', () => {
    const ring = new Ring(roomy);
    const owner = ring.responsibleFor(url);
    const left = ring.nodes.filter((node) => node !== owner);
    const entry = left.find((node) => node !== ring.responsibleFor(url, left))!;
    ring.lookUp(url, entry);
    ring.leave(owner);
    expect(ring.lookUp(url, entry)).toEqual({ found: false, headers: {}, problem: 'proxy failed' });
    ring.settle();
    const successor = ring.responsibleFor(url);
    const { found, headers } = ring.lookUp(url, other(ring, successor));
    expect([found, headers['X-Cache-Origin']]).toEqual([true, 'MISS-ORIGIN']);
  });

  it('what belongs to a new one is passed on twice until the others know it', () => {
    const ring = new Ring(roomy);
    const joined = ring.join();
    const item = Array.from({ length: 999 }, (_, i) => `https://origin.example/item/${i}`).find(
      (candidate) => ring.responsibleFor(candidate) === joined,
    )!;
    const before = ring.responsibleFor(
      item,
      ring.nodes.filter((node) => node !== joined),
    );
    const entry = ring.nodes.find((node) => node !== joined && node !== before)!;
    expect(ring.lookUp(item, entry).headers).toEqual({
      'X-Cache': 'MISS-DHT',
      'X-Cache-Origin': 'MISS-DHT',
      'X-Responsible-Node': before.address,
      'X-Entry-Node': entry.address,
    });
    expect(ring.passedOn).toBe(2);
    ring.settle();
    expect(ring.lookUp(item, entry).headers).toMatchObject({ 'X-Cache-Origin': 'HIT-LOCAL' });
  });
});
