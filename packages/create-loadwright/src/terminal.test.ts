import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const terminal = here('../test/answer_in_terminal.py');
const command = here('../bin/create-loadwright.js');
const loadwright = here('../../loadwright');

const down = '\u001b[B';
const enter = '\r';

/** A folder, and a PATH on which npm puts the package of this repository where it would put the published one. */
function makeWorld() {
  const cwd = mkdtempSync(join(tmpdir(), 'create-in-terminal-'));
  const programs = join(cwd, '.programs');
  mkdirSync(programs);
  const npm = `#!/bin/sh
mkdir -p node_modules/.bin
ln -s '${loadwright}' node_modules/loadwright
ln -s ../loadwright/bin/loadwright.js node_modules/.bin/loadwright\n`;
  writeFileSync(join(programs, 'npm'), npm);
  chmodSync(join(programs, 'npm'), 0o755);
  return { cwd, env: { ...process.env, PATH: `${programs}${delimiter}${process.env['PATH']}` } };
}

it('asks three questions in a terminal, and writes a configuration of the answers', async () => {
  const { cwd, env } = makeWorld();
  // The second of the targets, its stand-in, and the load that is offered.
  const answers = [
    ['What do you want to test?', down + enter],
    ['Where is it?', enter],
    ['How much load?', enter],
  ];
  const asked = [terminal, JSON.stringify(answers), process.execPath, command, 'first-tests'];
  const { stdout } = await promisify(execFile)('python3', asked, { cwd, env });
  // In colour, and found by the shell.
  expect(stdout).toContain('npx --no-install loadwright run --emulator');
  expect(stdout).toContain('cd first-tests');
  const configuration = readFileSync(join(cwd, 'first-tests/loadwright.config.ts'), 'utf8');
  expect(configuration).toContain("from 'loadwright/config'");
  expect(configuration).toMatch(/kind: 'databricks'[^]*payloads: '\.\/payloads\.jsonl'[^]*users: 20/);
  expect(readFileSync(join(cwd, 'first-tests/payloads.jsonl'), 'utf8')).not.toBe('');
});

it('writes no configuration when Ctrl-C is typed in place of an answer', async () => {
  const { cwd, env } = makeWorld();
  const answers = [['What do you want to test?', '\u0003']];
  const asked = [terminal, JSON.stringify(answers), process.execPath, command, 'first-tests'];
  const ended = promisify(execFile)('python3', asked, { cwd, env });
  await expect(ended).rejects.toMatchObject({
    code: 105,
    stdout: expect.stringContaining('nothing was written') as string,
  });
});
