import { describe, expect, it } from 'vitest';
import { difference, percentile, type Histogram } from './histogram.js';

const histogram: Histogram = [
  [10, 50],
  [20, 45],
  [100, 4],
  [2000, 1],
];

describe('percentile', () => {
  it.each([
    [0.5, 10],
    [0.51, 20],
    [0.95, 20],
    [0.951, 100],
    [0.99, 100],
    [0.999, 2000],
    [1, 2000],
    [0, 10],
  ])('%d of 100 values', (fraction, milliseconds) =>
    expect(percentile(histogram, fraction)).toBe(milliseconds),
  );

  it('is null for no values', () => expect(percentile([], 0.5)).toBeNull());
});

describe('difference', () => {
  it('keeps what came in between', () => {
    expect(
      difference(histogram, [
        [10, 50],
        [20, 40],
      ]),
    ).toEqual([
      [20, 5],
      [100, 4],
      [2000, 1],
    ]);
  });
});
