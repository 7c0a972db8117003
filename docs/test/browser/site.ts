import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { preview } from 'vite';
import { root } from '../documents.js';

const built = join(root, 'docs/.vitepress/dist');

/** The site as it was built, on a port of loopback. */
export interface Site {
  /** Ends with a slash. */
  readonly address: string;
  /** Every page, from the root of the site: `how-to/ci.html`. */
  readonly paths: readonly string[];
  stop(): Promise<void>;
}

/** Builds the site, which fails on dead links, and serves what was built. */
export async function serveSite(): Promise<Site> {
  await promisify(execFile)('npm', ['run', 'site:build', '-w', 'docs'], { cwd: root });
  const server = await preview({
    configFile: false,
    root: built,
    appType: 'mpa',
    logLevel: 'silent',
    build: { outDir: '.' },
    preview: { host: '127.0.0.1', port: 0 },
  });
  const paths = readdirSync(built, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.html'))
    .map((path) => relative(built, join(built, path)));
  return { address: server.resolvedUrls!.local[0]!, paths, stop: () => server.close() };
}

/** Debian's chromium, told to keep to itself. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page that is open, and what it asked for from elsewhere. */
export interface OpenPage {
  readonly page: Page;
  readonly elsewhere: readonly string[];
  readonly complaints: readonly string[];
}

/** Opens pages of the site one after the other. */
export async function withPage(
  { browser, site }: { browser: Browser; site: Site },
  options: BrowserContextOptions,
  check: (open: OpenPage) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const elsewhere: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(site.address) && !request.url().startsWith('data:'))
        elsewhere.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await check({ page, elsewhere, complaints });
  } finally {
    await context.close();
  }
}
