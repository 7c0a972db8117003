import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatCount,
  formatMilliseconds,
  formatNumber,
  formatPerSecond,
  formatRate,
  formatValue,
  progressBar,
  sparkline,
} from './format.js';

describe('figures', () => {
  it.each([
    [formatCount(1234567), '1,234,567'],
    [formatNumber(4.214), '4.21'],
    [formatNumber(42.14), '42.1'],
    [formatNumber(4210.4), '4,210'],
    [formatMilliseconds(null), '–'],
    [formatMilliseconds(0.4), '0.4 ms'],
    [formatMilliseconds(231), '231 ms'],
    [formatMilliseconds(12_340), '12.3 s'],
    [formatRate(0.0123), '1.23 %'],
    [formatNumber(Number.NaN), '–'],
    [formatRate(0 / 0), '–'],
    [formatPerSecond(159.2), '159'],
    [formatPerSecond(null), '–'],
    [formatPerSecond(-1), '–'],
    [formatPerSecond(Infinity), '–'],
    [formatValue(96, 'tokens'), '96 tokens'],
    [formatValue(12_340, 'ms'), '12.3 s'],
    [formatAge(0.31), '310 ms'],
    [formatAge(0.0002), '1 ms'],
    [formatAge(4.24), '4.2 s'],
    [formatAge(-2), '0 s'],
    [formatAge(125), '2m5s'],
    [formatBytes(106), '106 B'],
    [formatBytes(5_240), '5.2 kB'],
    [sparkline([0, 5, 10], 30), '▁▅█'],
    [sparkline([0, 0], 30), '▁▁'],
    [sparkline([-3, Number.NaN, 1], 30), '▁▁█'],
    [sparkline([9, 1, 2, 4], 3), '▃▅█'],
  ])('%s', (actual, expected) => expect(actual).toBe(expected));

  it('draws a bar of a fixed width, whatever the part', () => {
    for (const part of [-1, 0, 0.33, 1, 7]) {
      const { filled, empty } = progressBar(part, 10);
      expect(filled.length + empty.length).toBe(10);
    }
  });
});
