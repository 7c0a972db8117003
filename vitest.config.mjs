import { configDefaults, defineConfig } from 'vitest/config';
import { apart } from './tools/lib/matrices.mjs';

/** Judges what it measures: after all others, when this machine has the time that a judgement needs. */
const judging = ['test/demo.e2e.test.ts', 'test/process.e2e.test.ts'];

/** The tests of a folder without those that are a matter of `npm run test:whole`. */
const folder = (root, name, without = []) => ({
  extends: `${root}/vitest.config.ts`,
  root,
  test: { name, exclude: [...configDefaults.exclude, ...(apart[root] ?? []), ...without] },
});

/**
 * The tests that vitest runs for `npm test`, in one pool: `npx vitest run --project @loadwright/infra` takes those of one package.
 * Most of them wait for processes and for loads to end, so there are more workers than cores.
 */
export default defineConfig({
  test: {
    projects: [
      'tools',
      folder('tools/aws-stand-in', '@loadwright/aws-stand-in'),
      folder('packages/core', '@loadwright/core'),
      folder('packages/targets', '@loadwright/targets'),
      folder('packages/infra', '@loadwright/infra'),
      folder('packages/cli', '@loadwright/cli', judging),
      {
        root: 'packages/cli',
        test: { name: 'judging', include: judging, sequence: { groupOrder: 1 } },
      },
      folder('docs', '@loadwright/docs'),
    ],
    maxWorkers: 4,
  },
});
