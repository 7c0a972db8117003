import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RequestLog } from './request-log.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'loadwright-log-'));
});
afterEach(() => rm(directory, { recursive: true }));

const row = (second: number, error = 'HTTP 500') => ({ second, name: 'predict', error });

it('writes what comes, one request a line, without secrets', async () => {
  const answers = [
    { rows: [], next: 0, leftOut: 0 },
    { rows: [row(0), row(1, 'token hush-hush is refused')], next: 2, leftOut: 0 },
    { rows: [row(2)], next: 3, leftOut: 7 },
  ];
  const requests = vi.fn(async (_after?: number) => answers.shift()!);
  const path = join(directory, 'requests.jsonl');
  const log = new RequestLog(path, (text) => text.replace('hush-hush', '[redacted]'));
  await log.read({ requests });
  expect(existsSync(path)).toBe(false);
  await log.read({ requests });
  await log.read({ requests });
  expect(
    (await readFile(path, 'utf8')).split('\n').map((line) => line && (JSON.parse(line) as unknown)),
  ).toEqual([row(0), row(1, 'token [redacted] is refused'), row(2), '']);
  expect(requests.mock.calls.map(([after]) => after)).toEqual([0, 0, 2]);
  expect(log.leftOut).toBe(7);
});
