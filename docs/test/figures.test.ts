import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { figures } from '../figures/figures.mjs';
import { root } from './documents.js';

it.each(Object.entries(figures))('%s is what its script draws', (name, draw) => {
  expect(readFileSync(join(root, 'docs/images', name), 'utf8')).toBe(draw());
});
