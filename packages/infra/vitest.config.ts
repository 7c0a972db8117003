import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['../../tools/lib/temporary-folder.mjs', '@loadwright/aws-stand-in/share-servers'],
    setupFiles: ['test/signal-handlers.ts'],
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Each of its cases needs several machines: the matrix `leaks` alone tries them, see tools/lib/matrices.mjs.
    exclude: process.env['LOADWRIGHT_MATRIX']
      ? []
      : ['test/ecs/leaks.test.ts', 'test/ecs/fargate-leaks.test.ts'],
    // A child that fails is told by its own message, not by what the SDK says of Node.js 20 before it.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
