import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { describeWhole } from '../../packages/infra/test/matrix.js';
import { blocks, localLinks, pages, root, type Block, type Page } from './documents.js';
import { inThisProcess } from './project.js';

const folder = join(root, 'docs/.cache/blocks');
const ofLanguage = (...languages: string[]) => blocks.filter((block) => languages.includes(block.language));
const loadwright = (...args: string[]) => inThisProcess(folder, args);
const isConfiguration = ({ text }: Block) => /^target:|defineConfig\(/m.test(text);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});

it.each(blocks.filter((block) => block.example))('$place is a part of $example', ({ text, example }) => {
  expect(readFileSync(join(root, example!), 'utf8')).toContain(text);
});

// By the declarations that a user gets, which `npm test` does not build.
describeWhole('TypeScript', () => {
  it('type-checks', async () => {
    const own = ofLanguage('ts').filter((block) => !block.example);
    own.forEach(({ place, text }, index) => {
      writeFileSync(join(folder, `block-${index}.ts`), `// ${place}\n${text}\nexport {};\n`);
    });
    const project = join(folder, 'tsconfig.json');
    writeFileSync(project, JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'] }));
    const { all } = await execa('tsc', ['-p', project], {
      cwd: root,
      preferLocal: true,
      all: true,
      reject: false,
    });
    expect(all).toBe('');
  });
});

it.each(ofLanguage('json'))('$place is JSON', ({ text }) => {
  JSON.parse(text);
});

it.each(ofLanguage('yaml'))('$place is YAML', ({ text }) => {
  parse(text);
});

it.each(
  ofLanguage('ts', 'yaml')
    .filter(isConfiguration)
    .filter(({ text }) => !/kind: echo/.test(text)),
)('$place is a valid configuration', async ({ language, text, place }) => {
  const partial = language === 'yaml' && !/^target:/m.test(text);
  const file = join(folder, `config-${place.replace(/\W/g, '-')}.${language}`);
  writeFileSync(file, text);
  if (!partial) await loadwright('config', 'print', '--config', file);
});

describe('what takes the place of scripts around ECS', () => {
  const migration = pages.filter(({ path }) => /how-to\/(from-ecs-scripts|ecs)\.md$/.test(path));
  const reference = pages.filter(({ path }) => path.includes('reference/')).map(({ text }) => text);
  const inCode = ({ text }: Page) =>
    [...text.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, code = '']) => code);

  it('is two pages', () => expect(migration).toHaveLength(2));

  it.each(migration)('is an option that the reference has, wherever $path names one', (page) => {
    const options = inCode(page).flatMap(
      (code) => /^(?:fleet\.)?([a-z]+[A-Z]\w*)(?::.*)?$/.exec(code)?.[1] ?? [],
    );
    expect(options.length).toBeGreaterThan(2);
    const unknown = options.filter((name) => !reference.some((text) => text.includes(`\`${name}\``)));
    expect(unknown).toEqual([]);
  });
});

it.each(pages)('$path links to pages that exist', (page) => {
  expect(localLinks(page).filter((path) => !existsSync(path))).toEqual([]);
});
