import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { docs, read, titleOf } from './places.js';

/** The folders of pages in the order in which a reader needs them, and what each is for. */
const sections = {
  tutorials: ['Tutorials', 'Do this, see that: from nothing to a first result.'],
  'how-to': ['How-to', 'You have a goal or a trouble: here are the steps.'],
  reference: ['Reference', 'Every option, metric, rule and error, from the code itself.'],
  explanation: ['Explanation', 'Why it works as it does, what is promised and what is not proved.'],
  decisions: ['Decisions', 'What was chosen where there was a choice, and why.'],
} as const;

export type SectionName = keyof typeof sections;

export const sectionNames = Object.keys(sections) as SectionName[];

/** What the folders within a section hold. */
const subfolders: Readonly<Record<string, string>> = {
  api: 'API of the packages',
  targets: 'Targets',
  fleets: 'Fleets',
  errors: 'Errors',
  failures: 'Failures of requests',
  invalid: 'Reasons for INVALID',
};

/** Pages that come first in their folder; all others follow by title. */
const first = [
  'getting-started.md',
  'choose-your-endpoint.md',
  'commands.md',
  'configuration.md',
  'when-something-is-wrong.md',
];

/** A page of the documentation. */
export interface SitePage {
  readonly title: string;
  /** The first sentence. */
  readonly summary: string;
  /** From `docs`, without the ending: `how-to/ci`. */
  readonly path: string;
}

/** Pages of one folder. */
export interface Group {
  readonly title: string;
  readonly pages: readonly SitePage[];
}

function rank(name: string): number {
  const at = first.indexOf(name);
  return at === -1 ? first.length : at;
}

/** @returns the first paragraph of a page on one line, without links */
export function firstParagraph(text: string): string {
  const paragraph = text
    .replace(/<!--[\s\S]*?-->/g, '')
    .split(/\n{2,}/)
    .find((part) => /^(?!```)[A-Z*`“]/.test(part.trim()));
  return (paragraph ?? '')
    .trim()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\s+/g, ' ');
}

function pagesIn(folder: string): SitePage[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md') && !name.startsWith('['))
    .map((name) => {
      const text = read(join(folder, name));
      const summary = /^.*?[.?!](?= |$)/.exec(firstParagraph(text))?.[0] ?? '';
      const path = relative(docs, join(folder, name)).replace(/\.md$/, '');
      return { name, page: { title: titleOf(text), summary, path } };
    })
    .toSorted((a, b) => rank(a.name) - rank(b.name) || byTitle(a.page, b.page))
    .map(({ page }) => page);
}

const byTitle = (a: SitePage, b: SitePage) => a.title.localeCompare(b.title, 'en', { numeric: true });

/** Goals of one kind, for a folder in which they would be lost among each other. */
const goals: readonly (readonly [title: string, page: RegExp])[] = [
  ['Test an endpoint', /^test-/],
  [
    'When something is wrong',
    /^(when-something|run-is-invalid|generator-is|databricks-refuses|requests-|certificate-|locust-cannot|remove-what)/,
  ],
  ['Load from AWS', /^(ec2|ecs|from-ecs-scripts|size|image)$/],
  ['Limits and scaling', /^(calibrate|scaling|compare)$/],
  ['In your own tools', /./],
];

function goalsOf(pages: readonly SitePage[]): Group[] {
  const left = new Set(pages);
  return goals.map(([title, page]) => {
    const group = [...left].filter(({ path }) => page.test(path.replace('how-to/', '')));
    group.forEach((each) => left.delete(each));
    return { title, pages: group };
  });
}

/** A section's own pages, then those of each folder within it. */
export function groupsOf(section: SectionName): { title: string; groups: Group[] } {
  const folder = join(docs, section);
  if (section === 'how-to') {
    return { title: sections[section][0], groups: [{ title: '', pages: [] }, ...goalsOf(pagesIn(folder))] };
  }
  const nested = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && subfolders[entry.name])
    .map(({ name }) => ({ title: subfolders[name]!, pages: pagesIn(join(folder, name)) }));
  return { title: sections[section][0], groups: [{ title: '', pages: pagesIn(folder) }, ...nested] };
}

/** @returns the Markdown of the page that lists a section */
export function sectionPage(section: SectionName): string {
  const { title, groups } = groupsOf(section);
  const lists = groups
    .filter(({ pages }) => pages.length > 0)
    .map((group) => {
      const lines = group.pages.map(
        (page) =>
          `- [${page.title}](${relative(section, page.path)}.md)${page.summary && `<br>${page.summary}`}`,
      );
      return `${group.title && `## ${group.title}\n\n`}${lines.join('\n')}`;
    });
  return [`# ${title}`, sections[section][1], ...lists].join('\n\n');
}
