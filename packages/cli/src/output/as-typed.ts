import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commands } from '../commands.js';

const names = commands.map(({ usage }) => usage.split(' ')[0]).join('|');
const ofLoadwright = new RegExp(
  `(?<!--no-install\\s+)(?<!@loadwright/cli\\s+)\\bloadwright (?=(${names})\\b)`,
  'g',
);

/**
 * How commands that are shown must be typed. Where npm runs this command (`npx`, `npm run`) it lies in a project and
 * the shell does not find it; `--no-install` keeps npm from fetching what somebody else published by that name. Where it
 * lies in no project, npm has fetched it for once (`npx @loadwright/cli init`), and can only do so again.
 *
 * @returns a function that changes each command within a text, where it must be.
 */
export function asTyped(
  environment: Readonly<Record<string, string | undefined>>,
  cwd: string,
): (text: string) => string {
  // npm sets it to `exec` or `run-script`.
  if (!environment['npm_command']) return (text) => text;
  const typed = isInstalled(cwd) ? 'npx --no-install loadwright ' : 'npx @loadwright/cli ';
  return (text) => text.replaceAll(ofLoadwright, typed);
}

/** Whether npm finds the command from a folder. */
function isInstalled(folder: string): boolean {
  if (existsSync(join(folder, 'node_modules', '.bin', 'loadwright'))) return true;
  const parent = dirname(folder);
  return parent !== folder && isInstalled(parent);
}
