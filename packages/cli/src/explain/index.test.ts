import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from '../../test/support.js';
import { catalogue, explainedNames, explanationOf } from './index.js';

const docs = fileURLToPath(new URL('../../../../docs', import.meta.url));
const core = fileURLToPath(new URL('../../../core/src', import.meta.url));

test.each(Object.keys(catalogue))('every name of %s has a page, and every page a name', (folder) => {
  const names = Object.keys(catalogue[folder as keyof typeof catalogue]);
  const pages = readdirSync(join(docs, 'reference', folder));
  expect(pages.toSorted()).toEqual(names.map((name) => `${name}.md`).toSorted());
});

test('every page that an explanation names exists', () => {
  const pages = explainedNames.flatMap((name) => explanationOf(name)!.pages);
  expect(pages.filter((page) => !existsSync(join(docs, page)))).toEqual([]);
});

test('every rule by which a run becomes INVALID, and every warning, is explained', () => {
  const files = readdirSync(core, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  const rules = files.flatMap((file) =>
    [...readFileSync(join(core, file), 'utf8').matchAll(/(?:rule: |note\(\s*)'([a-z-]+)'/g)].map(
      ([, rule]) => rule!,
    ),
  );
  expect(rules.length).toBeGreaterThan(8);
  expect([...new Set(rules)].filter((rule) => !(rule in catalogue.invalid))).toEqual([]);
});

test('what changes no verdict is called a warning, and is no reason for INVALID', async () => {
  const { stdout } = await run(['explain', '--json']);
  const listed = JSON.parse(stdout) as Record<string, string[]>;
  expect(listed['Warnings']).toEqual([
    ...['exporter', 'observation', 'stall', 'retried', 'missing-values', 'skew', 'locust-version'],
    'refused-reports',
  ]);
  for (const name of listed['Warnings']!) {
    expect(explanationOf(name)?.kind).toBe('a warning of a report: no verdict depends on it');
    expect(listed['Reasons for INVALID']).not.toContain(name);
  }
});

test('names are found in any case, and none stands for two things', () => {
  expect(explanationOf('credentials_invalid')?.id).toBe('CREDENTIALS_INVALID');
  expect(explanationOf('aborted')?.kind).toContain('INVALID');
  expect(new Set(explainedNames).size).toBe(explainedNames.length);
});

test('the command prints what a code means and where more is, and refuses a name that there is not', async () => {
  const { exitCode, stdout } = await run(['explain', 'generator-cpu']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/What to do\n {2}- Close other programs/);
  expect(stdout).toContain('docs/reference/invalid/generator-cpu.md');
  const json = await run(['explain', 'timeout', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ id: 'timeout', page: 'reference/failures/timeout.md' });
  expect((await run(['explain'])).stdout).toContain('CREDENTIALS_INVALID');
  const unknown = await run(['explain', 'made-up']);
  expect(unknown.exitCode).toBe(2);
  // The error itself says where to read more of its code.
  expect(unknown.stderr).toContain('code: USAGE; more: loadwright explain USAGE');
});
