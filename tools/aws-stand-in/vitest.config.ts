import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['../lib/temporary-folder.mjs', './src/share-servers.ts'],
    include: ['src/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
