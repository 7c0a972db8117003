import type { Page } from 'playwright-core';

export const desktop = { viewport: { width: 1280, height: 900 } };
export const phone = { viewport: { width: 375, height: 720 } };
/** Of several widths, the second is the narrowest at which two charts stand side by side. */
export const widths = [desktop, { viewport: { width: 900, height: 900 } }, phone];

/** Colours of the opaque pixels of every canvas, most frequent first. */
export const canvasColours = (page: Page): Promise<string[][]> =>
  page.evaluate(`[...document.querySelectorAll('.plot canvas')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const counts = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const colour = data.slice(at, at + 4).join();
      if (data[at + 3] === 255) counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    return [...counts].sort((left, right) => right[1] - left[1]).map(([colour]) => colour);
  })`);

export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - innerWidth');

/** Headings that reach beyond what they stand in, or whose text reaches beyond them. */
export const wideHeadings = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('h1, h2, h3, h4')]
    .filter((heading) => heading.checkVisibility())
    .filter((heading) => {
      const [own, around] = [heading, heading.parentElement].map((one) => one.getBoundingClientRect());
      return own.right > around.right + 1 || heading.scrollWidth > heading.clientWidth + 1;
    })
    .map((heading) => heading.innerText)`);

/** Key figures that reach out of their box, and charts that draw something at their left or right edge: it goes on beyond that. */
export const cut = (page: Page): Promise<string[]> =>
  page.evaluate(`[
    ...[...document.querySelectorAll('.figures .value')]
      .filter((value) => value.scrollWidth > value.clientWidth)
      .map((value) => value.innerText),
    ...[...document.querySelectorAll('[data-chart]')].filter((chart) => {
      const canvas = chart.querySelector('canvas');
      // Not the canvas itself: the browser complains where that is read often.
      const column = (x) => {
        const copy = new OffscreenCanvas(1, canvas.height).getContext('2d', { willReadFrequently: true });
        copy.drawImage(canvas, -x, 0);
        return copy.getImageData(0, 0, 1, canvas.height).data;
      };
      return [0, canvas.width - 1].some((x) => column(x).some((value, at) => at % 4 === 3 && value > 0));
    }).map((chart) => chart.dataset.chart),
  ]`);

/** What axe-core finds wrong: the rule and the first element that breaks it. */
export async function violations(page: Page): Promise<string[]> {
  const result = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    'axe.run()',
  );
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
