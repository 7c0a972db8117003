import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { passingReport } from '../../test/report-fixture.js';
import { row, statistics } from '../../test/statistics-fixture.js';
import { disk } from '../files.js';
import { RequestLog } from './request-log.js';
import { ResultsFolder } from './results-folder.js';

afterEach(() => vi.restoreAllMocks());

const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

/** Lets one call fail, counted from 0, and none after it: a disk may be full for a moment. */
function failAt(operation: 'open' | 'rename', failing: number) {
  const real = disk[operation] as unknown as (...values: never[]) => Promise<never>;
  let count = 0;
  vi.spyOn(disk, operation).mockImplementation(((...values: never[]) =>
    count++ === failing ? Promise.reject(full()) : real(...values)) as never);
}

async function makeFolder() {
  const results = await mkdtemp(join(tmpdir(), 'loadwright-full-'));
  return new ResultsFolder(results, 'test', 'run', (text) => text);
}

const filesIn = async (directory: string) =>
  (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

describe('a disk that is full', () => {
  it.each(
    (['open', 'rename'] as const).flatMap((operation) =>
      [0, 1, 2, 3, 4, 5].map((n) => [operation, n] as const),
    ),
  )('at %s %i leaves no part of a file, no empty file, and all others', async (operation, failing) => {
    const folder = await makeFolder();
    failAt(operation, failing);
    const problems: string[] = [];
    const told = (error: unknown) => void problems.push((error as Error).message);
    await folder.create({ name: 'test' }).catch(told);
    await folder.writeMeasurements([row(0, [5])], statistics({}), 'run').catch(told);
    problems.push(...(await folder.writeReport(passingReport())));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^\/.* cannot be written: no space is left on the disk$/);
    const files = await filesIn(folder.directory);
    expect(files.filter(({ name }) => name.endsWith('.part'))).toEqual([]);
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const { name } of files.filter((file) => file.name !== 'failures.jsonl'))
      expect((await stat(join(folder.directory, name))).size, name).toBeGreaterThan(0);
  });

  it('ends the log of requests, not the load', async () => {
    const folder = await makeFolder();
    await folder.create({});
    const path = join(folder.directory, 'requests.jsonl');
    const log = new RequestLog(path, (text) => text);
    let next = 0;
    const master = { requests: () => Promise.resolve({ rows: [{ id: next }], next: ++next, leftOut: 0 }) };
    const problems: string[] = [];
    const read = () => log.read(master, {}, (problem) => problems.push(problem));
    await read();
    vi.spyOn(disk, 'appendFile').mockRejectedValue(full());
    await read();
    await read();
    expect(problems).toEqual([
      `${path} cannot be written: no space is left on the disk; requests from here on are not in it`,
    ]);
    expect(await readFile(path, 'utf8')).toBe('{"id":0}\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});
