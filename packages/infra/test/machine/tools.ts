import { execa } from 'execa';

/**
 * Runs a tool of Debian or Ubuntu. A missing one fails the test, and says what to install: a check that is left out
 * would look like one that was passed.
 */
export async function runTool(debianPackage: string, command: string, args: readonly string[], env = {}) {
  const result = await execa(command, args, { reject: false, all: true, stdin: 'ignore', env });
  if (result.code === 'ENOENT') {
    throw new Error(`${command} is not installed: apt-get install --no-install-recommends ${debianPackage}`);
  }
  return { exitCode: result.exitCode, output: result.all };
}
