import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filesByIsolation } from './isolation.mjs';
import { cacheFolder, root } from './paths.mjs';
import { execute } from './processes.mjs';

let folder;
beforeAll(() => {
  // Where a test finds vitest.
  mkdirSync(cacheFolder, { recursive: true });
  folder = mkdtempSync(join(cacheFolder, 'isolation-'));
  mkdirSync(join(folder, 'src'));
  for (const [name, body] of Object.entries({
    clean: `vi.stubEnv('LOADWRIGHT_STUB', 'stub');`,
    mocks: `vi.mock('node:fs', () => ({}));`,
    leaves: `process.env.LOADWRIGHT_LEFT = 'left behind';`,
  })) {
    const text = `import { it, vi } from 'vitest';\nit('passes', () => {\n  ${body}\n});\n`;
    writeFileSync(join(folder, 'src', `${name}.test.ts`), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

it('gives a process of its own to a file that replaces modules', () => {
  expect(filesByIsolation(folder)).toStrictEqual({
    isolated: ['src/mocks.test.ts'],
    shared: ['src/clean.test.ts', 'src/leaves.test.ts'],
  });
});

it('fails a file that leaves a shared process changed, and no other', async () => {
  const guard = join(root, 'tools/lib/shared-process.mjs');
  const test = {
    isolate: false,
    maxWorkers: 1,
    setupFiles: [guard],
    include: ['src/{clean,leaves}.test.ts'],
  };
  const config = join(folder, 'vitest.config.mjs');
  writeFileSync(config, `export default ${JSON.stringify({ test })};\n`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { code, output } = await execute(process.execPath, [vitest, 'run', '--reporter=verbose'], {
    cwd: folder,
    quiet: true,
  });
  expect(code).toBe(1);
  expect(output).toContain('left behind');
  expect(output).toMatch(/FAIL.*leaves\.test\.ts/);
  expect(output).not.toMatch(/FAIL.*clean\.test\.ts/);
});
