import { vitest } from '../lib/test-runners.mjs';
import { ensureChromium } from './machine.mjs';

/**
 * Builds the site of the documentation, which fails on dead links, serves it on loopback and looks at it in Chromium.
 *
 * @param {{ env: NodeJS.ProcessEnv }} options
 */
export async function checkSite({ env }) {
  await ensureChromium();
  return vitest('docs', { env, config: 'vitest.browser.config.ts', report: 'site' });
}
