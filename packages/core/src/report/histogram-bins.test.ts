import { expect, test } from 'vitest';
import { binHistogram } from './histogram-bins.js';

test('keeps every request and spans from the first used bin to the last', () => {
  const bins = binHistogram([
    [3, 5],
    [12, 7],
    [130, 2],
    [60_000, 1],
  ]);
  expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(15);
  expect(bins[0]).toEqual({ from: 3, to: 4, count: 5 });
  expect(bins.at(-1)).toEqual({ from: 50_000, to: 63_000, count: 1 });
  bins.slice(1).forEach((bin, index) => expect(bin.from).toBe(bins[index]!.to));
});

test('has no bins without requests', () => {
  expect(binHistogram([])).toEqual([]);
  expect(binHistogram([[5, 0]])).toEqual([]);
});

test('an edge belongs to the bin that it begins', () => {
  expect(binHistogram([[10, 1]])).toEqual([{ from: 10, to: 12.5, count: 1 }]);
  expect(binHistogram([[0, 1]])).toEqual([{ from: 0, to: 1, count: 1 }]);
});

test('tells times of less than a millisecond apart', () => {
  const bins = binHistogram([
    [0.104, 3],
    [0.131, 4],
    [1.5, 1],
  ]);
  expect(bins.slice(0, 2)).toEqual([
    { from: 0.1, to: 0.125, count: 3 },
    { from: 0.125, to: 0.16, count: 4 },
  ]);
  expect(bins.at(-1)).toEqual({ from: 1.25, to: 1.6, count: 1 });
});
