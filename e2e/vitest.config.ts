import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['../tools/lib/temporary-folder.mjs', '@loadwright/aws-stand-in/share-servers'],
    include: ['**/*.test.ts'],
    // Each case of `safety` needs a fleet: the matrix of that name alone tries them, see tools/lib/matrices.mjs.
    exclude: [
      'browser/**',
      ...(process.env['LOADWRIGHT_MATRIX'] ? [] : ['safety/aws.test.ts', 'safety/terminated.test.ts']),
    ],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
