import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { locust } from '../packages/cli/test/command.js';
import { run, TestIo } from '../packages/cli/test/support.js';
import { anyTimeFlags, busyMachineFlags } from '../packages/infra/test/busy-machine.js';

const root = fileURLToPath(new URL('../', import.meta.url));
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

function inFolder(command: string, ...args: string[]) {
  const { PATH = '', ...others } = process.env;
  const environment = locust === undefined ? {} : { LOADWRIGHT_LOCUST: locust };
  const env = { ...others, PATH: `${join(root, 'node_modules/.bin')}${delimiter}${PATH}`, ...environment };
  return new Promise<{ status: number; stdout: string }>((resolve) => {
    execFile(command, args, { cwd: folder, env, maxBuffer: 2 ** 26 }, (error, stdout) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout });
    });
  });
}

it('a created target has right types and no complaint of lint', async () => {
  expect((await inFolder('tsc')).stdout).toBe('');
  expect(await inFolder('eslint', 'src', 'test')).toMatchObject({ status: 0, stdout: '' });
});

it('passes its own tests, with all the checks of conformance', async () => {
  const { status, stdout } = await inFolder(
    'node',
    '--test',
    '--test-reporter=tap',
    'test/conformance.test.mjs',
    'test/options.test.mjs',
  );
  expect(stdout).toMatch(/^# fail 0$/m);
  expect(stdout).toContain('load, the time of the model: measures what the definition declares');
  expect(status).toBe(0);
});

it('runs with its own configuration', async () => {
  const bin = join(root, 'packages/cli/bin/loadwright.js');
  const { stdout } = await inFolder(
    'node',
    bin,
    ...['run', '--emulator', ...anyTimeFlags, ...busyMachineFlags, '--json'],
  );
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'PASS' });
});
