import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { locust } from './command.js';
import { run, TestIo } from './support.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
let folder = '';

beforeAll(async () => {
  mkdirSync(join(root, 'packages/cli/.cache'), { recursive: true });
  const cwd = await mkdtemp(join(root, 'packages/cli/.cache/created-'));
  folder = join(cwd, 'loadwright-target-my-model');
  const { stderr } = await run(['create-target', 'my-model'], new TestIo({ cwd }));
  expect(stderr).toBe('');
  // What npm would install: these packages, and the tools of this repository.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

const inFolder = (command: string, ...args: string[]) =>
  execa(command, args, {
    cwd: folder,
    preferLocal: true,
    localDir: root,
    all: true,
    reject: false,
    env: locust === undefined ? {} : { LOADWRIGHT_LOCUST: locust },
  });

it('a created target has right types and no complaint of lint', async () => {
  expect((await inFolder('tsc')).all).toBe('');
  expect((await inFolder('eslint', 'src', 'test')).all).toBe('');
});

it('passes its own tests, with all the checks of conformance', async () => {
  const { all, exitCode } = await inFolder(
    'node',
    '--test',
    '--test-reporter=tap',
    'test/conformance.test.mjs',
    'test/options.test.mjs',
  );
  expect(all).toMatch(/^# fail 0$/m);
  expect(all).toContain('load, the time of the model: measures what the definition declares');
  expect(exitCode).toBe(0);
});

it('runs with its own configuration', async () => {
  const bin = join(root, 'packages/cli/bin/loadwright.js');
  const { stdout } = await inFolder('node', bin, 'run', '--emulator', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'PASS' });
});
