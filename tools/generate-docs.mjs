/**
 * Writes the generated parts of the documentation: what stands between `<!-- generated:NAME -->` and
 * `<!-- /generated -->` in the Markdown files, and the pages of error codes, failures and reasons for INVALID. With `--check` it changes nothing and fails when a part is out of date.
 * Needs the packages to be built.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { explanationPages } from './docs/explanation-pages.mjs';
import { sections } from './docs/sections.mjs';
import { pageFolders } from './lib/page-folders.mjs';
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

/** Pages that are generated whole: what is in their folder and is none of them goes. */
async function regenerateFolder([folder, pages]) {
  const directory = join(root, folder);
  const changed = [];
  for (const [name, text] of Object.entries(pages)) {
    const path = join(directory, name);
    const wanted = await format(text, { ...(await resolveConfig(path)), filepath: path });
    if (existsSync(path) && readFileSync(path, 'utf8') === wanted) continue;
    changed.push(join(folder, name));
    if (checkOnly) continue;
    mkdirSync(directory, { recursive: true });
    writeFileSync(path, wanted);
  }
  const there = existsSync(directory) ? readdirSync(directory) : [];
  for (const name of there.filter((each) => !Object.hasOwn(pages, each))) {
    changed.push(join(folder, name));
    if (!checkOnly) rmSync(join(directory, name));
  }
  return changed;
}

const changed = (await Promise.all(Object.entries(explanationPages).map(regenerateFolder))).flat();
const files = [root, ...pageFolders].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);
changed.push(...(await Promise.all(files.map(regenerate))).flat());
if (checkOnly && changed.length > 0) {
  process.stderr.write(`out of date: ${changed.join(', ')}; run node tools/generate-docs.mjs\n`);
  process.exitCode = 1;
} else if (changed.length > 0) {
  process.stdout.write(`written: ${changed.join(', ')}\n`);
}
