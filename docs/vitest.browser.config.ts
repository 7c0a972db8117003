import { defineConfig } from 'vitest/config';

/** Checks of the site in a real browser, apart from the others because they need chromium on the machine. */
export default defineConfig({
  // The site is built before the tests, which takes minutes of a slow machine.
  test: { include: ['test/browser/**/*.browser.test.ts'], testTimeout: 300_000, hookTimeout: 600_000 },
});
