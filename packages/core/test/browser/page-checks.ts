import type { Page } from 'playwright-core';

export const desktop = { viewport: { width: 1280, height: 900 } };
export const phone = { viewport: { width: 375, height: 720 } };

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

/** What axe-core finds wrong: the rule and the first element that breaks it. */
export async function violations(page: Page): Promise<string[]> {
  const result = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    'axe.run()',
  );
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
