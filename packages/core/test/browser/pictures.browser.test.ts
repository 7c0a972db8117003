import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, withPage } from './open-report.js';
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
import { calibrationPage, comparisonPage, scalingPage } from './pictures.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const failIf = ['p(95)>+5%', 'http_req_duration{name:predict} p(99)>+10%', 'http_req_failed rate>+0.5pp'];
const pictures: readonly (readonly [title: string, charts: number, page: () => Promise<string>])[] = [
  ['a calibration', 4, () => calibrationPage()],
  ['a calibration with a generator that is too small', 3, () => calibrationPage(100)],
  ['a simulation of scaling with prices', 5, () => scalingPage(1.2)],
  ['a simulation of scaling without prices', 5, () => scalingPage()],
  ['a comparison of one run a side', 4, () => comparisonPage(1)],
  ['a comparison of pairs that fails', 4, () => comparisonPage(6, { failIf })],
  ['a comparison that is INVALID', 4, () => comparisonPage(1, { failIf })],
  [
    'a comparison that does not show what is required',
    4,
    () => comparisonPage(2, { require: ['p(95)<+60%'] }),
  ],
];

test.each(pictures)(
  '%s needs no network, fits every screen, and is accessible',
  async (_, charts, render) => {
    const html = await render();
    await withPage(browser, html, desktop, async ({ page, complaints, requests }) => {
      expect(await page.locator('.plot canvas').count()).toBe(charts);
      for (const { viewport } of widths) {
        await page.setViewportSize(viewport);
        expect(await overflow(page)).toBe(0);
        expect(await wideHeadings(page)).toEqual([]);
        // The charts are drawn anew with the frame after the change.
        await expect.poll(() => cut(page)).toEqual([]);
      }
      expect([complaints, requests]).toEqual([[], []]);
      await page.evaluate(axe.source);
      expect(await violations(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await violations(page)).toEqual([]);
      await page.setViewportSize(desktop.viewport);
      expect(await violations(page)).toEqual([]);
    });
  },
);

test.each(pictures)(
  '%s changes its colours in dark mode, charts and drawings included',
  async (_, __, render) => {
    const html = await render();
    await withPage(browser, html, desktop, async ({ page }) => {
      const drawn = () =>
        page.evaluate(`[document.body, ...document.querySelectorAll(':is(.forest svg, .frontier) :is(path, circle, rect, text)')].map((element) => {
        const { backgroundColor, fill, stroke } = getComputedStyle(element);
        return backgroundColor + fill + stroke;
      })`) as Promise<string[]>;
      const [light, lightCharts] = [await drawn(), await canvasColours(page)];
      await page.emulateMedia({ colorScheme: 'dark' });
      const dark = await drawn();
      expect(light.filter((colours, index) => colours === dark[index])).toEqual([]);
      // The page hears of the change with its next frame.
      await expect
        .poll(async () => {
          const darkCharts = await canvasColours(page);
          return darkCharts.every((colours, index) => colours[0] !== lightCharts[index]?.[0]);
        })
        .toBe(true);
    });
  },
);

test.each(pictures)('%s fits on paper, in light colours', async (_, __, render) => {
  const html = await render();
  await withPage(browser, html, { ...desktop, colorScheme: 'dark' }, async ({ page, complaints }) => {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.setViewportSize({ width: 703, height: 1000 });
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await page.evaluate(`getComputedStyle(document.body).color`)).toBe('rgb(21, 25, 31)');
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
  });
});

test('without JavaScript a comparison has its drawn intervals, and its numbers in tables', async () => {
  const html = await comparisonPage(6, { failIf });
  await withPage(browser, html, { ...phone, javaScriptEnabled: false }, async ({ page }) => {
    expect(await page.locator('.forest circle').count()).toBeGreaterThan(5);
    expect(await page.locator('noscript').first().innerText()).toContain('data tables hold the same numbers');
    await page.locator('[data-chart="p95"] summary').click();
    expect(await page.locator('[data-chart="p95"] tbody tr').count()).toBe(60);
    expect(await page.locator('[data-chart="p95"] thead').innerText()).toMatch(/mean of 6 runs.*lowest run/s);
  });
});

test('says each difference once on every screen, on a phone too without scrolling', async () => {
  const html = await comparisonPage(2);
  await withPage(browser, html, desktop, async ({ page }) => {
    for (const { viewport } of widths) {
      await page.setViewportSize(viewport);
      const seen = await page.evaluate<string[]>(
        `[...document.querySelectorAll('.forest tbody tr')].flatMap((row) => [...row.querySelectorAll('.strong, strong')]
          .filter((one) => one.getClientRects().length > 0 && one.getBoundingClientRect().right <= innerWidth)
          .map((one) => one.innerText.replace(':', '')))`,
      );
      expect(seen).toHaveLength(await page.locator('.forest tbody tr').count());
      for (const difference of seen) expect(difference).toMatch(/^[-+]?[\d.,]+ (%|pp)$|^–$/);
    }
  });
});

test('reads both sides of a comparison aloud under the arrow keys, with the range of the runs', async () => {
  const html = await comparisonPage(2);
  await withPage(browser, html, desktop, async ({ page }) => {
    const chart = page.locator('[data-chart="p95"]');
    await chart.locator('.plot').focus();
    await page.keyboard.press('ArrowRight');
    expect(await chart.locator('.readout').innerText()).toMatch(
      /^0:01: Baseline .* ms, Candidate .* ms, Baseline, lowest run .* ms, Baseline, highest run/,
    );
  });
});
