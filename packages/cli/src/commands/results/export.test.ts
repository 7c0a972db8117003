import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bucketing, seriesFile, writeSeries } from '@loadwright/core/report';
import type { SeriesRow } from '@loadwright/core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { makeReport, saveReport } from '../../../test/report-fixture.js';
import { run, TestIo } from '../../../test/support.js';

let io: TestIo;
let directory: string;

const row = (second: number): SeriesRow => ({
  ...{
    second,
    method: 'GET',
    name: 'cache',
    due: 10,
    sent: 10,
    succeeded: 9,
    failed: 1,
    dropped: 0,
    bytes: 1060,
  },
  failures: { status: 1 },
  trends: {
    // Bucket 1024 holds 16.384 to 16.512 ms.
    http_req_service: { count: 10, sum: 164.5, minimum: 16.4, maximum: 16.5, buckets: [1024, 10] },
  },
});

beforeEach(async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'loadwright-export-'));
  io = new TestIo({ cwd });
  const report = makeReport({ warmUpSeconds: 4 });
  directory = await saveReport(join(cwd, 'results'), report);
  const header = {
    version: 1,
    bucketing,
    metrics: { http_req_service: { kind: 'trend', unit: 'ms', description: 'service time' } },
    startedAt: '2026-08-01T10:11:20.000Z',
    runId: report.runId,
  } as const;
  await writeSeries(
    join(directory, seriesFile),
    header,
    Array.from({ length: 20 }, (_, second) => row(second)),
  );
  await saveReport(join(cwd, 'results'), makeReport({ name: 'older', runId: '20250101T000000Z-000000' }));
});

describe('loadwright export', () => {
  it('writes the newest run to stdout, and nothing else', async () => {
    const { exitCode, stdout, stderr } = await run(['export', '--format', 'csv'], io);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\r\n');
    expect(lines).toHaveLength(21);
    expect(lines[0]).toMatch(/^second,time,method,name,due,/);
    expect(lines[1]).toMatch(/^0,2026-08-01T10:11:20\.000Z,GET,cache,10,10,9,1,0,1060,1,10,164\.5,16\.4,/);
  });

  it.each([
    [['--every', '5s'], 4, 50],
    [['--every', 'run'], 1, 200],
    [['--every', 'run', '--no-warm-up'], 1, 160],
  ])('puts seconds together with %j', async (flags, rows, due) => {
    const { stdout } = await run(['export', 'a1b2c3', '--format', 'csv', ...flags], io);
    const lines = stdout.trimEnd().split('\r\n').slice(1);
    expect(lines).toHaveLength(rows);
    expect(lines[0]!.split(',')[4]).toBe(String(due));
  });

  it.each([
    ['parquet', 'PAR1'],
    ['hdr', '#[Histogram log'],
    ['openmetrics', '# TYPE'],
    ['otlp', '{"resourceMetrics"'],
  ])('writes a file as %s', async (format, beginning) => {
    const { exitCode, stdout } = await run(['export', '--format', format, '--output', 'out'], io);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^✓ \S+\/out: [\d.]+ (kB|B), run fraud\/20260801T101112Z-a1b2c3\n$/);
    expect((await readFile(join(io.cwd, 'out'), 'latin1')).startsWith(beginning)).toBe(true);
  });

  it.each([
    [['--format', 'parquet'], 'Use --output run.parquet'],
    [['--format', 'csv', '--every', '1.5s'], 'expected whole seconds'],
    [['--format', 'csv', '--every', '0s'], 'expected whole seconds'],
    [['--format', 'xml'], 'csv, parquet, hdr, openmetrics, otlp'],
    [[], 'Use --format'],
    [['--format', 'csv', '--output', 'absent/file'], 'a folder that exists'],
  ])('refuses %j', async (flags, says) => {
    const { exitCode, stdout, stderr } = await run(['export', ...flags], io);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(says);
    expect(stdout).toBe('');
  });

  it.each([
    [
      'where nothing listens',
      undefined,
      /ECONNREFUSED.*\.$/m,
      /^hint: Check the address, and that a receiver/m,
    ],
    ['that is overloaded', 503, /HTTP 503/, /^hint: Check the address, and that a receiver/m],
    ['that refuses it', 400, /HTTP 400/, /^hint: Correct what the receiver refused, and export again/m],
  ])('says what to do about a receiver %s', async (_, status, message, hint) => {
    const server = createServer((_request, response) => void response.writeHead(status ?? 200).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const close = () => new Promise((resolve) => server.close(resolve));
    if (status === undefined) await close();
    else onTestFinished(() => void close());
    const url = `http://127.0.0.1:${port}/v1/metrics`;
    const { exitCode, stderr } = await run(['export', 'a1b2c3', '--to', `otlp=${url}`], io);
    expect(exitCode).toBe(104);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(hint);
  });

  it.each([
    [['export', '--to', 'otlp=collector'], '--to: url: found "collector"; must be a URL'],
    [['export', '--to', 'influxdb=http://127.0.0.1:9'], '--to: bucket: missing'],
    [['run', '--export', 'otlp=collector'], '--export: url: found "collector"; must be a URL'],
  ])('names the flag in %j', async (argv, says) => {
    await writeFile(
      join(io.cwd, 'loadwright.config.json'),
      JSON.stringify({
        target: { kind: 'rest', baseUrl: 'https://a.example' },
        load: { users: 1, duration: '1s' },
      }),
    );
    const { exitCode, stderr } = await run(argv, io);
    expect(stderr).toContain(`error: ${says}`);
    expect(exitCode).toBe(104);
  });

  it('says what to do about an exporter of another author that fails', async () => {
    const definition = `{ specificationVersion: 1, kind: 'own', summary: 's', options: schema, open: () => ({
      write: async () => { throw new Error('shelf is full'); }, close: async () => {} }) }`;
    const schema = `{ '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }),
      jsonSchema: { input: () => ({ type: 'object' }), output: () => ({ type: 'object' }) } } }`;
    await writeFile(
      join(io.cwd, 'own.mjs'),
      `const schema = ${schema};\nconst definition = ${definition};
      export default Object.assign((options) => ({ definition, options }), { definition });`,
    );
    const { exitCode, stderr } = await run(['export', 'a1b2c3', '--to', './own.mjs=http://a.example'], io);
    expect(stderr).toMatch(/^error: After \d+ seconds of the run: own at a\.example: shelf is full$/m);
    expect(stderr).toMatch(/^hint: Check the address, and export again/m);
    expect(exitCode).toBe(104);
  });

  it('says why a run has no series', async () => {
    const { exitCode, stderr } = await run(['export', 'older', '--format', 'csv'], io);
    expect(exitCode).toBe(104);
    expect(stderr).toContain('the run 20250101T000000Z-000000 has no series');
  });
});
