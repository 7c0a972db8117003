import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Each example is a whole run with real Locust processes: one after another.
  test: {
    globalSetup: '../packages/infra/test/share-servers.ts',
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    fileParallelism: false,
  },
});
