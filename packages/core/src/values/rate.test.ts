import { describe, expect, it } from 'vitest';
import { parseRate, rateSchema } from './rate.js';

describe('parseRate', () => {
  it.each([
    ['500/s', 500],
    ['30000/m', 500],
    ['1800/h', 0.5],
    ['0.5/s', 0.5],
    ['0/s', 0],
    ['500', undefined],
    ['500/sec', undefined],
    ['500 /s', undefined],
    ['-5/s', undefined],
    ['1e3/s', undefined],
    ['.5/s', undefined],
    ['500/ms', undefined],
    ['', undefined],
  ])('%s', (text, rate) => expect(parseRate(text)).toBe(rate));
});

describe('rateSchema', () => {
  it.each([['0/s'], ['10000001/s'], ['fast'], [500]])('refuses %s', (value) =>
    expect(rateSchema().safeParse(value).success).toBe(false),
  );
  it('allows no load at all where it is asked to', () =>
    expect(rateSchema({ allowZero: true }).safeParse('0/s').success).toBe(true));
});
