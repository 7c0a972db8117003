import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apart, filesToTry, matrices } from './matrices.mjs';
import { root } from './paths.mjs';

const paths = (files) =>
  Object.entries(files).flatMap(([folder, names]) => names.map((name) => join(folder, name)));

it.each(Object.entries(matrices))(
  'the parts of %s have all its files, those that take turns once',
  (_, matrix) => {
    const { tests, inTurns = {}, parts } = matrix;
    const turns = paths(inTurns);
    expect(paths(tests)).toEqual(expect.arrayContaining(turns));
    const tried = Array.from({ length: parts }, (_, number) =>
      paths(filesToTry(matrix, `${17 + number}/${parts}`)),
    );
    for (const file of paths(tests)) {
      const times = tried.filter((part) => part.includes(file)).length;
      expect(times, file).toBe(turns.includes(file) ? 1 : parts);
    }
    expect(filesToTry(matrix, 'all')).toEqual(tests);
  },
);

it('every file of a matrix is there, and what npm test leaves out is in one', () => {
  const all = Object.values(matrices).flatMap(({ tests }) => paths(tests));
  expect(all.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(all).toEqual(expect.arrayContaining(paths(apart)));
});
