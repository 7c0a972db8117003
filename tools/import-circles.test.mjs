import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { root } from './lib/paths.mjs';

const folders = ['core', 'targets', 'infra', 'cli'].map((name) => `packages/${name}/src`);

/** Files that a file imports, also types alone, and when it runs. */
function importsOf(file) {
  return ts
    .preProcessFile(readFileSync(file, 'utf8'))
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => resolve(dirname(file), fileName).replace(/\.js$/, '.ts'));
}

/** The first way from a file to itself, if there is one. */
function circleOf(imports) {
  const done = new Set();
  const way = [];
  const visit = (file) => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    way.push(file);
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    way.pop();
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const circle = visit(file);
    if (circle) return circle;
  }
  return undefined;
}

// Lint sees those of values alone.
it.each([...folders, 'tools/aws-stand-in/src'])('%s has no circle of imports, types included', (folder) => {
  const files = readdirSync(join(root, folder), { recursive: true })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.includes('template'))
    .map((path) => join(root, folder, path));
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  expect([...imports.values()].flat().length).toBeGreaterThan(files.length);
  expect(circleOf(imports)?.map((file) => relative(root, file))).toBeUndefined();
});

it('finds a circle', () => {
  const imports = { a: ['b'], b: ['c', 'd'], c: [], d: ['b'] };
  expect(circleOf(new Map(Object.entries(imports)))).toEqual(['b', 'd', 'b']);
});
