/** Writes the figures of the documentation: node docs/figures/make.mjs */
import { writeFileSync } from 'node:fs';
import { figures } from './figures.mjs';

for (const [name, draw] of Object.entries(figures))
  writeFileSync(new URL(`../images/${name}`, import.meta.url), draw());
