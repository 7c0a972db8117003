import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../documents.js';
import { launchBrowser, serveSite, withPage, type Site } from './site.js';

let site: Site;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([serveSite(), launchBrowser()]);
});
afterAll(() => Promise.all([browser.close(), site.stop()]));

const desktop = { viewport: { width: 1280, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** One page of each kind: start, tutorial, how-to, tables, code, decision, an overview, an example, a file of the project. */
const kinds = [
  'index.html',
  'tutorials/getting-started.html',
  'how-to/run-is-invalid.html',
  'how-to/index.html',
  'reference/targets/chalice.html',
  'reference/examples/loadwright-target-echo.html',
  'decisions/0009-exact-histograms.html',
  'project/architecture.html',
];

/** What axe-core finds wrong: the rule and the first element that breaks it. */
async function violations(page: Page, rules = '{}'): Promise<string[]> {
  const result = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    `axe.run(${rules})`,
  );
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

test('pages are accessible, in light and in dark', async () => {
  await withPage({ browser, site }, desktop, async ({ page, elsewhere, complaints }) => {
    const found: string[] = [];
    for (const path of kinds) {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(site.address + path);
      await page.evaluate(axe.source);
      found.push(...(await violations(page)).map((violation) => `${path} ${violation}`));
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.waitForFunction('document.documentElement.classList.contains("dark")');
      const inDark = await violations(page, "{ runOnly: ['color-contrast'] }");
      found.push(...inDark.map((violation) => `${path} in dark: ${violation}`));
    }
    expect(found).toEqual([]);
    expect(complaints).toEqual([]);
    expect(elsewhere).toEqual([]);
  });
});

test('every page fits a phone of 390 px', async () => {
  // The pages are laid out by their HTML and styles alone.
  await withPage({ browser, site }, { ...phone, javaScriptEnabled: false }, async ({ page, elsewhere }) => {
    const wide: string[] = [];
    for (const path of site.paths) {
      await page.goto(site.address + path, { waitUntil: 'load' });
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      if (overflow !== 0) wide.push(`${path}: ${String(overflow)} px`);
    }
    expect(wide).toEqual([]);
    expect(elsewhere).toEqual([]);
  });
});

test('the search finds a page by a word of it, and asks nobody else', async () => {
  await withPage({ browser, site }, desktop, async ({ page, elsewhere }) => {
    await page.goto(site.address);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('searchbox').fill('CAN QUERY');
    await page.getByRole('option').first().waitFor();
    expect((await page.getByRole('option').allInnerTexts()).join('\n')).toMatch(/Databricks/);
    await page.getByRole('option', { name: 'Databricks' }).first().click();
    await page.waitForURL(/databricks/);
    expect(elsewhere).toEqual([]);
  });
});

/** Links and anchors of a page as it was built. */
function linksOf(path: string): { href: string; ids: ReadonlySet<string>; hrefs: readonly string[] } {
  const html = readFileSync(join(root, 'docs/.vitepress/dist', path), 'utf8');
  const decode = (text: string) => text.replaceAll('&amp;', '&').replaceAll('&#39;', "'");
  return {
    href: path,
    ids: new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => decode(id!))),
    hrefs: [...html.matchAll(/<(?:a|img)[^>]* (?:href|src)="([^"]*)"/g)].map(([, href]) => decode(href!)),
  };
}

test('every link within the site has an answer, and every anchor a place', async () => {
  const pages = new Map(site.paths.map((path) => [path, linksOf(path)]));
  const dead = new Set<string>();
  const others = new Set<string>();
  for (const [path, { hrefs }] of pages) {
    // The page that is shown in place of one that is missing answers at any address.
    if (path === '404.html') continue;
    for (const href of hrefs.filter((each) => !/^(https?|mailto|data):/.test(each))) {
      const { pathname, hash } = new URL(href, new URL(path, site.address));
      const target = pages.get(pathname.slice(1).replace(/(^|\/)$/, '$1index.html'));
      if (!target) others.add(pathname);
      else if (hash && !target.ids.has(decodeURIComponent(hash.slice(1)))) dead.add(`${path} → ${href}`);
    }
  }
  for (const pathname of others) {
    const { status } = await fetch(new URL(pathname, site.address));
    if (status !== 200) dead.add(`${pathname}: ${status}`);
  }
  expect([...dead]).toEqual([]);
});

test('every page prints: without navigation, within the paper, in the colours of light', async () => {
  // The width of A4 in pixels of CSS, without its margins of 1 cm.
  const paper = { viewport: { width: 718, height: 1047 }, javaScriptEnabled: false };
  await withPage({ browser, site }, paper, async ({ page }) => {
    await page.emulateMedia({ media: 'print' });
    const wrong: string[] = [];
    for (const path of site.paths) {
      await page.goto(site.address + path, { waitUntil: 'load' });
      const found = await page.evaluate<string[]>(`(() => {
        const isSeen = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 1;
        const isCut = (element) => element.getBoundingClientRect().right > innerWidth + 1 ||
          (getComputedStyle(element).overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1);
        const ofScreen = [...document.querySelectorAll('nav, aside, header, button, .VPLocalNav')].filter(isSeen);
        const cut = [...document.querySelectorAll('.vp-doc :is(table, td, pre, code, img, svg, p)')]
          .filter((element) => isSeen(element) && isCut(element));
        return [...ofScreen, ...cut.slice(0, 1)].map(({ outerHTML }) => outerHTML.slice(0, 120));
      })()`);
      wrong.push(...found.map((html) => `${path}: ${html}`));
    }
    expect(wrong).toEqual([]);
  });
  await withPage({ browser, site }, { ...desktop, colorScheme: 'dark' }, async ({ page }) => {
    await page.goto(`${site.address}how-to/start-a-project.html`);
    await page.waitForFunction('document.documentElement.classList.contains("dark")');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.evaluate(axe.source);
    expect(await violations(page, "{ runOnly: ['color-contrast'] }")).toEqual([]);
    const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe('rgb(255, 255, 255)');
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
  });
});

test('reading needs no scripts', async () => {
  await withPage({ browser, site }, { ...desktop, javaScriptEnabled: false }, async ({ page }) => {
    await page.goto(`${site.address}how-to/run-is-invalid.html`);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('INVALID');
    expect(await page.getByRole('table').count()).toBeGreaterThan(0);
  });
});

test('llms.txt names every page, and llms-full.txt holds it', async () => {
  const text = async (name: string) => (await fetch(site.address + name)).text();
  const [index, full] = [await text('llms.txt'), await text('llms-full.txt')];
  const links = [...index.matchAll(/\]\(([^)]+\.md)\)/g)].map(([, link]) => link!);
  const own = site.paths.filter((path) => /^(tutorials|how-to|reference|explanation|decisions)\//.test(path));
  const pages = own.filter((path) => !/(^|\/)index\.html$|\/examples\//.test(path));
  expect(links.map((link) => link.replace(/\.md$/, '.html')).toSorted()).toEqual(pages.toSorted());
  for (const link of links) {
    expect((await fetch(site.address + link)).status).toBe(200);
    // Signatures are found by the index alone.
    expect(full.includes(`<!-- ${link} -->`)).toBe(!link.startsWith('reference/api/'));
  }
});
