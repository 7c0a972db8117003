import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { blocks, command } from './documents.js';
import { project } from './project.js';

const many = blocks.filter(({ place }) => place.includes('how-to/many-endpoints.md'));
const textOf = (language: string, part: string) =>
  many.find((block) => block.language === language && block.text.includes(part))!.text;
const configuration = textOf('yaml', 'endpointName:');

/** A folder in which `npx --no-install loadwright run` is this one, and only looks. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = project();
  const npx = join(folder, 'bin/npx');
  const all = {
    ...files,
    'bin/npx': `#!/bin/sh\nshift 2\nexec "${process.execPath}" "${command}" "$@" --dry-run\n`,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  chmodSync(npx, 0o755);
  return folder;
}

async function sh(cwd: string, script: string) {
  const { PATH = '' } = process.env;
  const env = { PATH: `${join(cwd, 'bin')}${delimiter}${PATH}` };
  return execa('sh', ['-c', script], { cwd, env, extendEnv: false, reject: false, all: true });
}

it('the loop over endpoints tests each by its name, and fails when one does', async () => {
  const loop = textOf('sh', 'for endpoint');
  const folder = folderWith({ 'loadwright.config.yaml': configuration });
  const { exitCode, all } = await sh(folder, loop);
  expect({ exitCode, all }).toEqual({ exitCode: 0, all });
  for (const name of ['fraud', 'churn']) expect(all).toContain(`endpointName: ${name}`);
  // No name of an endpoint: that one fails, and the other one is tested all the same.
  const broken = await sh(folder, loop.replace('in fraud churn', "in 'a b' churn"));
  expect(broken.exitCode).toBe(1);
  expect(broken.all).toContain('endpointName: churn');
});

it('a configuration beside its service is found from the root', async () => {
  const [run] = textOf('sh', '--config services/fraud').split('\n');
  const folder = folderWith({ 'services/fraud/loadwright.config.yaml': configuration });
  const { exitCode, all } = await sh(folder, run!);
  expect({ exitCode, all }).toEqual({ exitCode: 0, all });
  expect(all).toContain('endpointName: fraud');
});
