import { readdirSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { docs, read } from './places.js';

const folder = join(docs, 'examples');

/** The packages in `docs/examples`: each is shown on a page of its own. */
export const exampleFolders = readdirSync(folder).filter((name) =>
  /^loadwright-(?:target|exporter)-/.test(name),
);

const shown = ['.ts', '.mjs', '.py', '.json'];

function filesOf(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory())
      return /node_modules|dist|results|__pycache__/.test(entry.name) ? [] : filesOf(path);
    return shown.includes(extname(entry.name)) && entry.name !== 'tsconfig.json' ? [path] : [];
  });
}

/** @returns the Markdown of a page that shows every file of an example */
export function examplePage(name: string): string {
  const files = filesOf(join(folder, name)).map((file) => {
    const code = read(file).trimEnd();
    return `## ${relative(join(folder, name), file)}\n\n~~~~${extname(file).slice(1)}\n${code}\n~~~~`;
  });
  return [`# ${name}`, `The files of \`docs/examples/${name}\`.`, ...files].join('\n\n');
}
