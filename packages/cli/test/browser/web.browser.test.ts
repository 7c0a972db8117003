import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { detailedReport } from '../../../core/test/detailed-report-fixture.js';
import { run, TestIo } from '../support.js';

let browser: Browser;
let service: Server;
let cwd: string;
let isBroken: boolean;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
afterAll(() => browser.close());

/** A service that answers half of its requests wrong, once it is to. */
beforeEach(async () => {
  isBroken = false;
  let number = 0;
  service = createServer((_request, response) => {
    const isWrong = isBroken && ++number % 2 === 0;
    setTimeout(() => response.writeHead(isWrong ? 500 : 200).end('{}'), 20);
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  cwd = await mkdtemp(join(tmpdir(), 'loadwright-web-'));
  // Of a run before there is more to draw than of one that goes on.
  const earlier = join(cwd, 'results', 'live', 'run-before');
  await mkdir(earlier, { recursive: true });
  const report = { ...detailedReport(), name: 'live', runId: 'run-before' };
  await writeFile(join(earlier, 'summary.json'), JSON.stringify(report));
  await writeFile(
    join(cwd, 'loadwright.config.json'),
    JSON.stringify({
      name: 'live',
      target: {
        kind: 'rest',
        baseUrl: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
        body: {},
      },
      load: { users: 5, duration: '40s', waitTime: '50ms' },
      thresholds: { http_req_failed: ['rate<0.05'], http_req_duration: ['p(95)<2000'] },
      tolerate: { 'event-loop-lag': 'tests share the machine', 'generator-cpu': 'tests share the machine' },
    }),
  );
});
afterEach(async () => {
  service.closeAllConnections();
  service.close();
  await rm(cwd, { recursive: true });
});

/** What axe-core finds wrong. */
async function violations(page: Page): Promise<string[]> {
  // The policy of the page lets nothing else run: a world of its own is not the page's.
  const { violations: found } = await page.evaluate<{
    violations: { id: string; nodes: { html: string }[] }[];
  }>(`${axe.source}; axe.run()`);
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

it('shows a run as it goes on, stops it, and becomes its report', async () => {
  const io = new TestIo({ cwd });
  const running = run(['run', '--web'], io);
  const shown = () => io.stdout.text + io.stderr.text;
  await expect.poll(shown, { timeout: 30_000 }).toMatch(/live page: http/);
  const [, url] = /live page: (\S+)/.exec(shown())!;
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url!);

  // The charts come with the load, and go on by themselves.
  const points = page.locator('[data-chart="throughput"] tbody tr');
  await expect.poll(() => points.count(), { timeout: 30_000 }).toBeGreaterThan(2);
  const before = await points.count();
  await expect.poll(() => points.count(), { timeout: 10_000 }).toBeGreaterThan(before);
  expect(await page.locator('h1').innerText()).toMatch(/^Holding\s+live/);
  expect(await page.locator('.plot canvas').count()).toBeGreaterThan(3);
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 390, height: 800 });
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);

  // Beside a run before, all goes on.
  await page.getByRole('link', { name: 'run-before' }).click();
  const beside = page.locator('[data-chart="throughput-beside"] .plot canvas');
  await expect.poll(() => beside.count(), { timeout: 10_000 }).toBe(1);
  const besideIt = await points.count();
  await expect.poll(() => points.count(), { timeout: 10_000 }).toBeGreaterThan(besideIt);
  await page.setViewportSize({ width: 1280, height: 900 });
  expect(await violations(page)).toEqual([]);

  isBroken = true;
  // The threshold turns, the load is stopped, and the page is the report.
  await expect.poll(() => page.locator('h1').innerText(), { timeout: 30_000 }).toMatch(/^Breaking/);
  expect(await page.locator('#thresholds').innerText()).toContain('http_req_failed');
  await page.getByRole('button', { name: 'Stop the load' }).click();
  await expect.poll(() => page.locator('h1').innerText(), { timeout: 30_000 }).toMatch(/^INVALID/);
  const { exitCode } = await running;
  expect({ exitCode, shown: shown() }).toEqual({ exitCode: 105, shown: shown() });
  expect(shown()).toContain('stopping (pressed)');

  // Nothing serves it any more, and all of it is there.
  await expect(fetch(url!)).rejects.toThrow();
  expect(await page.locator('#run').innerText()).toContain('This run');
  await page.locator('[data-chart="throughput"] .plot').focus();
  await page.keyboard.press('ArrowRight');
  expect(await page.locator('[data-chart="throughput"] .readout').innerText()).toMatch(/^0:01: /);
  expect(complaints).toEqual([]);
  await page.close();
});
