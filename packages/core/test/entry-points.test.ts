import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, unknown>;
};
const entryPoints = Object.keys(exports).filter((name) => !name.endsWith('.json'));
const importEntry = async (name: string) =>
  (await import(`@loadwright/core${name.slice(1)}`)) as Record<string, unknown>;

it.each(entryPoints)('%s is built, and exports values', async (name) => {
  expect(Object.keys(await importEntry(name)).length).toBeGreaterThan(0);
});

it('what several entry points export is one: an error of a target is an error for a program', async () => {
  const shared = new Map<string, Set<unknown>>();
  for (const name of entryPoints) {
    for (const [key, value] of Object.entries(await importEntry(name))) {
      shared.set(key, (shared.get(key) ?? new Set()).add(value));
    }
  }
  expect([...shared].filter(([, values]) => values.size > 1)).toEqual([]);
  for (const name of ['.', './target', './fleet', './errors']) {
    expect(await importEntry(name)).toHaveProperty('LoadwrightError');
  }
});

it('the root has what a program needs, and no more', async () => {
  expect(Object.keys(await importEntry('.')).length).toBeLessThanOrEqual(30);
});
