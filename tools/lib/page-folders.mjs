import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/** Folders of `docs` that hold no pages. */
const withoutPages = ['examples', 'images', 'node_modules', 'test'];

/** @returns the folder and those within it, without hidden ones */
const nested = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && !withoutPages.includes(entry.name) && !entry.name.startsWith('.'),
    )
    .flatMap(({ name }) => nested(join(folder, name)))
    .concat(folder);

/** The folders that hold the pages of the documentation. */
export const pageFolders = nested(join(root, 'docs'));
