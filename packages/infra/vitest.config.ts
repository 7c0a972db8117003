import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: '@loadwright/aws-stand-in/share-servers',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Each of its cases needs several machines: the matrix `leaks` alone tries them, see tools/lib/matrices.mjs.
    exclude: process.env['LOADWRIGHT_MATRIX'] ? [] : ['test/ecs/leaks.test.ts'],
    testTimeout: 60_000,
  },
});
