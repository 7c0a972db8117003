import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: '../infra/test/share-servers.ts',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
  },
});
