import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['../tools/lib/temporary-folder.mjs', '@loadwright/aws-stand-in/share-servers'],
    // How one is installed is tested with the fleet of this machine.
    env: { LOADWRIGHT_LOCUST: fileURLToPath(new URL('../.venv/bin/locust', import.meta.url)) },
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**'],
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
