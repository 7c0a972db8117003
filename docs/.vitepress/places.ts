import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** The folder of the pages. */
export const docs = `${root}/docs`;

/** Files of the repository outside of docs/ that are pages of the site, by the names of their pages in `project/`. */
export const projectPages = {
  architecture: 'ARCHITECTURE.md',
  changelog: 'CHANGELOG.md',
  contributing: 'CONTRIBUTING.md',
  'ml-service': 'examples/ml-service/README.md',
  security: 'SECURITY.md',
  'third-party': 'THIRD-PARTY.md',
} as const;

/** @returns the first heading of a Markdown text, without its marks for code */
export function titleOf(text: string): string {
  return /^# (.+)$/m.exec(text)?.[1]?.replaceAll('`', '') ?? '';
}

export const read = (file: string): string => readFileSync(file, 'utf8');
