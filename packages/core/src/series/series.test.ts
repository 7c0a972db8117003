import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bucketing, bucketMiddle, bucketOf, bucketRange } from './bucketing.js';
import { readSeries, writeSeries } from './file.js';
import { sumOfRows } from './merge.js';
import type { SeriesHeader, SeriesRow } from './rows.js';

const row = (second: number, change: Partial<SeriesRow> = {}): SeriesRow => ({
  second,
  method: 'POST',
  name: 'predict',
  due: 0,
  sent: 0,
  succeeded: 0,
  failed: 0,
  dropped: 0,
  bytes: 0,
  failures: {},
  trends: {},
  ...change,
});

describe('buckets', () => {
  it.each([
    [0, 0, 0.001],
    [255, 0.255, 0.256],
    [256, 0.256, 0.258],
    [383, 0.51, 0.512],
    [384, 0.512, 0.516],
  ])('bucket %i holds %d to %d ms', (index, from, to) => {
    expect(bucketRange(index, 'ms')).toEqual({ from, to });
  });

  it('follow on each other without gap or overlap', () => {
    for (let index = 0; index < 4000; index++)
      expect(bucketRange(index, 'tokens').to).toBe(bucketRange(index + 1, 'tokens').from);
  });

  it('are found again from their middle, in every unit', () => {
    for (let index = 0; index < 4000; index++) {
      for (const unit of ['ms', 'tokens']) expect(bucketOf(bucketMiddle(index, unit), unit)).toBe(index);
    }
  });

  it('are at most 0.4 % off', () => {
    for (const value of [0.3, 7, 86.5, 1034.14, 60_000])
      expect(Math.abs(bucketMiddle(bucketOf(value, 'ms'), 'ms') / value - 1)).toBeLessThan(0.004);
  });
});

describe('sumOfRows', () => {
  const metrics = { http_req_service: { unit: 'ms' }, tokens: { unit: 'tokens' } };
  const trend = (minimum: number, maximum: number, ...buckets: number[]) => ({
    count: buckets[1]! + (buckets[3] ?? 0),
    sum: 10,
    minimum,
    maximum,
    buckets,
  });

  it('adds up by name, and what has no name in the total only', () => {
    const { total, requests, failures } = sumOfRows(
      [
        row(0, {
          due: 3,
          sent: 3,
          succeeded: 2,
          failed: 1,
          bytes: 20,
          failures: { timeout: 1 },
          trends: { http_req_service: trend(0.1, 0.2, 100, 2, 200, 1) },
          counters: { hits: 1 },
          rates: { cached: { hits: 1, total: 3 } },
        }),
        row(1, {
          due: 1,
          succeeded: 1,
          trends: { http_req_service: trend(0.05, 0.1, 50, 1, 100, 1) },
          counters: { hits: 2 },
          rates: { cached: { hits: 0, total: 1 } },
        }),
        row(1, { name: 'other', due: 1, failed: 1, failures: { status: 1 } }),
        row(1, { method: '', name: '', due: 2, dropped: 2, counters: { late: 4 } }),
      ],
      metrics,
    );
    expect(total).toMatchObject({ due: 7, succeeded: 3, failed: 2, dropped: 2, bytes: 20 });
    expect(total.counters).toEqual({ hits: 3, late: 4 });
    expect(failures).toEqual({ timeout: 1, status: 1 });
    expect(requests.map(({ name, due }) => [name, due])).toEqual([
      ['predict', 4],
      ['other', 1],
    ]);
    expect(requests[0]?.rates).toEqual({ cached: { hits: 1, total: 4 } });
    expect(requests[0]?.trends['http_req_service']).toEqual({
      count: 5,
      sum: 20,
      minimum: 0.05,
      maximum: 0.2,
      histogram: [
        [0.0505, 1],
        [0.1005, 3],
        [0.2005, 1],
      ],
    });
  });

  it('keeps a greatest value below zero', () => {
    const { total } = sumOfRows([row(0, { trends: { tokens: trend(-3, -2, 0, 2) } })], metrics);
    expect(total.trends['tokens']).toMatchObject({ minimum: -3, maximum: -2 });
  });
});

describe('series.jsonl.gz', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'loadwright-series-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const header: SeriesHeader = {
    version: 1,
    bucketing,
    metrics: { http_req_service: { kind: 'trend', unit: 'ms', description: '' } },
    startedAt: '2026-08-01T10:11:12.000Z',
    runId: 'r1',
  };

  it('is read as it was written', async () => {
    const path = join(directory, 'series.jsonl.gz');
    const rows = Array.from({ length: 1000 }, (_, second) => row(second, { due: second, ended: 3 }));
    await writeSeries(path, header, rows);
    const series = await readSeries(path);
    expect(series.header).toEqual(header);
    const read: SeriesRow[] = [];
    for await (const each of series.rows) read.push(each);
    expect(read).toEqual(rows);
  });

  it.each([
    ['not zipped', Buffer.from('{}\n')],
    ['no header', gzipSync('{"version":9}\n')],
    ['no JSON', gzipSync('x\n')],
    ['empty', gzipSync('')],
  ])('is refused when it is %s', async (_, content) => {
    const path = join(directory, 'series.jsonl.gz');
    await writeFile(path, content);
    await expect(readSeries(path)).rejects.toMatchObject({ code: 'RESULTS_UNREADABLE' });
  });

  it('names the line that is wrong', async () => {
    const path = join(directory, 'series.jsonl.gz');
    await writeFile(path, gzipSync(`${JSON.stringify(header)}\n{"second":"x"}\n`));
    const { rows } = await readSeries(path);
    await expect(rows.next()).rejects.toThrow(/line 2/);
  });
});
