import { defineConfig } from 'vitest/config';

/** Checks in a real browser, apart from the others because they need chromium on the machine. */
export default defineConfig({
  test: { include: ['test/browser/**/*.browser.test.ts'], testTimeout: 180_000, hookTimeout: 180_000 },
});
