import { expect, it } from 'vitest';
import { numberOrText } from './parse.js';

it.each([
  ['4', 4],
  ['0.5', 0.5],
  ['1e3', 1000],
  ['-2', -2],
  ['0x10', '0x10'],
  ['0b1', '0b1'],
  ['1_000', '1_000'],
  ['Infinity', 'Infinity'],
  ['', ''],
  [' ', ' '],
  ['4 workers', '4 workers'],
])('%j is %j', (text, value) => {
  expect(numberOrText(text)).toBe(value);
});
