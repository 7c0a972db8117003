import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: '@loadwright/aws-stand-in/share-servers',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
  },
});
