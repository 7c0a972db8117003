import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWhole } from '@loadwright/core/command';
import type { TargetNames } from './names.js';

const template = fileURLToPath(new URL('template/', import.meta.url));
const ending = '.template';

/**
 * Writes the files of a package with a target.
 *
 * @param version of Loadwright, which the package depends on
 * @returns their paths in the folder, sorted
 */
export async function writeTarget(folder: string, names: TargetNames, version: string): Promise<string[]> {
  const entries = await readdir(template, { recursive: true, withFileTypes: true });
  const values: Readonly<Record<string, string>> = { ...names, version };
  const fill = (text: string) =>
    text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
  const written: string[] = [];
  for (const { name, parentPath } of entries.filter(
    (entry) => entry.isFile() && entry.name.endsWith(ending),
  )) {
    const source = join(parentPath, name);
    // npm leaves a file called .gitignore out of the packages that it publishes.
    const plain = name === `gitignore${ending}` ? '.gitignore' : fill(name.slice(0, -ending.length));
    const path = join(dirname(relative(template, source)), plain);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeWhole(join(folder, path), fill(await readFile(source, 'utf8')), { mode: 0o666 });
    written.push(path);
  }
  return written.sort();
}
