import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What replaces modules for a whole process, also for the files that are tested in it afterwards. */
const replacesModules = /\bvi\.(mock|doMock|resetModules)\(/;

/**
 * Divides test files into those that need a process of their own, and all others, which share processes: starting one, and
 * loading the libraries again, costs more than most of the tests. What a file must not leave behind there:
 * tools/lib/shared-process.mjs.
 *
 * @param {string} folder a folder of tests, such as `packages/core`
 * @returns {{ isolated: string[], shared: string[] }} paths within the folder
 */
export function filesByIsolation(folder) {
  const files = readdirSync(folder, { recursive: true })
    .filter((path) => /^(?!.*node_modules).*\.test\.ts$/.test(path))
    .sort();
  const isIsolated = (path) => replacesModules.test(readFileSync(join(folder, path), 'utf8'));
  return { isolated: files.filter(isIsolated), shared: files.filter((path) => !isIsolated(path)) };
}
