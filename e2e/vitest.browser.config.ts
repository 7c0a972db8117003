import { defineConfig } from 'vitest/config';

/** Checks in a real browser, apart from the others because they need chromium on the machine. */
export default defineConfig({
  test: { include: ['browser/**/*.browser.test.ts'], testTimeout: 240_000, hookTimeout: 60_000 },
});
