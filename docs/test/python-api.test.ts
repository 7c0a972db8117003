import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { blocks, pages, root } from './documents.js';

const page = 'docs/reference/python-api.md';
const { text } = pages.find(({ path }) => path === page)!;
const python = join(root, 'packages/core/python');

it('names everything that the runtime offers to targets', () => {
  const source = readFileSync(join(python, 'loadwright_runtime/__init__.py'), 'utf8');
  const offered = [...source.slice(source.indexOf('__all__')).matchAll(/"(\w+)"/g)].map(([, name]) => name!);
  expect(offered.length).toBeGreaterThan(20);
  expect(offered.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
});

it('names every member of a source', () => {
  const source = readFileSync(join(python, 'loadwright_runtime/source/source.py'), 'utf8');
  const members = [...source.slice(source.indexOf('class RequestSource')).matchAll(/ def ([a-z]\w+)\(/g)];
  expect(members.length).toBeGreaterThan(8);
  expect(members.map(([, name]) => name!).filter((name) => !text.includes(`\`${name}(`))).toEqual([]);
});

it('shows sources that make requests', async () => {
  const bundle = mkdtempSync(join(tmpdir(), 'loadwright-snippets-'));
  const write = (name: string, value: unknown) => writeFileSync(join(bundle, name), JSON.stringify(value));
  write('target.json', { version: 1, host: 'http://127.0.0.1:9', config: {} });
  const waitTime = { minimumSeconds: 0, maximumSeconds: 0 };
  const load = { version: 1, users: 1, spawnRate: 1, durationSeconds: 1, payloadOrder: 'sequential' };
  write('load.json', { ...load, waitTime });
  write('payloads.jsonl', { json: { a: 1 } });
  const snippets = blocks
    .filter(({ example, language, place }) => place.startsWith(`${page}:`) && language === 'py' && !example)
    .map((block) => block.text);
  const { stdout } = await execa(
    join(root, '.venv/bin/python'),
    [join(root, 'docs/test/run_snippets.py'), bundle],
    {
      input: JSON.stringify(snippets),
      env: { PYTHONPATH: python },
    },
  );
  rmSync(bundle, { recursive: true });
  expect(JSON.parse(stdout)).toEqual([
    ['GET', '/ping', 'ping', ''],
    ['POST', '/orders', 'order', expect.stringMatching(/^\{"id":"[0-9a-f-]{36}","amount":[1-6]\}$/)],
    ['POST', '/predict', 'predict', '{"a":1}'],
    ['GET', '/jobs/next', 'job', ''],
    ['GET', expect.stringMatching(/^\/items/), expect.stringMatching(/^(search|item)$/), ''],
  ]);
});
