/**
 * Writes the generated parts of the documentation: what stands between `<!-- generated:NAME -->` and
 * `<!-- /generated -->` in the Markdown files. With `--check` it changes nothing and fails when a part is out of date.
 * Needs the packages to be built.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { sections } from './docs/sections.mjs';
import { root } from './lib/paths.mjs';

const marked = /(<!-- generated:(\S+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;
const checkOnly = process.argv.includes('--check');

async function regenerate(path) {
  const before = readFileSync(path, 'utf8');
  const filled = before.replace(marked, (_, start, name, end) => {
    if (!sections[name]) throw new Error(`${relative(root, path)}: there is no generator for "${name}"`);
    return `${start}\n${sections[name]()}\n\n${end}`;
  });
  const after = await format(filled, { ...(await resolveConfig(path)), filepath: path });
  if (after === before || filled === before) return [];
  if (!checkOnly) writeFileSync(path, after);
  return [relative(root, path)];
}

const folders = [root, join(root, 'docs'), join(root, 'docs', 'targets'), join(root, 'docs', 'how-to')];
const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);
const changed = (await Promise.all(files.map(regenerate))).flat();
if (checkOnly && changed.length > 0) {
  process.stderr.write(`out of date: ${changed.join(', ')}; run node tools/generate-docs.mjs\n`);
  process.exitCode = 1;
} else if (changed.length > 0) {
  process.stdout.write(`written: ${changed.join(', ')}\n`);
}
