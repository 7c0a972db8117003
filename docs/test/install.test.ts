import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blocks, pages, root, type Page } from './documents.js';

const gettingStarted = pages.find(({ path }) => path === 'docs/tutorials/getting-started.md')!;
const installing = pages.filter(({ text }) =>
  /^npm (create loadwright|(install|i) .*\bloadwright$)/m.test(text),
);

it('the pages that install from npm are known', () => {
  expect(installing.map(({ path }) => path).sort()).toEqual([
    'README.md',
    'docs/how-to/start-a-project.md',
    'docs/index.md',
    'docs/tutorials/getting-started.md',
  ]);
});

it.each(installing)('$path begins with npm create, and links what to do before the release', (page: Page) => {
  const [first] = [...page.text.matchAll(/```sh\n(?<line>.*)/g)].map(({ groups }) => groups!['line']);
  expect(first).toMatch(/^npm create loadwright@latest/);
  expect(gettingStarted.text).toMatch(/^## Before the first release$/m);
  if (page !== gettingStarted) expect(page.text).toMatch(/getting-started\.md#before-the-first-release\)/);
});

it('packs every package that the package loadwright needs', () => {
  const packed = [...gettingStarted.text.matchAll(/ -w (packages\/\S+)/g)].map(([, path]) => path);
  const published = readdirSync(join(root, 'packages'))
    .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
    .filter((name) => name !== 'create-loadwright');
  expect([...packed].sort()).toEqual(published.map((name) => `packages/${name}`).sort());
  const { dependencies } = JSON.parse(
    readFileSync(join(root, 'packages/loadwright/package.json'), 'utf8'),
  ) as { dependencies: Record<string, string> };
  expect(Object.keys(dependencies).map((name) => name.replace('@loadwright/', ''))).toEqual(
    expect.arrayContaining(published.filter((name) => name !== 'loadwright')),
  );
});

/** For packages of targets and exporters, which depend on `@loadwright/core` alone. */
const forAuthors = /writing-a-target\.md|python-api\.md|write-an-exporter\.md|docs\/decisions/;

it.each(
  blocks.filter(
    ({ place, language, example = '' }) =>
      /^(ts|js)$/.test(language) &&
      !forAuthors.test(place) &&
      !/\/loadwright-(target|exporter)-/.test(example),
  ),
)('$place imports from the package that a project has', ({ text }) => {
  const imported = [...text.matchAll(/(?:from |require\()'([^'./][^']*)'/g)].map(([, name]) => name!);
  const known = /^(loadwright(\/|$)|node:|zod$)/;
  expect(imported.filter((name) => !known.test(name))).toEqual([]);
});
