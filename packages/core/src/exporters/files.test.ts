import { lstatSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { trendOf } from '../../test/series-fixture.js';
import { disk } from '../files.js';
import type { SeriesRow } from '../series/rows.js';
import type { ExportBatch, Exporter } from './contract.js';
import { Delivery } from './delivery.js';
import { csvFile, jsonFile } from './files.js';
import { openExporter } from './open.js';
import { prepareExporters } from './prepare.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-exporter-'));
});
afterEach(() => vi.restoreAllMocks());

const run = {
  test: '=fraud',
  runId: '20261130-120000-4f32386de5',
  target: 'rest',
  fleet: 'local',
  labels: {},
};
const counts = { due: 3, sent: 3, succeeded: 2, failed: 1, dropped: 0, bytes: 7, failures: { timeout: 1 } };

function batch(second: number, more: Partial<SeriesRow> = {}): ExportBatch {
  const row = { second, method: 'POST', name: '@name', ...counts, trends: {}, ...more };
  const [from, to] = [second * 1000, second * 1000 + 1000];
  return { from, to, rows: [row], totals: [row], state: { users: 2, inFlight: 0, workers: 1 }, metrics: {} };
}

const open = (exporter: Exporter) =>
  openExporter(prepareExporters([exporter], {})[0]!, { run, startedAt: 0 });
const time = new AbortController().signal;
const end = { verdict: 'PASS', time: 9000 } as const;
const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split(/\r?\n/);
const kinds = [
  ['csv', csvFile],
  ['json', jsonFile],
] as const;

describe.each(kinds)('a file of %s', (kind, exporterOf) => {
  it('is there after each interval, for its owner alone, and has the verdict as its last line', async () => {
    const path = join(folder, 'new', 'run');
    const exporter = open(exporterOf({ url: path }));
    expect(readdirSync(folder)).toEqual([]);
    await exporter.write(batch(1), time);
    const first = linesOf(path);
    await exporter.write(batch(2), time);
    const second = linesOf(path);
    expect(second.slice(0, first.length)).toEqual(first);
    expect(second.length).toBeGreaterThan(first.length);
    await exporter.close(end, time);
    expect(linesOf(path).slice(0, -1)).toEqual(second);
    expect(linesOf(path).at(-1)).toMatch(/1970-01-01T00:00:09.000Z.*PASS/);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(lstatSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
  });

  it('is refused before the run where it is there, and is one for each run by {runId}', async () => {
    writeFileSync(join(folder, 'mine'), 'mine');
    expect(() => prepareExporters([exporterOf({ url: join(folder, 'mine') })], {})).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: `${kind}: ${join(folder, 'mine')} is there already, and is not overwritten.`,
        hint: expect.stringContaining('{runId}') as string,
      }),
    );
    const exporter = open(exporterOf({ url: join(folder, 'of-{runId}') }));
    await exporter.write(batch(1), time);
    await exporter.close(end, time);
    expect(readdirSync(folder).sort()).toEqual(['mine', `of-${run.runId}`]);
  });

  it.each([
    ['a file', (path: string) => writeFileSync(path, 'mine')],
    ['a link', (path: string) => symlinkSync(join(folder, 'elsewhere'), path)],
  ])('never goes into %s that comes between', async (_what, put) => {
    const path = join(folder, 'run');
    const exporter = open(exporterOf({ url: path }));
    put(path);
    await expect(exporter.write(batch(1), time)).rejects.toThrow(
      expect.objectContaining({
        isRetryable: false,
        message: expect.stringContaining('is not overwritten') as string,
      }),
    );
    await exporter.close(end, time);
    expect(readdirSync(folder)).toEqual(['run']);
    if (!lstatSync(path).isSymbolicLink()) expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('has each interval once where the disk was full in the middle of it', async () => {
    const path = join(folder, 'run');
    const whole = open(exporterOf({ url: join(folder, 'whole') }));
    const interrupted = open(exporterOf({ url: path }));
    const write = disk.write;
    for (const second of [1, 2]) {
      await whole.write(batch(second), time);
      vi.spyOn(disk, 'write').mockImplementationOnce(async (file, content) => {
        await write(file, (content as string).slice(0, 40));
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      });
      await expect(interrupted.write(batch(second), time)).rejects.toMatchObject({ isRetryable: true });
      await interrupted.write(batch(second), time);
    }
    await Promise.all([whole.close(end, time), interrupted.close(end, time)]);
    expect(linesOf(path)).toEqual(linesOf(join(folder, 'whole')));
  });

  it('has what waits when the user leaves', async () => {
    const path = join(folder, 'run');
    const delivery = new Delivery(open(exporterOf({ url: path })), {
      ...{ title: kind, everySeconds: 1, redact: (text: string) => text, onTrouble: () => {} },
    });
    for (const second of [1, 2, 3]) delivery.offer(batch(second));
    expect(await delivery.finish({ ...end, verdict: 'INVALID' }, AbortSignal.timeout(2000))).toEqual([]);
    expect(readFileSync(path, 'utf8')).toMatch(/00:00:02.000Z[^]*00:00:04.000Z[^]*INVALID/);
  });
});

const everything: Partial<SeriesRow> = {
  codes: { 200: 2, timeout: 1 },
  bytesSent: 11,
  trends: { wait: trendOf([4, 4, 4]), never: trendOf([]) },
  // Called as what every row has.
  counters: { requests: 5, nothing: 0 },
  rates: { ok: { hits: 1, total: 2 } },
};

it('a line of JSON has everything of a request name', async () => {
  const path = join(folder, 'run.json');
  const exporter = open(jsonFile({ url: path }));
  await exporter.write(batch(1, everything), time);
  await exporter.close(undefined, time);
  const times = { from: '1970-01-01T00:00:01.000Z', to: '1970-01-01T00:00:02.000Z' };
  const common = { test: '=fraud', runId: run.runId, ...times };
  const near4 = expect.closeTo(4, 1) as number;
  expect(linesOf(path).map((line) => JSON.parse(line) as unknown)).toEqual([
    { ...common, figures: { load: { users: 2, inFlight: 0, workers: 1 } } },
    {
      ...{ ...common, method: 'POST', name: '@name' },
      figures: {
        requests: { due: 3, sent: 3, succeeded: 2, failed: 1, dropped: 0, count: 5 },
        bytes: { bodies: 7, sent: 11 },
        failures: { timeout: 1 },
        codes: { 200: 2, timeout: 1 },
        wait: {
          ...{ count: 3, sum: 12, p50: near4, p90: near4, p95: near4, p99: near4, p999: near4, max: near4 },
        },
        ok: { hits: 1, checked: 2 },
      },
    },
  ]);
});

it('a line of CSV is a figure, and no formula of a spreadsheet', async () => {
  const path = join(folder, 'run.csv');
  const exporter = open(csvFile({ url: path }));
  await exporter.write(batch(1, everything), time);
  await exporter.close(end, time);
  const rows = parse(readFileSync(path), { columns: true }) as Record<string, string>[];
  expect(rows).toContainEqual({
    ...{ test: "'=fraud", run: run.runId, method: 'POST', name: "'@name" },
    ...{ from: '1970-01-01T00:00:01.000Z', to: '1970-01-01T00:00:02.000Z' },
    ...{ figure: 'codes', part: '200', value: '2' },
  });
  expect(rows.filter(({ figure }) => figure === 'requests').map(({ part }) => part)).toEqual([
    'due',
    'sent',
    'succeeded',
    'failed',
    'dropped',
    'count',
  ]);
});
