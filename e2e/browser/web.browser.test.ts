import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { busyMachineReasons } from '../../packages/infra/test/busy-machine.js';
import { detailedReport } from '../../packages/core/test/detailed-report-fixture.js';
import { run, TestIo } from '../../packages/cli/test/support.js';

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
      load: { users: 5, duration: '5m', waitTime: '50ms' },
      thresholds: { http_req_failed: ['rate<0.05'], http_req_duration: ['p(95)<60000'] },
      tolerate: busyMachineReasons,
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

it('shows two runs that go on side by side, and stops one of them', async () => {
  const file = join(cwd, 'loadwright.config.json');
  const configuration = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(join(cwd, 'other.json'), JSON.stringify({ ...configuration, name: 'other' }));
  const started = ['loadwright.config.json', 'other.json'].map((config) => {
    const io = new TestIo({ cwd });
    const running = run(['run', '--web', '--config', config], io);
    return { running, shown: () => io.stdout.text + io.stderr.text };
  });
  const pages = await Promise.all(
    started.map(async ({ shown }) => {
      await expect.poll(shown, { timeout: 90_000 }).toMatch(/live page: http/);
      const page = await browser.newPage();
      await page.goto(/live page: (\S+)/.exec(shown())![1]!);
      return page;
    }),
  );
  const [page, otherPage] = [pages[0]!, pages[1]!];
  await page.reload();
  await page.getByRole('link', { name: /^other, .* \(goes on\)$/ }).click();
  const rows = (id: string) => page.locator(`[data-chart="${id}"] tbody tr`);
  for (const id of ['throughput', 'throughput-beside']) {
    await expect.poll(() => rows(id).count(), { timeout: 90_000 }).toBeGreaterThan(1);
    const before = await rows(id).count();
    await expect.poll(() => rows(id).count(), { timeout: 30_000 }).toBeGreaterThan(before);
  }
  expect(await violations(page)).toEqual([]);

  await otherPage.getByRole('button', { name: 'Stop the load' }).click();
  expect((await started[1]!.running).exitCode).toBe(105);
  // The first one goes on, and has what it knew of the other.
  const before = await rows('throughput').count();
  await expect.poll(() => rows('throughput').count(), { timeout: 30_000 }).toBeGreaterThan(before);
  expect(await rows('throughput-beside').count()).toBeGreaterThan(1);
  await page.getByRole('button', { name: 'Stop the load' }).click();
  expect((await started[0]!.running).exitCode).toBe(105);
  expect((await readdir(join(cwd, 'results'))).sort()).toEqual(['live', 'other']);
  for (const one of pages) await one.close();
});

it('shows a run as it goes on, stops it, and becomes its report', async () => {
  const io = new TestIo({ cwd });
  const running = run(['run', '--web'], io);
  const shown = () => io.stdout.text + io.stderr.text;
  await expect.poll(shown, { timeout: 90_000 }).toMatch(/live page: http/);
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
  await expect.poll(() => points.count(), { timeout: 90_000 }).toBeGreaterThan(2);
  const before = await points.count();
  await expect.poll(() => points.count(), { timeout: 30_000 }).toBeGreaterThan(before);
  expect(await page.locator('h1').innerText()).toMatch(/^Holding\s+live/);
  expect(await page.locator('.plot canvas').count()).toBeGreaterThan(5);
  const [codes, traffic] = ['status-codes', 'traffic'].map((id) => page.locator(`[data-chart="${id}"]`));
  const countOf = async () => Number(await codes!.locator('tbody td').last().textContent());
  await expect.poll(countOf, { timeout: 30_000 }).toBeGreaterThan(0);
  expect(await codes!.locator('thead th').allTextContents()).toEqual(['Elapsed', '200']);
  expect(await traffic!.locator('.readout').innerText()).toMatch(/^Sent up to .+\/s, received up to .+\/s/);
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 390, height: 800 });
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);

  // Beside a run before, all goes on.
  await page.getByRole('link', { name: 'run-before' }).click();
  const beside = page.locator('[data-chart="throughput-beside"] .plot canvas');
  await expect.poll(() => beside.count(), { timeout: 30_000 }).toBe(1);
  const besideIt = await points.count();
  await expect.poll(() => points.count(), { timeout: 30_000 }).toBeGreaterThan(besideIt);
  await page.setViewportSize({ width: 1280, height: 900 });
  expect(await violations(page)).toEqual([]);

  isBroken = true;
  // The threshold turns, the load is stopped, and the page is the report.
  await expect.poll(() => page.locator('h1').innerText(), { timeout: 90_000 }).toMatch(/^Breaking/);
  expect(await page.locator('#thresholds').innerText()).toContain('http_req_failed');
  // A code that was not there before is a layer of its own, with its values.
  const legend = codes!.locator('.legend li');
  await expect.poll(() => legend.allTextContents(), { timeout: 30_000 }).toEqual(['200', '500']);
  await expect.poll(countOf, { timeout: 30_000 }).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Stop the load' }).click();
  await expect.poll(() => page.locator('h1').innerText(), { timeout: 90_000 }).toMatch(/^INVALID/);
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
