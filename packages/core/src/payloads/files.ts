import { stat } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import { escapePath, glob, isDynamicPattern } from 'tinyglobby';
import { LoadwrightError } from '../errors.js';

/** What a path of payloads stands for. */
export interface FoundFiles {
  /** True for a folder or a pattern: then every file is a payload as it is. */
  readonly isMany: boolean;
  /** Relative to the base directory, or absolute, as the path was; sorted. */
  readonly names: readonly string[];
}

/**
 * The files of a path: its own, those of a folder, or those that match a pattern such as `img/*.jpg`. Hidden files belong to
 * neither, and those of folders within a folder only to a pattern with `**`.
 *
 * @throws LoadwrightError `PAYLOADS_INVALID` when a folder or a pattern has no file
 */
export async function filesOf(path: string, baseDirectory: string): Promise<FoundFiles> {
  const stats = await stat(resolve(baseDirectory, path)).catch(() => undefined);
  const isFolder = stats?.isDirectory() ?? false;
  // A file may have brackets in its name.
  if (!isFolder && (stats !== undefined || !isDynamicPattern(path))) return { isMany: false, names: [path] };
  const pattern = isFolder ? posix.join(escapePath(path), '*') : path;
  const names = await glob(pattern, { cwd: baseDirectory, expandDirectories: false });
  if (names.length === 0) {
    const problem = isFolder ? 'there is no file in this folder' : 'no file matches this pattern';
    const within = isFolder
      ? ` Files of folders within are found by a pattern: ${join(path, '**', '*.jpg')}.`
      : '';
    const hint = `Paths start from ${baseDirectory}, and hidden files are left out.${within}`;
    throw new LoadwrightError('PAYLOADS_INVALID', `${path}: ${problem}`, { hint });
  }
  return { isMany: true, names: names.sort() };
}
