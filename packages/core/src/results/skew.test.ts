import { describe, expect, it } from 'vitest';
import { skewsOf } from './skew.js';

const counter = { kind: 'counter', unit: '', description: '' } as const;
const declared = {
  'node_*': counter,
  'variant_*': { ...counter, kind: 'trend' },
  node_total: counter,
} as const;
const counted = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, { count, rate: 1 }]));

describe('the skew of a family of counters', () => {
  it('is the largest of them divided by their mean', () => {
    const measured = counted({ node_a: 10, node_b: 60, node_c: 20, node_total: 90, hits: 500, variant_a: 9 });
    expect(skewsOf(declared, measured)).toEqual({
      'node_*': { members: 3, mean: 30, largest: { name: 'node_b', count: 60 }, skew: 2 },
    });
  });

  it('is 1 where all are alike', () => {
    expect(skewsOf(declared, counted({ node_a: 7, node_b: 7 }))['node_*']!.skew).toBe(1);
  });

  it.each([
    ['one of them alone', { node_a: 7 }],
    ['nothing that was counted', { node_a: 0, node_b: 0 }],
    ['a counter that stands for several', { node_a: 7, node_b: 3, node_others: 90 }],
    ['none of them', {}],
  ])('is not known of %s', (_what, counts) => {
    expect(skewsOf(declared, counted(counts))).toEqual({});
  });
});
