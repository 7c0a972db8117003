import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { asTyped } from './as-typed.js';

const elsewhere = mkdtempSync(join(tmpdir(), 'loadwright-as-typed-'));
const project = join(elsewhere, 'project');
const inner = join(project, 'packages', 'one');
const bin = join(project, 'node_modules', '.bin', 'loadwright');
mkdirSync(join(bin, '..'), { recursive: true });
writeFileSync(bin, '');
mkdirSync(inner, { recursive: true });

/** As package managers name themselves in it. */
const run = (manager: string) => ({
  npm_config_user_agent: `${manager}/1.2.3 npm/? node/v20.20.2 linux x64`,
});

it.each([
  [
    'the next: loadwright run --on 4f3, or loadwright destroy 4f3',
    'the next: npx --no-install loadwright run --on 4f3, or npx --no-install loadwright destroy 4f3',
  ],
  ['\u001b[36mloadwright run\u001b[39m it', '\u001b[36mnpx --no-install loadwright run\u001b[39m it'],
  ['the parameter /loadwright/a-run/worker', 'the parameter /loadwright/a-run/worker'],
  ['run "loadwright --help"', 'run "npx --no-install loadwright --help"'],
  ['loadwright runs', 'loadwright runs'],
  ['loadwright-target-echo', 'loadwright-target-echo'],
])('within npm "%s" is "%s"', (text, typed) => {
  const environment = { npm_command: 'exec' };
  expect(asTyped({ environment, cwd: project })(text)).toBe(typed);
  expect(asTyped({ environment, cwd: inner })(text)).toBe(typed);
  expect(asTyped({ environment: {}, cwd: project })(text)).toBe(text);
});

it.each([
  ['npm', 'npx --no-install loadwright', 'npx @loadwright/cli'],
  ['pnpm', 'pnpm exec loadwright', 'pnpm dlx @loadwright/cli'],
  ['yarn', 'yarn loadwright', 'yarn dlx @loadwright/cli'],
  ['bun', 'bunx --no-install loadwright', 'bunx @loadwright/cli'],
])('within %s it is "%s", and "%s" where no project has it', (manager, installed, fetched) => {
  const environment = run(manager);
  const inProject = asTyped({ environment, cwd: inner, startedAs: bin });
  expect(inProject('then loadwright run --emulator')).toBe(`then ${installed} run --emulator`);
  const outside = asTyped({ environment, cwd: elsewhere, startedAs: '/tmp/fetched/loadwright' });
  expect(outside('then loadwright run --emulator')).toBe(`then ${fetched} run --emulator`);
});

it('finds the project of a Yarn that makes no folder of packages', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'loadwright-as-typed-'));
  writeFileSync(join(cwd, '.pnp.cjs'), '');
  expect(asTyped({ environment: run('yarn'), cwd })('loadwright run')).toBe('yarn loadwright run');
});

it.each([
  ['in its folder', project, 'node_modules/.bin/loadwright run'],
  ['below it', inner, '../../node_modules/.bin/loadwright run'],
  ['far from it', '/a/b/c/d/e/f/g', `${bin} run`],
])('is a path where it was started by one, %s', (_, cwd, typed) => {
  expect(asTyped({ environment: {}, cwd, startedAs: bin })('loadwright run')).toBe(typed);
});

it.each([
  ['in the folder itself', 'loadwright', './loadwright doctor'],
  ['a program', 'bin/loadwright.js', 'node bin/loadwright.js doctor'],
  ['a folder with a blank', 'my tests/loadwright', "'my tests/loadwright' doctor"],
])('can be typed where it is %s', (_, file, typed) => {
  const startedAs = join(elsewhere, file);
  expect(asTyped({ environment: {}, cwd: elsewhere, startedAs })('loadwright doctor')).toBe(typed);
});

it('stays a name where the shell finds that', () => {
  const PATH = ['/nowhere', join(bin, '..')].join(':');
  expect(asTyped({ environment: { PATH }, cwd: '/', startedAs: bin })('loadwright run')).toBe(
    'loadwright run',
  );
});

it.each([
  ['npm', project],
  ['npm', elsewhere],
  ['pnpm', project],
  ['yarn', project],
  ['bun', project],
  ['none', project],
  ['none', '/a/b/c/d/e/f/g'],
  ['none', elsewhere],
])('changes nothing twice: %s in %s', (manager, cwd) => {
  const startedAs = cwd === elsewhere ? join(elsewhere, 'bin/loadwright.js') : bin;
  const type = asTyped({ environment: run(manager), cwd, startedAs });
  const typed = type('loadwright doctor');
  expect(typed).not.toBe('loadwright doctor');
  expect(type(typed)).toBe(typed);
});

it('prints a command that works where the person stands', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'loadwright-as-typed-'));
  mkdirSync(join(cwd, 'tests of ours', 'node_modules', '.bin'), { recursive: true });
  symlinkSync(
    fileURLToPath(new URL('../../bin/loadwright.js', import.meta.url)),
    join(cwd, 'tests of ours', 'node_modules', '.bin', 'loadwright'),
  );
  const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: cwd };
  const sh = (command: string, folder: string) =>
    spawnSync('sh', ['-c', command], { cwd: join(cwd, folder), env, encoding: 'utf8' });
  const { stderr } = sh("'tests of ours/node_modules/.bin/loadwright' run", '.');
  const [, printed = ''] = /^next: (.+)$/m.exec(stderr) ?? [];
  expect(printed).toBe("'tests of ours/node_modules/.bin/loadwright' init");
  const { status, stdout } = sh(`${printed} --help`, '.');
  expect(status).toBe(0);
  expect(stdout).toContain("'tests of ours/node_modules/.bin/loadwright' init databricks");
});
