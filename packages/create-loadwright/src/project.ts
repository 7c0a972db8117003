import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Options } from './options.js';
import { Problem } from './problem.js';

/** What a folder may hold that counts as empty. */
const ignored = new Set(['.DS_Store', '.git', '.idea', '.vscode']);

export interface Project {
  readonly folder: string;
  readonly name: string;
  /** Is it the folder in which the command was called? */
  readonly isHere: boolean;
}

/** @throws Problem when the folder holds something, or gives no name of a package */
export function chooseProject({ folder: given, name }: Options, cwd: string): Project {
  const folder = resolve(cwd, given ?? (isEmpty(cwd) ? '.' : 'load-tests'));
  const isHere = folder === resolve(cwd);
  if (!isEmpty(folder)) {
    throw new Problem(
      `${folder} is not empty`,
      'name another folder: npm create loadwright@latest my-load-tests',
      104,
    );
  }
  return { folder, name: nameOf(folder, { name, isHere }), isHere };
}

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).every((entry) => ignored.has(entry));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

/** https://docs.npmjs.com/cli/configuring-npm/package-json#name */
function nameOf(
  folder: string,
  { name: given, isHere }: { readonly name: string | undefined; readonly isHere: boolean },
): string {
  const name = given ?? (isHere ? asName(basename(folder)) : basename(folder));
  if (/^(@[a-z0-9-][a-z0-9-._]*\/)?[a-z0-9-][a-z0-9-._]*$/.test(name) && name.length <= 214) return name;
  throw new Problem(
    `"${name}" is no name of a package: small letters, digits, "-", "." and "_"`,
    given === undefined
      ? 'name the package by --name my-load-tests, or take another folder'
      : 'correct --name',
    104,
  );
}

/** A folder that is there already has a name that suits its owner, and the package is private. */
function asName(folder: string): string {
  return (
    folder
      .toLowerCase()
      .replaceAll(/[^a-z0-9-._]+/g, '-')
      .replace(/^[._]+/, '') || 'load-tests'
  );
}

/** Writes what npm needs; the configuration is the matter of `loadwright init`. */
export function writeProject({ folder, name }: Project): void {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const manifest = {
    name,
    private: true,
    type: 'module',
    scripts: {
      'load-test': 'loadwright run',
      'load-test:emulator': 'loadwright run --emulator --duration 10s',
    },
    devDependencies: { loadwright: `^${version}` },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(join(folder, '.gitignore'), 'node_modules/\nresults/\n');
}
