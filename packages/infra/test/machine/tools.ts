import { spawnSync } from 'node:child_process';
import { execa } from 'execa';
import { it } from 'vitest';

/**
 * A test that needs a tool of Debian or Ubuntu. In CI a missing tool fails it: a check that is left out would look like
 * one that was passed. Elsewhere it is left out, and `npm test` says so: not every machine has that tool.
 */
export const itWith = (command: string): ReturnType<typeof it.skipIf> =>
  it.skipIf(process.env['CI'] !== 'true' && spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0);

/** Runs a tool. A missing one fails the test, and says what to install. */
export async function runTool(debianPackage: string, command: string, args: readonly string[], env = {}) {
  const result = await execa(command, args, { reject: false, all: true, stdin: 'ignore', env });
  if (result.code === 'ENOENT') {
    throw new Error(`${command} is not installed: apt-get install --no-install-recommends ${debianPackage}`);
  }
  return { exitCode: result.exitCode, output: result.all };
}
