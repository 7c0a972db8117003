import { readFileSync } from 'node:fs';
import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { LoadwrightError, messageOf, type NextStep } from '../errors.js';
import { withoutCredentials } from '../secrets/redactor.js';
import { parseJsonFile, parseYamlFile } from './parse-file.js';
import { alternatives } from '../validation/describe-schema.js';
import { whyUnreadable } from './unreadable.js';

const endings = ['.ts', '.mts', '.js', '.mjs', '.json', '.yaml'];
/** The largest configuration file, in bytes: a larger one takes longer to parse than a person waits for an error. */
const longestFile = 1e6;
const stem = 'loadwright.config';
const allowedNames = `${stem}.{${endings.map((ending) => ending.slice(1)).join(',')}}`;

/** What a file is read as, and what its errors say of it. */
export interface FileKind {
  readonly noun: string;
  /** What an object of this kind has. */
  readonly expected: string;
  /** What to do where the file holds none. */
  readonly hint: string;
  readonly next: readonly NextStep[];
}

const configuration: FileKind = {
  noun: 'configuration',
  expected: 'an object with target',
  hint: 'A program exports it: export default defineConfig({ … }).',
  next: [{ action: 'create-configuration' }],
};

/**
 * The configuration file of a folder.
 *
 * @returns its absolute path, or undefined when there is none.
 * @throws LoadwrightError `CONFIG_UNREADABLE` when there are several.
 */
export async function findConfigFile(directory: string): Promise<string | undefined> {
  const entries = new Set(await readdir(directory));
  const found = endings.map((ending) => stem + ending).filter((name) => entries.has(name));
  if (found.length > 1) {
    throw new LoadwrightError('CONFIG_UNREADABLE', `found several configuration files: ${found.join(', ')}`, {
      hint: 'Keep one of them, or name the one to use: --config <file>.',
    });
  }
  return found[0] === undefined ? undefined : join(directory, found[0]);
}

/** The file that a user asked for, or the one of the folder. */
export async function locateConfigFile(
  cwd: string,
  file: string | undefined,
  kind = configuration,
): Promise<string> {
  if (file === undefined) {
    const found = await findConfigFile(cwd);
    if (found !== undefined) return found;
    throw new LoadwrightError(
      'CONFIG_UNREADABLE',
      `there is no configuration file in ${cwd}, expected ${allowedNames}`,
      {
        hint: 'Create one, or name one that is elsewhere: --config <file>.',
        next: [{ action: 'create-configuration' }],
      },
    );
  }
  const path = resolve(cwd, file);
  try {
    await requireReadable(path);
  } catch (error) {
    const shown = file === '' ? `${kind.noun} file` : file;
    throw new LoadwrightError('CONFIG_UNREADABLE', `${shown}: ${whyUnreadable(file, error)}`, {
      ...(await stepsAfter(error, file, path, kind)),
      cause: error,
    });
  }
  if (!endings.includes(extname(path))) {
    const found = extname(path) === '' ? 'no ending' : `the ending "${extname(path)}"`;
    throw new LoadwrightError(
      'CONFIG_UNREADABLE',
      `${file}: found ${found}, expected ${alternatives(endings)}`,
      {
        hint: 'Rename the file by what is in it.',
      },
    );
  }
  return path;
}

/** What to do about a file that a user named: a new one is offered only where there is none. */
async function stepsAfter(error: unknown, file: string, path: string, kind: FileKind) {
  const { code } = error as NodeJS.ErrnoException;
  if (file !== '' && code === 'EISDIR') {
    const inside = kind === configuration ? await findConfigFile(path).catch(() => undefined) : undefined;
    return { hint: `Name ${inside ? `the file in it: ${join(file, basename(inside))}` : 'a file in it'}.` };
  }
  if (code !== undefined && !['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code))
    return { hint: `It is ${path}.` };
  const { hint, next } = kind;
  return { hint: kind === configuration ? `Looked for ${path}.` : `Looked for ${path}. ${hint}`, next };
}

/** Throws what reading the file would fail with: the ending is judged before anything is read. */
async function requireReadable(path: string): Promise<void> {
  await access(path, constants.R_OK);
  const stats = await stat(path);
  if (stats.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  if (!stats.isFile()) throw new Error('it is not a regular file');
}

/**
 * The content of a configuration file, unchanged.
 *
 * @throws LoadwrightError `CONFIG_UNREADABLE`, `CONFIG_INVALID` when it is not an object.
 */
export async function readConfigFile(path: string, kind = configuration): Promise<Record<string, unknown>> {
  const name = basename(path);
  const { size } = await stat(path);
  if (size > longestFile) {
    throw new LoadwrightError(
      'CONFIG_UNREADABLE',
      `${name}: found ${Math.ceil(size / 1e6)} MB, expected at most ${longestFile / 1e6} MB`,
      { hint: 'Move the payloads into a file of their own: payloads: "payloads.jsonl".' },
    );
  }
  let content: unknown;
  try {
    content = await contentOf(path, name);
  } catch (error) {
    const reason = reasonOf(error, path);
    throw new LoadwrightError('CONFIG_UNREADABLE', `${name} cannot be read: ${reason}`, {
      hint: `Correct the file ${path}.`,
      cause: withoutQuotes(error, reason),
    });
  }
  if (
    typeof content === 'object' &&
    content !== null &&
    !Array.isArray(content) &&
    Object.keys(content).length > 0
  ) {
    return content as Record<string, unknown>;
  }
  throw new LoadwrightError('CONFIG_INVALID', `${name}: found no ${kind.noun}, expected ${kind.expected}`, {
    hint: kind.hint,
    next: kind.next,
  });
}

async function contentOf(path: string, name: string): Promise<unknown> {
  const ending = extname(path);
  if (ending === '.json') return parseJsonFile(await readFile(path, 'utf8'));
  if (ending === '.yaml') return parseYamlFile(await readFile(path, 'utf8'));
  const { loadConfig } = await import('c12');
  const { layers } = await loadConfig({
    cwd: dirname(path),
    configFile: name,
    // Nothing but this file: no other files, no remote ones, no variants by NODE_ENV.
    rcFile: false,
    globalRc: false,
    packageJson: false,
    dotenv: false,
    extend: false,
    giget: false,
    envName: false,
    // A cache would write the file's text, secrets included, to another folder.
    jitiOptions: { fsCache: false, moduleCache: false },
  });
  return layers?.find((layer) => layer.configFile === name)?.config;
}

/** The cause of an error for a stack trace, without its message: parsers quote the file, which may hold a secret. */
function withoutQuotes(error: unknown, reason: string): Error {
  const cause = new Error(reason);
  const frames = error instanceof Error ? (error.stack ?? '').match(/^\s+at .*$/gm) : undefined;
  cause.stack = [`${error instanceof Error ? error.name : 'Error'}: ${reason}`, ...(frames ?? [])].join('\n');
  return cause;
}

/** The first line of an error, without the piece of the file that parsers quote: it may hold a secret. */
function reasonOf(error: unknown, path: string): string {
  const message = messageOf(error);
  // c12 reads a property of whatever the file holds.
  if (error instanceof TypeError && message.includes("'$meta'")) return 'it is empty';
  // jiti: the reason, then on a line of its own the file with line and column, which begins at 0.
  const [, syntax, file, line, column] = /^ParseError: (.*?)\s*\n\s*(.+):(\d+):(\d+)\s*$/.exec(message) ?? [];
  if (syntax !== undefined && file !== undefined) {
    return `${withoutCredentials(syntax)} (${file === path ? '' : `${basename(file)}:`}${line}:${Number(column) + 1})`;
  }
  const withoutPath = message.replace(`${path}: `, '');
  const reason = path.endsWith('.json') ? withoutPath.replace(/, (?:\.{3})?".*/s, '') : withoutPath;
  return withoutCredentials(reason.split('\n')[0] ?? '').replace(
    / in JSON at position (\d+).*/,
    (_, position: string) => {
      const before = readFileSync(path, 'utf8').slice(0, Number(position)).split('\n');
      return ` (${before.length}:${(before.at(-1) ?? '').length + 1})`;
    },
  );
}
