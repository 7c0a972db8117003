import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run, TestIo } from '../packages/cli/test/support.js';

const json = { mimeType: 'application/json' };
const call = (method: string, url: string, text?: string) => ({
  request: {
    method,
    url,
    headers: [
      { name: 'Content-Type', value: 'application/json' },
      { name: 'X-Api-Key', value: 'not-a-real-key-12345' },
    ],
    ...(text !== undefined && { postData: { ...json, text } }),
  },
  response: { status: 200 },
});

it('a configuration made of a HAR file runs', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'loadwright-import-'));
  const entries = [
    call('GET', 'https://api.example/items/1'),
    call('GET', 'https://api.example/items/2?full=1'),
    call('POST', 'https://api.example/orders', '{"price": 1.50}'),
    call('POST', 'https://api.example/orders', '{"price": 2}'),
  ];
  await writeFile(join(cwd, 'session.har'), JSON.stringify({ log: { entries } }));
  const environment = { API_X_API_KEY: 'another-key-67890' };
  const imported = await run(['import', 'har', 'session.har'], new TestIo({ cwd, environment }));
  expect(imported.stderr).toBe('');
  const load = ['--users', '4', '--spawn-rate', '4', '--duration', '3s'];
  const { stderr, stdout } = await run(
    ['run', '--emulator', '--json', ...load],
    new TestIo({ cwd, environment }),
  );
  const report = JSON.parse(stdout) as {
    total: { count: number; failed: number };
    requests: { name: string }[];
  };
  expect(report.total, stderr).toMatchObject({ failed: 0 });
  expect(report.total.count).toBeGreaterThan(0);
  const names = report.requests.map(({ name }) => name);
  expect(names.sort()).toEqual(['GET /items/{id}', 'GET /items/{id} 2', 'POST /orders']);
  expect(stdout).not.toContain('67890');
});
