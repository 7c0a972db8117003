import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import * as loadwright from './index.js';

const command = fileURLToPath(new URL('../bin/loadwright.js', import.meta.url));

it('has what a program needs in one entry point', () => {
  const { createLoadTest, defineConfig, localFleet, ...others } = loadwright;
  for (const one of [createLoadTest, defineConfig, localFleet]) expect(one).toBeTypeOf('function');
  const targets = ['chalice', 'databricks', 'dht', 'rest', 'sagemaker'] as const;
  for (const kind of targets) expect(others[kind].definition.kind).toBe(kind);
});

it('brings the command', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(execFileSync(process.execPath, [command, '--version'], { encoding: 'utf8' }).trim()).toBe(version);
});

/** The clients of AWS that an entry point loads: they are CommonJS, and so in the cache of `require`. */
function clientsOf(entry: string): string[] {
  const program = `
    await import('${entry}');
    const { cache } = (await import('node:module')).createRequire(import.meta.url);
    console.log(JSON.stringify(Object.keys(cache)));
  `;
  const loaded = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const clients = (JSON.parse(loaded) as string[]).flatMap((path) => /client-[a-z0-9]+/.exec(path) ?? []);
  return [...new Set(clients)];
}

it('loads no SDK of AWS, which would take seconds, before a fleet there is asked for', () => {
  expect(clientsOf('loadwright')).toEqual([]);
  expect(clientsOf('loadwright/ecs')).toContain('client-ecs');
});
