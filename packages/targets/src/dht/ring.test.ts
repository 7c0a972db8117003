import { describe, expect, it } from 'vitest';
import { Ring, type RingNode, type RingOptions } from './ring.js';

const roomy: RingOptions = {
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
