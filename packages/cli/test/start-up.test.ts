import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../bin/loadwright.js', import.meta.url));

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

/** The modules that Node loaded for the command, as V8 tells it. */
function loadedBy(...argv: string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'loadwright-coverage-'));
  try {
    execFileSync(process.execPath, [bin, ...argv], { env: { ...process.env, NODE_V8_COVERAGE: folder } });
    return readdirSync(folder)
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Coverage)
      .flatMap(({ result }) => result.map(({ url }) => url))
      .filter((url) => url.startsWith('file:'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const librariesOf = (urls: readonly string[]) =>
  new Set(urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []));

// Times vary with the machine. What is loaded does not, and each further library costs tens of milliseconds.
it.each([['--help'], ['--version'], ['help']])('%s loads what it prints with, and no more', (argument) => {
  const loaded = loadedBy(argument);
  expect([...librariesOf(loaded)].sort()).toEqual([
    'ansi-regex',
    'ansi-styles',
    'commander',
    'get-east-asian-width',
    'picocolors',
    'string-width',
    'strip-ansi',
    'wrap-ansi',
  ]);
  expect(loaded.length).toBeLessThan(70);
});
