import { defineConfig } from 'vitest/config';

/** Checks against real registries, apart from the others because they need docker-registry, crane and skopeo. */
export default defineConfig({
  test: { include: ['test/registries/**/*.check.ts'], testTimeout: 180_000, hookTimeout: 180_000 },
});
