import { describe, expect, it } from 'vitest';
import { wideningOf } from './estimate.js';

describe('a bootstrap of two single runs', () => {
  const same = [
    [5, 5, 5],
    [6, 6, 6],
  ];
  /** Their standard deviation is 0.1. */
  const resampled = [-0.1, 0, 0.1];

  it('stays as it is where it has many blocks, and the thirds of the runs are alike', () => {
    expect(wideningOf(resampled, 10_000, same)).toBeCloseTo(1, 3);
  });

  it('is as wide as a printed table of t says of few blocks', () => {
    // 97.5 %, 2 degrees of freedom: 4.303.
    expect(wideningOf(resampled, 4, same)).toBeCloseTo(4.303 / 1.96, 2);
    expect(wideningOf(resampled, 2.5, same)).toBeCloseTo(12.706 / 1.96, 1);
  });

  it('is as wide as the thirds of the runs are apart', () => {
    // The variance of 0, 1, 2 is 1; 97.5 %, 4 degrees of freedom: 2.776.
    const reach = 2.776 * Math.sqrt(1 / 3);
    expect(wideningOf(resampled, 10_000, [[0, 1, 2], same[1]!])).toBeCloseTo(reach / (0.1 * 1.96), 2);
  });

  it('is not widened by thirds in which nothing was measured, nor where it does not vary', () => {
    expect(wideningOf(resampled, 10_000, [[0, NaN, 2], same[1]!])).toBeCloseTo(1, 3);
    expect(wideningOf([1, 1, 1], 2, [[0, 1, 2], same[1]!])).toBe(1);
  });
});
