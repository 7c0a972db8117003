import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const locust = fileURLToPath(new URL('../../.venv/bin/locust', import.meta.url));

export default defineConfig({
  test: {
    globalSetup: '../../tools/lib/temporary-folder.mjs',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Makes the requests of the preflights.
    env: { LOADWRIGHT_LOCUST: locust },
  },
});
