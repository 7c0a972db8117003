import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: '@loadwright/aws-stand-in/share-servers',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Each of its cases needs a fleet: the matrix `safety` alone tries them, see tools/lib/matrices.mjs.
    exclude: [
      'test/browser/**',
      ...(process.env['LOADWRIGHT_MATRIX']
        ? []
        : ['test/safety/ec2.test.ts', 'test/safety/terminated.test.ts']),
    ],
    testTimeout: 60_000,
  },
});
