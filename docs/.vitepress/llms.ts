import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SiteConfig } from 'vitepress';
import { docs, read } from './places.js';
import { firstParagraph, groupsOf, sectionNames } from './sections.js';

/**
 * Writes `llms.txt` (an index), `llms-full.txt` (every page) and the Markdown of each page beside its HTML, for readers
 * that are language models.
 */
export function writeTextsForModels({ outDir, site }: SiteConfig): void {
  const heading = `# ${site.title}\n\n> ${site.description}\n`;
  const index = [heading];
  const full = [heading];
  for (const section of sectionNames) {
    const { title, groups } = groupsOf(section);
    const lines = groups
      .flatMap(({ pages }) => pages)
      .map((page) => {
        const file = `${page.path}.md`;
        const text = read(join(docs, file)).replace(/<!--[\s\S]*?-->\n*/g, '');
        mkdirSync(dirname(join(outDir, file)), { recursive: true });
        writeFileSync(join(outDir, file), text);
        // Nine tenths of it would be signatures.
        if (!page.path.startsWith('reference/api/')) full.push(`<!-- ${file} -->\n\n${text}`);
        return `- [${page.title}](${file}): ${firstParagraph(text)}`;
      });
    // By the convention of llms.txt "Optional" is what a reader with little room skips.
    index.push(`## ${section === 'decisions' ? 'Optional' : title}\n\n${lines.join('\n')}\n`);
  }
  writeFileSync(join(outDir, 'llms.txt'), index.join('\n'));
  writeFileSync(join(outDir, 'llms-full.txt'), full.join('\n'));
}
