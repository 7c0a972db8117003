import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { linksToPages, githubSlug } from './links.js';
import { writeTextsForModels } from './llms.js';
import { docs } from './places.js';
import { sidebar } from './sidebar.js';

/** A page asks for `/favicon.ico` unless it has an icon; this one needs no request. */
const icon =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0f6b5c"/>' +
      '<path d="M8 17l5 5 11-12" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>',
  );

export default defineConfig({
  title: 'Loadwright',
  description: 'Load tests for model endpoints, run by Locust, with a verdict that can be trusted',
  lang: 'en',
  head: [['link', { rel: 'icon', href: icon }]],
  // The site answers from any folder of any server; nothing of it comes from elsewhere.
  base: './',
  cacheDir: fileURLToPath(new URL('../.cache/vitepress', import.meta.url)),
  srcExclude: ['examples/**', 'test/**'],
  metaChunk: true,
  markdown: {
    // Anchors are those that a repository's own view of the same file has.
    anchor: { slugify: githubSlug },
    config: (markdown) => markdown.use(linksToPages),
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    sidebar,
    nav: [
      { text: 'Get started', link: '/tutorials/getting-started', activeMatch: '/tutorials/' },
      { text: 'How-to', link: '/how-to/', activeMatch: '/how-to/' },
      { text: 'Reference', link: '/reference/', activeMatch: '/reference/' },
      { text: 'Explanation', link: '/explanation/', activeMatch: '/(explanation|decisions)/' },
    ],
  },
  buildEnd(site) {
    writeTextsForModels(site);
    // A file to download, not a page.
    const dashboards = 'examples/grafana';
    cpSync(join(docs, dashboards), join(site.outDir, dashboards), { recursive: true });
  },
});
