import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { uniformNumbers } from '../values/random.js';
import { optimalBlockLength } from './block-length.js';
import { circularBlocks } from './bootstrap.js';

interface OracleCase {
  readonly correlation: number;
  readonly values: number[];
  readonly blockLength: number;
  /** Of the mean of 20,000 resamples, and its central 95 %. */
  readonly deviation: number;
  readonly interval: [number, number];
}

/** What the Python package arch finds: see arch_oracle.py. */
const cases = JSON.parse(readFileSync(new URL('arch-oracle.json', import.meta.url), 'utf8')) as OracleCase[];
const named = cases.map(
  (one) => [`${one.values.length} values, correlation ${one.correlation}`, one] as const,
);

describe.each(named)('a series of %s', (_, { values, blockLength, deviation, interval }) => {
  it('has the block length that arch finds', () => {
    expect(optimalBlockLength(values)).toBeCloseTo(Math.max(1, blockLength), 8);
  });

  it('has the bootstrap distribution of its mean that arch finds', () => {
    const draw = circularBlocks(values.length, Math.max(1, Math.ceil(blockLength)), uniformNumbers(7));
    const means = Array.from(
      { length: 20_000 },
      () => draw().reduce((sum, index) => sum + values[index]!, 0) / values.length,
    ).sort((one, other) => one - other);
    const middle = means.reduce((sum, value) => sum + value, 0) / means.length;
    const own = Math.sqrt(means.reduce((sum, value) => sum + (value - middle) ** 2, 0) / means.length);
    // The standard deviation of 20,000 draws is known to 0.5 %, a limit of the interval to about 2 % of the deviation.
    expect(own / deviation).toBeGreaterThan(0.97);
    expect(own / deviation).toBeLessThan(1.03);
    expect(Math.abs(means[500]! - interval[0]) / deviation).toBeLessThan(0.1);
    expect(Math.abs(means[19_500]! - interval[1]) / deviation).toBeLessThan(0.1);
  });
});

it('of a constant series, or of one that is too short, is 1', () => {
  expect(optimalBlockLength(new Array<number>(100).fill(5))).toBe(1);
  expect(optimalBlockLength([1, 2, 3])).toBe(1);
});
