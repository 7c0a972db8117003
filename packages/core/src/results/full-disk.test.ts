import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { passingReport } from '../../test/report-fixture.js';
import { row, statistics } from '../../test/statistics-fixture.js';
import { disk } from '../files.js';
import { parseRunReport } from './parse.js';
import { RequestLog } from './request-log.js';
import { ResultsFolder } from './results-folder.js';

afterEach(() => vi.restoreAllMocks());

const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

async function makeFolder() {
  const results = await mkdtemp(join(tmpdir(), 'loadwright-full-'));
  return new ResultsFolder(results, 'test', 'run', (text) => text);
}

const filesIn = async (directory: string) =>
  (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

describe('a disk that is full', () => {
  it('is one message for all files that it does not take', async () => {
    const folder = await makeFolder();
    await folder.create({});
    vi.spyOn(disk, 'write').mockRejectedValue(full());
    await folder.writeMeasurements([row(0, [5])], statistics({}), 'run');
    const report = await folder.writeReport(passingReport());
    const unwritten = ['series.jsonl.gz', 'failures.jsonl', 'summary.json', 'report.html', 'junit.xml'];
    expect(report).toEqual({ ...passingReport(), unwritten });
    expect(folder.unwritten.take()).toBe(
      `${folder.directory}: series.jsonl.gz, failures.jsonl, summary.json, report.html, junit.xml cannot be written: no space is ` +
        'left on the disk. Make room or get the permission, or name another folder.',
    );
    expect(folder.unwritten.take()).toBeUndefined();
    expect((await filesIn(folder.directory)).map(({ name }) => name)).toEqual(['config.resolved.json']);
  });

  it('that has room again takes the report, which names what is missing', async () => {
    const folder = await makeFolder();
    await folder.create({});
    vi.spyOn(disk, 'write').mockRejectedValue(full());
    await folder.writeMeasurements([row(0, [5])], statistics({}), 'run');
    const lost = await folder.writeReport(passingReport());
    vi.restoreAllMocks();
    const report = await folder.writeReport(lost);
    expect(report.unwritten).toEqual(['series.jsonl.gz', 'failures.jsonl']);
    const summary = JSON.parse(await readFile(join(folder.directory, 'summary.json'), 'utf8')) as unknown;
    expect(parseRunReport(summary)).toMatchObject({ unwritten: ['series.jsonl.gz', 'failures.jsonl'] });
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
    const append = disk.appendFile;
    vi.spyOn(disk, 'appendFile').mockImplementation(async (file, text) => {
      await append(file, (text as string).slice(0, 3));
      throw full();
    });
    await read();
    await read();
    expect(problems).toEqual([
      `${path} cannot be written: no space is left on the disk; requests from here on are not in it`,
    ]);
    expect(await readFile(path, 'utf8')).toBe('{"id":0}\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});
