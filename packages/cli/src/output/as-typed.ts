import { existsSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { commands } from '../commands.js';
import { shellWord } from '../shell/given.js';

const names = commands.map(({ usage }) => usage.split(' ')[0]).join('|');
/** What switches a colour on, which ends with a letter. */
const colour = String.raw`\u001b\[[\d;]*m`;
/** Not within a path, nor where it is already as it must be typed. */
const ofLoadwright = new RegExp(
  String.raw`(?<!--no-install\s+|pnpm exec\s+|yarn\s+|@loadwright/cli\s+|[/\\])(?:\b|(?<=${colour}))loadwright (?=(${names})\b|--\w)`,
  'g',
);

/**
 * What runs the command in a project that has it, and where npm and others fetch it for once. None of the first fetches what
 * somebody else published by that name.
 */
const managers = {
  npm: ['npx --no-install loadwright', 'npx @loadwright/cli'],
  pnpm: ['pnpm exec loadwright', 'pnpm dlx @loadwright/cli'],
  yarn: ['yarn loadwright', 'yarn dlx @loadwright/cli'],
  bun: ['bunx --no-install loadwright', 'bunx @loadwright/cli'],
} as const;

/** Where the command is called. */
export interface Caller {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The path of the program that was started; absent: by its name. */
  readonly startedAs?: string | undefined;
}

/**
 * How commands that are shown must be typed, so that the shell of whoever reads them finds them: through the package manager that
 * runs this one, by its name where that is on the PATH, or by a path.
 *
 * @returns a function that changes each command within a text, where it must be.
 */
export function asTyped(caller: Caller): (text: string) => string {
  const command = commandOf(caller);
  return command === 'loadwright' ? (text) => text : (text) => text.replaceAll(ofLoadwright, `${command} `);
}

function commandOf({ environment, cwd, startedAs }: Caller): string {
  const manager = managerOf(environment);
  const installed = findAbove(cwd, join('node_modules', '.bin', 'loadwright'));
  if (manager) {
    // Yarn has no such folder where it resolves packages by itself.
    const isInstalled =
      installed !== undefined || (manager === 'yarn' && findAbove(cwd, '.pnp.cjs') !== undefined);
    return managers[manager][isInstalled ? 0 : 1];
  }
  if (startedAs === undefined || isOnPath(environment['PATH'])) return 'loadwright';
  const path = pathFrom(cwd, installed ?? startedAs);
  return path.endsWith('.js') ? `node ${shellWord(path)}` : shellWord(path);
}

/** The package manager that runs this command. */
function managerOf(environment: Caller['environment']): keyof typeof managers | undefined {
  const named = environment['npm_config_user_agent']?.split('/')[0];
  if (named !== undefined && named in managers) return named as keyof typeof managers;
  // npm sets it to `exec` or `run`.
  return environment['npm_command'] ? 'npm' : undefined;
}

/** A file of a folder or of one above it. */
function findAbove(folder: string, file: string): string | undefined {
  const path = join(folder, file);
  if (existsSync(path)) return path;
  const parent = dirname(folder);
  return parent === folder ? undefined : findAbove(parent, file);
}

function isOnPath(path = ''): boolean {
  return path.split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, 'loadwright')));
}

/** As short as it can be, and never a name alone: a shell looks for that on the PATH. */
function pathFrom(cwd: string, file: string): string {
  const path = relative(cwd, file);
  if (path.length > file.length) return file;
  return dirname(path) === '.' ? `./${path}` : path;
}
