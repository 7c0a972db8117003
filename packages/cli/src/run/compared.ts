import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LoadwrightError } from '@loadwright/core';
import { writeWhole } from '@loadwright/core/command';
import { findRun, findRuns } from './results.js';

/** Where runs are looked for. */
export interface SideOptions {
  /** The results folder. */
  readonly results: string;
  /** Of each name the newest runs, so many. Absent: the newest one. */
  readonly last?: number | undefined;
  readonly cwd: string;
}

/**
 * The folders of runs.
 *
 * @param references Run ids, names and folders. Empty: the newest run.
 */
export async function findSide(
  references: readonly string[],
  { results, last, cwd }: SideOptions,
): Promise<string[]> {
  if (references.length === 0) return [(await findRun(results)).directory];
  const folders: string[] = [];
  for (const reference of references) {
    const folder = resolve(cwd, reference);
    if (await isRunFolder(folder)) folders.push(folder);
    else if (last === undefined) folders.push((await findRun(results, reference)).directory);
    else folders.push(...(await findRuns(results, reference, last)).map(({ directory }) => directory));
  }
  return folders;
}

const isRunFolder = (folder: string) =>
  stat(join(folder, 'summary.json')).then(
    (found) => found.isFile(),
    () => false,
  );

/** Writes a file that a flag names. @throws LoadwrightError `USAGE` that names both. */
export async function writeFileOf(flag: string, file: string, text: string): Promise<void> {
  try {
    await writeWhole(file, text, { mode: 0o666 });
  } catch (error) {
    throw new LoadwrightError('USAGE', `${flag} ${file}: ${(error as Error).message}.`, {
      hint: 'Name a file in a folder that exists and that you may write to.',
      cause: error,
    });
  }
}
