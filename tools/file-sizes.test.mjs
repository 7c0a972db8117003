import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './lib/paths.mjs';

const folders = ['packages', 'docs', 'tools', 'benchmarks', 'examples'];
const source = /\.(ts|mts|mjs|js|py|css|eta)$/;
const notOurs = /(^|\/)(node_modules|dist|\.cache|\.venv|cdk\.out|results|__pycache__)\//;

const sizes = folders
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((path) => source.test(path) && !notOurs.test(path))
  .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }));

const shareUnder = (limit) => sizes.filter(({ lines }) => lines < limit).length / sizes.length;

it('keeps source files small: half under 100 lines, nine in ten under 300, none over 450', () => {
  expect(sizes.length).toBeGreaterThan(50);
  expect(sizes.filter(({ lines }) => lines > 450)).toEqual([]);
  expect(shareUnder(300)).toBeGreaterThanOrEqual(0.9);
  expect(shareUnder(100)).toBeGreaterThanOrEqual(0.5);
});

// About 20: one that grows past that is two rooms.
const mostInFolder = 23;

it(`keeps folders of the product small: none with more than ${mostInFolder} files beside their tests`, () => {
  const ofProduct = sizes.filter(
    ({ path }) => /^packages\/\w+\/(src|python)\//.test(path) && !/\.test\.\w+$|\/test_\w+\.py$/.test(path),
  );
  const counts = {};
  for (const { path } of ofProduct) counts[dirname(path)] = (counts[dirname(path)] ?? 0) + 1;
  expect(Object.keys(counts).length).toBeGreaterThan(50);
  expect(Object.entries(counts).filter(([, count]) => count > mostInFolder)).toEqual([]);
});
