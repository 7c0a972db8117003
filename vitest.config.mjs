import { defineConfig } from 'vitest/config';

/** All tests that vitest runs, in one pool: `npx vitest run --project infra` takes those of one folder alone. */
export default defineConfig({
  test: {
    projects: ['tools', 'packages/core', 'packages/targets', 'packages/infra', 'packages/cli', 'docs'],
    maxWorkers: 5,
  },
});
