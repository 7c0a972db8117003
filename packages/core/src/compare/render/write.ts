import { join } from 'node:path';
import { makeFolder, writeWhole } from '../../files.js';
import type { Comparison } from '../contract.js';
import { renderComparisonHtml, type ComparedSides } from './html.js';
import { renderComparisonJunit } from './junit.js';
import { renderComparisonMarkdown } from './markdown.js';

/**
 * Writes a comparison in each of its forms: `comparison.json`, `comparison.html`, `comparison.md`, and `comparison.xml` (JUnit).
 *
 * @param directory Made if it is not there; for its owner alone, as what a run leaves.
 * @throws LoadwrightError `CONFIG_INVALID` that names the file, when the disk does not take it.
 */
export async function writeComparison(
  directory: string,
  comparison: Comparison,
  sides: ComparedSides,
): Promise<void> {
  await makeFolder(directory);
  const texts = {
    'comparison.json': `${JSON.stringify(comparison, null, 2)}\n`,
    'comparison.html': await renderComparisonHtml(comparison, sides),
    'comparison.md': renderComparisonMarkdown(comparison),
    'comparison.xml': renderComparisonJunit(comparison),
  };
  for (const [name, text] of Object.entries(texts)) await writeWhole(join(directory, name), text);
}
