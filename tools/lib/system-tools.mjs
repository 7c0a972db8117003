import { ensureCommands, hasCommand } from '../ci/machine.mjs';
import { output } from './output.mjs';

/** What the files that make a machine ready are checked with, and what is not checked without it. */
const tools = [
  { command: 'cloud-init', debianPackage: 'cloud-init', checks: 'the schema of the user data' },
  { command: 'shellcheck', debianPackage: 'shellcheck', checks: "a machine's shell script" },
  { command: 'systemd-analyze', debianPackage: 'systemd', checks: "a machine's units" },
];

/**
 * In CI (`CI=true`) every tool must be there, and is installed on Debian and Ubuntu. Elsewhere nothing is installed:
 * tests that need a tool which this machine does not have are left out, and this says which.
 */
export async function checkSystemTools() {
  if (process.env.CI === 'true') {
    return ensureCommands(Object.fromEntries(tools.map((tool) => [tool.command, tool.debianPackage])));
  }
  for (const { command, checks } of tools) {
    if (await hasCommand(command)) continue;
    output().write(`left out, and checked in CI: ${checks}, for which there is no ${command} here\n`);
  }
}
