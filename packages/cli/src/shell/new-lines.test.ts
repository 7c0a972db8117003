import { describe, expect, it } from 'vitest';
import { newLines } from './new-lines.js';

describe('newLines', () => {
  it.each([
    [[], ['a'], ['a']],
    [['a', 'b'], ['a', 'b'], []],
    [['a', 'b'], ['a', 'b', 'c'], ['c']],
    [['a', 'b', 'c'], ['b', 'c', 'd'], ['d']],
    [['a', 'a', 'a'], ['a', 'a', 'a'], []],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
  ])('between %j and %j come %j', (before, now, expected) => {
    expect(newLines(before, now)).toEqual(expected);
  });
});
