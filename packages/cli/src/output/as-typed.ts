import { commands } from '../commands.js';

const names = commands.map(({ usage }) => usage.split(' ')[0]).join('|');
const ofLoadwright = new RegExp(`(?<!--no-install\\s+)\\bloadwright (?=(${names})\\b)`, 'g');

/**
 * How commands that are shown must be typed. Where npm runs this command (`npx`, `npm run`) it lies in a project and
 * the shell does not find it; `--no-install` keeps npm from fetching what somebody else published by that name.
 *
 * @returns a function that changes each command within a text, where it must be.
 */
export function asTyped(environment: Readonly<Record<string, string | undefined>>): (text: string) => string {
  // npm sets it to `exec` or `run-script`.
  if (!environment['npm_command']) return (text) => text;
  return (text) => text.replaceAll(ofLoadwright, 'npx --no-install loadwright ');
}
