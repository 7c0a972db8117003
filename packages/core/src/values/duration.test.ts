import { describe, expect, it } from 'vitest';
import { durationSchema, formatDuration, parseDuration } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['30s', 30],
    ['5m', 300],
    ['1h30m', 5400],
    ['1h30m15s', 5415],
    ['250ms', 0.25],
    ['1.5s', 1.5],
    ['1s500ms', 1.5],
    ['0s', 0],
  ])('%s is %d s', (text, seconds) => expect(parseDuration(text)).toBeCloseTo(seconds, 12));

  it.each(['0s', '0m0s'])('%j is too short where something must take time', (text) => {
    const { error } = durationSchema().safeParse(text);
    expect(error?.issues.map(({ message }) => message)).toEqual(['must be longer than 0, such as 30s']);
    expect(durationSchema({ allowZero: true }).safeParse(text).success).toBe(true);
  });

  it.each(['', '30', 's', '5 m', '-5s', '5m1h', '1d', '5M', '1e3s', ' 5s'])('%j is not a duration', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );
});

describe('formatDuration', () => {
  it.each([
    [5400, '1h30m'],
    [20, '20s'],
    [0.25, '250ms'],
    [0, '0s'],
    [0.0004, '1ms'],
    [0.9996, '1s'],
    [-2, '0s'],
    [59.7, '1m'],
  ])('%d s is %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});
