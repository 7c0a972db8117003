import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: './src/share-servers.ts',
    include: ['src/**/*.test.ts'],
    testTimeout: 60_000,
  },
});
