import { configDefaults, defineConfig } from 'vitest/config';

/** Judges what it measures: after all others, when this machine has the time that a judgement needs. */
const judging = ['test/demo.e2e.test.ts', 'test/process.e2e.test.ts'];

/**
 * All tests that vitest runs, in one pool: `npx vitest run --project @loadwright/infra` takes those of one package.
 * Most of them wait for processes and for loads to end, so there are more workers than cores.
 */
export default defineConfig({
  test: {
    projects: [
      'tools',
      'packages/core',
      'packages/targets',
      'packages/infra',
      {
        extends: 'packages/cli/vitest.config.ts',
        root: 'packages/cli',
        test: { name: '@loadwright/cli', exclude: [...configDefaults.exclude, ...judging] },
      },
      {
        root: 'packages/cli',
        test: { name: 'judging', include: judging, sequence: { groupOrder: 1 } },
      },
      'docs',
    ],
    maxWorkers: 4,
  },
});
