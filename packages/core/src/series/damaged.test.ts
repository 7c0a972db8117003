import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSeries } from '../../test/series-fixture.js';
import { readSeries } from './file.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'loadwright-series-'));
});
afterEach(() => rm(directory, { recursive: true }));

const { header, rows } = makeSeries(300);
const text = `${[header, ...rows].map((line) => JSON.stringify(line)).join('\n')}\n`;

test.each([
  ['is absent', undefined],
  ['is empty', gzipSync('')],
  ['is not compressed', text],
  ['was cut off', gzipSync(text).subarray(0, 30_000)],
  ['ends within a line', gzipSync(text.slice(0, -20))],
  ['has a row that lacks a count', gzipSync(text.replace('"dropped":0', '"drop":0'))],
  ['is of a newer version', gzipSync(text.replace('"version":1', '"version":2'))],
])('refuses a file that %s', async (_, content) => {
  const file = join(directory, 'series.jsonl.gz');
  if (content !== undefined) await writeFile(file, content);
  const readAll = async () => {
    for await (const _ of (await readSeries(file)).rows);
  };
  await expect(readAll()).rejects.toMatchObject({ code: 'RESULTS_UNREADABLE' });
});
