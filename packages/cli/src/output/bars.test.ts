import { expect, it } from 'vitest';
import { progressBar, sparkline } from './bars.js';

it.each([
  [[0, 5, 10], 30, '▁▅█'],
  [[0, 0], 30, '▁▁'],
  [[-3, Number.NaN, 1], 30, '▁▁█'],
  [[9, 1, 2, 4], 3, '▃▅█'],
])('draws %j within %d characters as %s', (values, width, bars) => {
  expect(sparkline(values, width)).toBe(bars);
});

it('draws a bar of a fixed width, whatever the part', () => {
  for (const part of [-1, 0, 0.33, 1, 7]) {
    const { filled, empty } = progressBar(part, 10);
    expect(filled.length + empty.length).toBe(10);
  }
});
