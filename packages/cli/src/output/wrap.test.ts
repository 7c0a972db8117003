import { expect, it } from 'vitest';
import { wrapList } from './wrap.js';

it.each([
  [[], 20, []],
  [['a'], 20, ['  a']],
  [['alpha', 'beta', 'gamma'], 14, ['  alpha, beta,', '  gamma']],
  [['alpha', 'beta', 'gamma'], 13, ['  alpha,', '  beta, gamma']],
  [['much-too-long', 'b'], 8, ['  much-too-long,', '  b']],
])('wraps %j at %d columns', (words, columns, lines) => {
  expect(wrapList(words, columns)).toEqual(lines);
});
