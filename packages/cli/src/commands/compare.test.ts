import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bucketing, bucketOf, writeSeries } from '@loadwright/core/report';
import type { RunReport } from '@loadwright/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeReport } from '../../test/report-fixture.js';
import { run, TestIo } from '../../test/support.js';

let cwd: string;
const compare = (...args: string[]) => run(['compare', ...args], new TestIo({ cwd }));

/** Saves a run of 20 s whose times are near a middle, in milliseconds. */
async function save(name: string, number: number, middle: number, change: Partial<RunReport> = {}) {
  const runId = `202608010${number}0000-aaaaaaaa0${number}`;
  const startedAt = `2026-08-01T0${number}:00:00.000Z`;
  const directory = join(cwd, 'results', name, runId);
  await mkdir(directory, { recursive: true });
  const requests = [{ ...makeReport().requests[0]!, name: 'cache' }];
  const report = makeReport({ name, runId, startedAt, loadSeconds: 20, requests, ...change });
  await writeFile(join(directory, 'summary.json'), JSON.stringify(report));
  const rows = Array.from({ length: 20 }, (_, second) => {
    const times = Array.from({ length: 50 }, (_, index) => middle * (1 + (index + (second % 5)) / 100));
    const buckets = new Map<number, number>();
    for (const time of times) buckets.set(bucketOf(time, 'ms'), (buckets.get(bucketOf(time, 'ms')) ?? 0) + 1);
    const trend = {
      ...{ count: 50, sum: times.reduce((sum, time) => sum + time, 0) },
      ...{ minimum: times[0]!, maximum: times.at(-1)! },
      buckets: [...buckets].sort(([one], [other]) => one - other).flat(),
    };
    return {
      ...{ second, method: 'GET', name: 'cache', due: 50, sent: 50, succeeded: 50, failed: 0 },
      ...{ dropped: 0, bytes: 0, failures: {}, trends: { http_req_service: trend } },
    };
  });
  const metrics = { http_req_service: { kind: 'trend', unit: 'ms', description: 'service time' } } as const;
  await writeSeries(
    join(directory, 'series.jsonl.gz'),
    { version: 1, bucketing, metrics, startedAt, runId },
    rows,
  );
  return { runId, directory };
}

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'loadwright-compare-'));
});

describe('loadwright compare', () => {
  it('shows the differences of two runs, by id, name or folder', async () => {
    const [before, after] = [await save('before', 1, 20), await save('after', 2, 26)];
    for (const [one, other] of [
      [before.runId, after.runId],
      ['before', 'after'],
      [before.directory, 'results/after/' + after.runId],
    ] as const) {
      const { exitCode, stdout } = await compare(one, other);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/http_req_duration p\(95\) +29\.\d ms +38\.\d ms +\+30(\.\d)? %.*higher/);
      expect(stdout).toMatch(/http_req_failed rate +0 % +0 % +0 pp.*same within 0\.5 pp/);
      expect(stdout).toContain('about these two runs alone');
    }
  });

  it('is a gate: 99 for a difference in pairs of runs, 0 without one, JUnit beside it', async () => {
    for (const pair of [0, 1, 2]) {
      await save('before', 2 * pair + 1, 20 + pair / 10);
      await save('after', 2 * pair + 2, 26 + pair / 20);
    }
    const gate = ['--last', '3', '--fail-if', 'p(95)>+5%', '--fail-if', 'http_req_failed rate>+1pp'];
    const worse = await compare('before', 'after', ...gate, '--junit', 'junit.xml', '--json');
    expect(worse.exitCode).toBe(99);
    expect(JSON.parse(worse.stdout)).toMatchObject({
      ...{ method: 'paired', verdict: 'FAIL' },
      gates: [{ passed: false }, { passed: true }],
    });
    const junit = await readFile(join(cwd, 'junit.xml'), 'utf8');
    expect(junit).toMatch(/<testsuite [^>]*tests="2" errors="0" failures="1"/);
    const better = await compare('after', 'before', ...gate);
    expect(better.exitCode).toBe(0);
    expect(better.stdout).toContain('✓ PASS');
    const markdown = await compare('before', 'after', ...gate, '--format', 'markdown');
    expect(markdown.stdout).toMatch(/^### FAIL\n[^]*\| `http_req_duration p\(95\)` \|/);
  });

  it('judges no condition by one run a side, unless the variation between runs is given: 96', async () => {
    await save('before', 1, 20);
    await save('after', 2, 26);
    const gate = ['before', 'after', '--fail-if', 'p(95)>+5%'];
    const { exitCode, stdout } = await compare(...gate);
    expect(exitCode).toBe(96);
    expect(stdout).toContain('! INVALID');
    expect((await compare(...gate, '--run-variation', '2%')).exitCode).toBe(99);
  });

  it('calls runs that cannot be compared INVALID: 96', async () => {
    await save('before', 1, 20);
    await save('after', 2, 26, { configuration: { load: { users: 7 } } });
    const { exitCode, stdout } = await compare('before', 'after');
    expect(exitCode).toBe(96);
    expect(stdout).toContain('The load of');
  });

  it.each([
    [['before'], 2, 'expected two runs'],
    [['before', 'after', '--margin', '5'], 2, '--margin: found "5", expected a percentage'],
    [['before', 'after', '--last', '0'], 2, '--last: found "0", expected a whole number'],
    [['before', 'after', '--last', '9'], 104, 'finished runs of the name "before": found 1, expected 9'],
    [['before', 'after', '--fail-if', 'p95>5%'], 104, 'failIf (--fail-if) "p95>5%": expected a difference'],
    [['before', 'nobody'], 104, 'there is no run "nobody"'],
    [['before', 'after', '--junit', 'no/folder.xml'], 2, '--junit'],
  ])('refuses %j with one message', async (args, code, message) => {
    await save('before', 1, 20);
    await save('after', 2, 26);
    const { exitCode, stderr } = await compare(...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(code);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
