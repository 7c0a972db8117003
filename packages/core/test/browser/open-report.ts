import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { renderReportHtml } from '../../src/report/html.js';
import type { RunReport } from '../../src/results/summary.js';

/** A page that is open in the browser. */
export interface OpenReport {
  readonly page: Page;
  /** Errors and warnings of the console, and exceptions of the page. */
  readonly complaints: readonly string[];
  /** The addresses of everything that the page asked for, itself not counted. */
  readonly requests: readonly string[];
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

/** Writes a page to disk, opens it from there as a person would, and runs a check on it. */
export async function withPage(
  browser: Browser,
  html: string,
  options: BrowserContextOptions,
  check: (open: OpenReport) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'loadwright-report-'));
  const context = await browser.newContext(options);
  try {
    const file = join(directory, 'report.html');
    await writeFile(file, html);
    const address = pathToFileURL(file).href;
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== address) requests.push(request.url());
    });
    await page.goto(address);
    await check({ page, complaints, requests });
  } finally {
    await context.close();
    await rm(directory, { recursive: true });
  }
}

/** {@link withPage} of a report. */
export async function withReport(
  browser: Browser,
  report: RunReport,
  options: BrowserContextOptions,
  check: (open: OpenReport) => Promise<void>,
): Promise<void> {
  await withPage(browser, await renderReportHtml(report), options, check);
}
