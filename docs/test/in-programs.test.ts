import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './documents.js';

let folder: string;
beforeAll(() => {
  // Within the project, where the packages are found.
  const cache = join(root, 'docs', '.cache');
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'in-programs-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const options =
  "{ target: rest({ baseUrl: 'https://api.example', body: {} }), load: { users: 1, duration: '1s' } }";
const write = `createLoadTest(${options}).bundle({ directory: process.argv[2] })`;

/** The files of a bundle that a program writes: it has found its Python files. */
function filesOf(program: string): string[] {
  const bundle = join(folder, 'bundle');
  rmSync(bundle, { recursive: true, force: true });
  execFileSync(process.execPath, [join(folder, program), bundle], { cwd: folder });
  return readdirSync(bundle);
}

describe('a program', () => {
  it('of CommonJS requires the packages', () => {
    const required = ['core', 'targets/rest'].map((name) => `require('@loadwright/${name}')`);
    writeFileSync(
      join(folder, 'program.cjs'),
      `const { createLoadTest } = ${required[0]}; const { rest } = ${required[1]}; ${write};`,
    );
    expect(filesOf('program.cjs')).toContain('loadwright_runtime');
  });

  it.each(['esm', 'cjs'] as const)('is bundled as %s without the packages', async (format) => {
    const entry = join(folder, 'program.ts');
    writeFileSync(
      entry,
      "import { createLoadTest } from '@loadwright/core'; import { rest } from '@loadwright/targets/rest';" +
        `void ${write};`,
    );
    const outfile = join(folder, format === 'esm' ? 'bundled.mjs' : 'bundled.cjs');
    await build({
      entryPoints: [entry],
      outfile,
      format,
      bundle: true,
      platform: 'node',
      packages: 'external',
      logLevel: 'silent',
    });
    expect(filesOf(format === 'esm' ? 'bundled.mjs' : 'bundled.cjs')).toContain('loadwright_runtime');
  });
});
