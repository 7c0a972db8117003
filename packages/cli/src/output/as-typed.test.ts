import { expect, it } from 'vitest';
import { asTyped } from './as-typed.js';

it.each([
  [
    'the next: loadwright run --on 4f3, or loadwright destroy 4f3',
    'the next: npx --no-install loadwright run --on 4f3, or npx --no-install loadwright destroy 4f3',
  ],
  ['the parameter /loadwright/a-run/worker', 'the parameter /loadwright/a-run/worker'],
  ['loadwright runs', 'loadwright runs'],
  ['loadwright-target-echo', 'loadwright-target-echo'],
])('within npm "%s" is "%s"', (text, typed) => {
  expect(asTyped({ npm_command: 'exec' })(text)).toBe(typed);
  expect(asTyped({ npm_command: 'exec' })(typed)).toBe(typed);
  expect(asTyped({})(text)).toBe(text);
});
