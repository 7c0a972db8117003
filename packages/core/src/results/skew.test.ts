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
    expect(skewsOf(declared, measured).known).toEqual({
      'node_*': { members: 3, mean: 30, largest: { name: 'node_b', count: 60 }, skew: 2 },
    });
  });

  it('is 1 where all are alike', () => {
    expect(skewsOf(declared, counted({ node_a: 7, node_b: 7 })).known['node_*']!.skew).toBe(1);
  });

  it.each([
    ['one of them alone', { node_a: 7 }],
    ['nothing that was counted', { node_a: 0, node_b: 0 }],
    ['a counter that stands for several', { node_a: 7, node_b: 3, node_others: 90 }],
    ['none of them', {}],
  ])('is not known of %s', (_what, counts) => {
    expect(skewsOf(declared, counted(counts))).toMatchObject({ known: {}, notes: [] });
  });

  describe('of which some are counted by another kind of name', () => {
    const both = { ...declared, 'node_id_*': { ...counter, description: 'by id; use nodes' } };

    it('is unknown, and said so', () => {
      const measured = counted({ node_a: 10, node_b: 60, node_id_0x1: 20, node_id_0x2: 3, node_total: 93 });
      expect(skewsOf(both, measured)).toEqual({
        families: ['node_*', 'node_id_*'],
        known: {},
        notes: [
          {
            rule: 'skew',
            reason:
              'The skew of node_* is unknown: it has 2 members, and node_id_* has 2, which may be the same ones. ' +
              'node_id_*: by id; use nodes',
          },
        ],
      });
    });

    it.each([
      ['node_*', { node_a: 10, node_b: 30, node_id_0x1: 0 }, 'node_b'],
      ['node_id_*', { node_a: 0, node_id_0x1: 10, node_id_0x2: 30 }, 'node_id_0x2'],
    ])('is that of %s where the other has counted nothing', (family, counts, name) => {
      expect(skewsOf(both, counted(counts))).toEqual({
        families: [family],
        known: { [family]: { members: 2, mean: 20, largest: { name, count: 30 }, skew: 1.5 } },
        notes: [],
      });
    });
  });
});
