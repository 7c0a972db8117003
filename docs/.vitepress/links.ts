import { posix } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { docs, projectPages, root } from './places.js';

/** The anchor that a repository's view gives a heading, so that a link works in both. */
export const githubSlug = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');

const project = new Map<string, string>(Object.entries(projectPages).map(([name, file]) => [file, name]));

/**
 * Where the site has what a page of the repository links to.
 *
 * @param target from the root of the repository, such as `docs/examples/loadwright-target-echo/src/index.ts`
 * @returns the page, such as `docs/reference/examples/loadwright-target-echo.md`; undefined: the target is a page itself
 */
function pageOf(target: string): string | undefined {
  const name = project.get(target);
  if (name) return `docs/project/${name}.md`;
  const example = /^docs\/examples\/(loadwright-(?:target|exporter)-[\w-]+)/.exec(target)?.[1];
  if (example) return `docs/reference/examples/${example}.md`;
  return target === 'docs/decisions' ? 'docs/decisions/index.md' : undefined;
}

/**
 * @param href a link, relative to the file
 * @param file that holds it, from the root of the repository
 * @param page where it stands on the site, from the root of the repository; the file by default
 * @returns the link for the site
 */
export function linkOnSite(href: string, file: string, page = file): string {
  if (/^([a-z]+:|#|\/)/.test(href)) return href;
  const [path = '', anchor] = href.split('#');
  const target = posix.join(posix.dirname(file), path).replace(/\/$/, '');
  const link = posix.relative(posix.dirname(page), pageOf(target) ?? target);
  return anchor === undefined ? link : `${link}#${anchor}`;
}

/** A plugin of markdown-it: links to files of the repository become links to the pages that show them. */
export function linksToPages(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('links-to-pages', ({ tokens, env }) => {
    const page = posix.relative(root, (env as { path: string }).path);
    if (!page.startsWith(posix.relative(root, docs)) || page.includes('[')) return;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href !== null) token.attrSet('href', linkOnSite(href, page));
    }
  });
}
