import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: '../../tools/lib/temporary-folder.mjs',
    include: ['src/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
