import { expect, it } from 'vitest';
import { MemoryStream } from '../../test/support.js';
import { columnsOf, widthOf, wrapList, wrapText } from './wrap.js';

it.each([
  [[], 20, []],
  [['a'], 20, ['  a']],
  [['alpha', 'beta', 'gamma'], 14, ['  alpha, beta,', '  gamma']],
  [['alpha', 'beta', 'gamma'], 13, ['  alpha,', '  beta, gamma']],
  [['much-too-long', 'b'], 8, ['  much-too-long,', '  b']],
])('wraps %j at %d columns', (words, columns, lines) => {
  expect(wrapList(words, columns)).toEqual(lines);
});

it.each([
  ['one two three', undefined, 'one two three'],
  ['one two three', 9, 'one two\n  three'],
  ['  one two three\nfour', 9, '  one\n    two\n    three\nfour'],
  ['\u001B[31mone\u001B[39m two', 7, '\u001B[31mone\u001B[39m two'],
  ['much-too-long b', 8, 'much-too-long\n  b'],
])('wraps the text %j at %s columns, between words', (text, columns, wrapped) => {
  expect(wrapText(text, columns)).toBe(wrapped);
});

it.each([
  [true, 120, 120, 120],
  [true, 0, 80, 80],
  [false, 0, undefined, 80],
])('takes a stream (terminal: %s) of %d columns as one of %s, and its lines as %d', (...given) => {
  const [isTTY, columns, width, lines] = given;
  const stream = new MemoryStream(isTTY, columns);
  expect([widthOf(stream), columnsOf(stream)]).toEqual([width, lines]);
});
