import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** The command, as it was built. */
export const command = join(root, 'packages/cli/dist/bin.js');

/** A fenced block of code in a Markdown file. */
export interface Block {
  /** `docs/reference/configuration.md:12` */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  /** The file that the block must be a part of, relative to the root. */
  readonly example: string | undefined;
}

/** A page of the documentation. */
export interface Page {
  readonly path: string;
  readonly directory: string;
  readonly text: string;
}

/** Folders of `docs` that hold no pages, or such as a build of the site makes from the code. */
const withoutPages = ['api', 'examples', 'images', 'node_modules', 'test'];

/** @returns the folder and those within it, without hidden ones and those that hold no pages */
const nested = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && !withoutPages.includes(entry.name) && !entry.name.startsWith('.'),
    )
    .flatMap(({ name }) => nested(join(folder, name)))
    .concat(folder);

const folders = [root, ...nested(join(root, 'docs'))];

export const pages: readonly Page[] = folders.flatMap((directory) =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({
      path: relative(root, join(directory, name)),
      directory,
      text: readFileSync(join(directory, name), 'utf8'),
    })),
);

const fence = /(?:<!-- example: (?<example>\S+) -->\n\n)?^```(?<language>\w*)\n(?<text>[\s\S]*?)^```$/gm;

export const blocks: readonly Block[] = pages.flatMap(({ path, text }) =>
  [...text.matchAll(fence)].map((match) => ({
    place: `${path}:${text.slice(0, match.index).split('\n').length}`,
    language: match.groups?.['language'] ?? '',
    text: match.groups?.['text'] ?? '',
    example: match.groups?.['example'],
  })),
);

/** The paths that a page links to, without those of other sites. */
export function localLinks(page: Page): string[] {
  return [...page.text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, path]) =>
    join(dirname(join(root, page.path)), path ?? ''),
  );
}
