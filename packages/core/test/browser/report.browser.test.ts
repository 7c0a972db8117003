import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chartOfLoad, generatorCharts, timeCharts } from '../../src/report/charts.js';
import { requestCharts } from '../../src/report/request-charts.js';
import type { RunReport } from '../../src/results/summary.js';
import { emptyReport, hostileReport, openReport, passingReport, realisticReport } from '../report-fixture.js';
import { detailedReport, tooShortReport, unbalancedReport } from '../detailed-report-fixture.js';
import { launchBrowser, withReport } from './open-report.js';
import {
  canvasColours,
  cut,
  desktop,
  overflow,
  phone,
  violations,
  wideHeadings,
  widths,
} from './page-checks.js';

const dark: BrowserContextOptions = { ...desktop, colorScheme: 'dark' };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const reports: readonly (readonly [string, RunReport])[] = [
  ['a failed run', realisticReport()],
  ['a passed run', passingReport()],
  ['a run without requests', emptyReport()],
  ['a run with an arrival rate', openReport()],
  ['a run with hostile names', hostileReport()],
  ['a run with all that a report can hold', detailedReport()],
  ['a run whose sums do not agree', unbalancedReport()],
  ['a run of less than a second', tooShortReport()],
  [
    'a run of eight hours on twelve workers',
    realisticReport({ samples: 28_800, workers: 12, peakUsers: 5000 }),
  ],
  ['a run of one second', realisticReport({ samples: 1 })],
];

test.each(reports)('%s opens from disk without complaints, the network, or overflow', async (_, report) => {
  await withReport(browser, report, desktop, async ({ page, complaints, requests }) => {
    expect(await page.locator('h1').innerText()).toContain(report.verdict);
    const overTime = [timeCharts, generatorCharts, requestCharts].flatMap((charts) => charts(report)).length;
    const distributions = report.distribution.length === 0 ? 0 : report.arrivals ? 2 : 1;
    const charts = overTime + distributions + (chartOfLoad(report) ? 1 : 0);
    expect(await page.locator('.plot canvas').count()).toBe(charts);
    expect((await canvasColours(page)).filter((colours) => colours.length < 3)).toEqual([]);
    for (const { viewport } of widths) {
      await page.setViewportSize(viewport);
      expect(await overflow(page)).toBe(0);
      expect(await wideHeadings(page)).toEqual([]);
      // The charts are drawn anew with the frame after the change.
      await expect.poll(() => cut(page)).toEqual([]);
    }
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
  });
});

test.each(reports.slice(0, 8))('%s has no accessibility violation', async (_, report) => {
  await withReport(browser, report, desktop, async ({ page }) => {
    await page.evaluate(axe.source);
    await page.evaluate(
      `document.querySelectorAll('details.sample').forEach((details) => { details.open = true; })`,
    );
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize(phone.viewport);
    expect(await violations(page)).toEqual([]);
  });
});

test('changes its colours in dark mode, charts included, while it is open', async () => {
  await withReport(browser, realisticReport(), desktop, async ({ page }) => {
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const [lightGround, lightCharts] = [await ground(), await canvasColours(page)];
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await ground()).not.toBe(lightGround);
    // The page hears of the change with its next frame.
    await expect
      .poll(async () => {
        const darkCharts = await canvasColours(page);
        return darkCharts.every((colours, index) => colours[0] !== lightCharts[index]?.[0]);
      })
      .toBe(true);
  });
});

test('reads a chart aloud under the arrow keys', async () => {
  await withReport(browser, realisticReport(), desktop, async ({ page }) => {
    const chart = page.locator('[data-chart="throughput"]');
    const readout = chart.locator('.readout');
    const summary = await readout.innerText();
    await chart.locator('.plot').focus();
    expect(await readout.getAttribute('aria-live')).toBe('polite');
    const heard = [summary];
    for (const key of ['ArrowRight', 'ArrowRight', 'PageDown', 'End', 'ArrowLeft', 'Home']) {
      await page.keyboard.press(key);
      heard.push(await readout.innerText());
    }
    expect(heard.map((text) => text.split(': ')[0])).toEqual([
      summary,
      '0:01',
      '0:02',
      '0:12',
      '2:00',
      '1:59',
      '0:01',
    ]);
    expect(heard[1]).toMatch(/^0:01: Requests\/s \d+, Failures\/s \d+$/);
    // The other charts show the same moment, in silence.
    const other = page.locator('[data-chart="users"] .readout');
    expect(await other.innerText()).toMatch(/^0:01: Users/);
    expect(await other.getAttribute('aria-live')).toBeNull();
    await page.keyboard.press('Escape');
    expect(await readout.innerText()).toBe(summary);
  });
});

test('shows a part of the load in every chart over time, and all of it again', async () => {
  await withReport(browser, detailedReport(), desktop, async ({ page, complaints }) => {
    // What the axis of a chart says is drawn; what it reads under the keys is not.
    const shown = (id: string) =>
      page.evaluate(`document.querySelector('[data-chart="${id}"] .plot').dataset.range`);
    const plot = page.locator('[data-chart="throughput"] .u-over');
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 50, { steps: 5 });
    await page.mouse.up();
    const [from, to] = String(await shown('throughput'))
      .split(' ')
      .map(Number);
    expect(from).toBeCloseTo(30, -1);
    expect(to).toBeCloseTo(60, -1);
    expect(await shown('users')).toBe(await shown('throughput'));
    expect(await shown('worker-cpu')).toBe(await shown('throughput'));
    await plot.dblclick();
    expect(await shown('users')).toBe('0 120');
    await page.locator('[data-chart="users"] .plot').focus();
    await page.keyboard.press('+');
    expect(await shown('throughput')).toBe('30 90');
    await page.keyboard.press('-');
    expect(await shown('throughput')).toBe('0 120');
    await page.keyboard.press('+');
    await page.keyboard.press('0');
    expect(await shown('throughput')).toBe('0 120');
    expect(complaints).toEqual([]);
  });
});

test('shows a part of the latency against the load, in that chart alone', async () => {
  await withReport(browser, detailedReport(), desktop, async ({ page, complaints }) => {
    const shown = (id: string) =>
      page.evaluate(`document.querySelector('[data-chart="${id}"] .plot').dataset.range`);
    const whole = await shown('throughput');
    const plot = page.locator('[data-chart="load"] .u-over');
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 50, { steps: 5 });
    await page.mouse.up();
    const [from, to] = String(await shown('load'))
      .split(' ')
      .map(Number);
    expect(from).toBeCloseTo(100, -1);
    expect(to).toBeCloseTo(150, -1);
    expect(await shown('throughput')).toBe(whole);
    await page.locator('[data-chart="load"] .plot').focus();
    await page.keyboard.press('0');
    expect(await shown('load')).toBe('0 200');
    await page.keyboard.press('Escape');
    await page.keyboard.press('+');
    expect(await shown('load')).toBe('50 150');
    expect(complaints).toEqual([]);
  });
});

test('reads each layer of a stack with its own value', async () => {
  await withReport(browser, detailedReport(), desktop, async ({ page }) => {
    await page.locator('[data-chart="status-codes"] .plot').focus();
    await page.keyboard.press('End');
    expect(await page.locator('[data-chart="status-codes"] .readout').innerText()).toMatch(
      /^2:00: 200 4\d\d, 429 \d, 503 \d\d, no answer: timeout \d$/,
    );
  });
});

test('on a phone no name of a metric breaks within a word, and what was measured is on the screen', async () => {
  await withReport(browser, detailedReport(), { viewport: { width: 390, height: 800 } }, async ({ page }) => {
    const broken = await page.evaluate<
      string[]
    >(`[...document.querySelectorAll('#thresholds .metric code:first-child')]
      .flatMap((code) => [...code.childNodes].filter((node) => node.nodeType === 3 && node.data.trim()).filter((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return range.getClientRects().length > 1;
      }).map((node) => node.data))`);
    expect(broken).toEqual([]);
    const right = await page.evaluate<number>(
      `Math.max(...[...document.querySelectorAll('#thresholds td.number.strong')].map((cell) => cell.getBoundingClientRect().right))`,
    );
    expect(right).toBeLessThanOrEqual(390);
  });
});

test('with an arrival rate no table is wider than a desktop', async () => {
  await withReport(browser, openReport(), desktop, async ({ page }) => {
    const cut = await page.evaluate(
      `[...document.querySelectorAll('#requests .scroll')].map((box) => box.scrollWidth - box.clientWidth)`,
    );
    expect(cut).toEqual([0, 0]);
  });
});

test('is in reach of the Tab key from the first to the last part', async () => {
  await withReport(browser, realisticReport(), desktop, async ({ page }) => {
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    const reached = new Set<string>();
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(`document.activeElement.closest('section')?.id ?? ''`));
    }
    for (const id of ['thresholds', 'requests', 'over-time', 'latency', 'run']) expect(reached).toContain(id);
  });
});

test('scrolls a wide table inside its own box with the keyboard', async () => {
  await withReport(browser, realisticReport(), phone, async ({ page }) => {
    const box = page.locator('#requests .scroll');
    await box.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => box.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
    expect(await overflow(page)).toBe(0);
  });
});

test('prints in light colours, with the configuration, and is as before afterwards', async () => {
  await withReport(browser, realisticReport(), dark, async ({ page, complaints }) => {
    const before = await canvasColours(page);
    const document = await page.pdf({ format: 'A4', printBackground: true });
    expect(document.subarray(0, 5).toString()).toBe('%PDF-');
    expect(await page.locator('.configuration').getAttribute('open')).toBeNull();
    expect(await canvasColours(page)).toEqual(before);

    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.setViewportSize({ width: 703, height: 1000 });
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await page.locator('.configuration').getAttribute('open')).not.toBeNull();
    expect(await page.evaluate(`getComputedStyle(document.body).color`)).toBe('rgb(21, 25, 31)');
    // A line is never broken between pages, so no heading is parted from its chart.
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.charts .chart')).display`)).toBe(
      'inline-block',
    );
    // Whatever reaches beyond the paper makes the browser print everything smaller.
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
  });
});

/** Pixels of each chart over time that are tinted with the colour of a failure, as the ground of a stall is. */
const tintedPixels = (page: Page): Promise<number[]> =>
  page.evaluate(`[...document.querySelectorAll('.chart.time .plot canvas')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let tinted = 0;
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue, alpha] = data.slice(at, at + 4);
      if (alpha > 30 && alpha < 45 && red > 120 && green < 90 && blue < 90) tinted++;
    }
    return tinted;
  })`);

test('marks a stall in every chart over time', async () => {
  const report = detailedReport();
  await withReport(browser, report, desktop, async ({ page }) => {
    const tinted = await tintedPixels(page);
    const overTime = [timeCharts, generatorCharts, requestCharts].flatMap((charts) => charts(report));
    expect(tinted).toHaveLength(overTime.length);
    for (const pixels of tinted) expect(pixels).toBeGreaterThan(500);
  });
  await withReport(browser, { ...report, stalls: [] }, desktop, async ({ page }) => {
    for (const pixels of await tintedPixels(page)) expect(pixels).toBeLessThan(100);
  });
});

test('shows a value between two gaps as a dot', async () => {
  const report = realisticReport({ samples: 40 });
  const silent = { p50: null, p95: null, p99: null };
  const series = report.series.map((sample, index) => (index === 20 ? sample : { ...sample, ...silent }));
  const opaque = async (changed: RunReport) => {
    let pixels = 0;
    await withReport(browser, changed, desktop, async ({ page }) => {
      pixels = await page.evaluate(`(() => {
        const canvas = document.querySelector('[data-chart="response-times"] canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let blue = 0;
        for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200 && data[at + 2] > 150 && data[at] < 80) blue++;
        return blue;
      })()`);
    });
    return pixels;
  };
  expect(await opaque({ ...report, series })).toBeGreaterThan(20);
  expect(await opaque({ ...report, series: series.map((sample) => ({ ...sample, ...silent })) })).toBe(0);
});

test('opens a sample of a failure with the keyboard', async () => {
  await withReport(browser, detailedReport(), phone, async ({ page }) => {
    const sample = page.locator('details.sample').first();
    const body = sample.locator('pre');
    expect(await body.isVisible()).toBe(false);
    await sample.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await body.innerText()).toContain('<retry later>');
    expect(await overflow(page)).toBe(0);
  });
});

test('keeps hostile text as text', async () => {
  await withReport(browser, hostileReport(), desktop, async ({ page }) => {
    expect(await page.evaluate('window.broken')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('#requests tbody th').first().innerText()).toContain('</script><img');
  });
});
