import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport } from '@loadwright/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { saveRun } from '../../../test/saved-run.js';
import { run, TestIo } from '../../../test/support.js';

let cwd: string;
const compare = (...args: string[]) => run(['compare', ...args], new TestIo({ cwd }));

const save = (name: string, number: number, middle: number, change: Partial<RunReport> = {}, failed = 0) =>
  saveRun(cwd, name, number, middle, change, failed);

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

  it('shows the share of each status code on both sides, in text, Markdown and JSON', async () => {
    await save('before', 1, 20);
    await save('after', 2, 20, {}, 5);
    const { stdout } = await compare('before', 'after');
    expect(stdout).toMatch(/\n +status code +baseline +candidate +difference/);
    expect(stdout).toMatch(/\n +200 +100 % +90 % +-10 pp +-10 pp to -10 pp +lower in these two runs\n/);
    expect(stdout).toMatch(/\n +503 +0 % +10 % +\+10 pp .*higher in these two runs\n/);
    const markdown = await compare('before', 'after', '--format', 'markdown');
    expect(markdown.stdout).toMatch(
      /\n\| status code \| baseline [^]*\n\| `503` \| 0 % \| 10 % \| \+10 pp \|/,
    );
    const { codes } = JSON.parse((await compare('before', 'after', '--json')).stdout) as {
      codes: { code: string; difference: number }[];
    };
    expect(codes.map(({ code, difference }) => [code, Math.round(100 * difference)])).toEqual([
      ['200', -10],
      ['503', 10],
    ]);
  });

  it('is a gate: 99 for a difference in pairs of runs, 0 without one, JUnit and a page beside it', async () => {
    for (const pair of [0, 1, 2]) {
      await save('before', 2 * pair + 1, 20 + pair / 10);
      await save('after', 2 * pair + 2, 26 + pair / 20);
    }
    const gate = ['--last', '3', '--fail-if', 'p(95)>+5%', '--fail-if', 'http_req_failed rate>+1pp'];
    const files = ['--junit', 'junit.xml', '--html', 'comparison.html'];
    const worse = await compare('before', 'after', ...gate, ...files, '--json');
    expect(worse.exitCode).toBe(99);
    expect(JSON.parse(worse.stdout)).toMatchObject({
      ...{ method: 'paired', verdict: 'FAIL' },
      gates: [{ passed: false }, { passed: true }],
    });
    const junit = await readFile(join(cwd, 'junit.xml'), 'utf8');
    expect(junit).toMatch(/<testsuite [^>]*tests="2" errors="0" failures="1"/);
    const html = await readFile(join(cwd, 'comparison.html'), 'utf8');
    expect(html).toMatch(/class="verdict fail"[^]*after against before[^]*3 pairs of runs, made in turn/);
    const better = await compare('after', 'before', ...gate);
    expect(better.exitCode).toBe(0);
    expect(better.stdout).toContain('✓ PASS');
    const markdown = await compare('before', 'after', ...gate, '--format', 'markdown');
    expect(markdown.stdout).toMatch(/^### FAIL\n[^]*\| `http_req_duration p\(95\)` \|/);
  });

  it('passes what is required only when it is shown: 0, 99 for the contrary, 96 for neither', async () => {
    for (const pair of [0, 1, 2]) {
      await save('before', 2 * pair + 1, 20 + pair / 10);
      await save('after', 2 * pair + 2, 26 + 3 * pair);
    }
    const exitCodeFor = async (require: string) =>
      (await compare('before', 'after', '--last', '3', '--require', require)).exitCode;
    expect(await exitCodeFor('p(95)<+500%')).toBe(0);
    expect(await exitCodeFor('p(95)<+5%')).toBe(99);
    expect(await exitCodeFor('p(95)<+45%')).toBe(96);
    const pairs = async (...power: string[]) => {
      const { stdout } = await compare('before', 'after', '--last', '3', '--json', ...power);
      const { figures } = JSON.parse(stdout) as { figures: { figure: string; pairsNeeded: number }[] };
      return figures.find(({ figure }) => figure === 'http_req_duration p(95)')!.pairsNeeded;
    };
    expect(await pairs('--power', '99%')).toBeGreaterThan(await pairs());
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
    [['before', 'after', '--power', '20%'], 104, 'power: found 0.2, expected a share from 0.5'],
    [['before', 'after', '--last', '0'], 2, '--last: found "0", expected a whole number'],
    [['before', 'after', '--last', '9'], 104, 'finished runs of the name "before": found 1, expected 9'],
    [['nobody', 'after', '--last', '6'], 104, 'names that have runs, newest first: after, before'],
    [['before', 'before'], 2, 'is on both sides, expected different runs'],
    [['before', 'after', '--fail-if', 'p95>5%'], 104, 'failIf (--fail-if) "p95>5%": expected a difference'],
    [['before', 'nobody'], 104, 'there is no run "nobody"'],
    [['before', 'after', '--junit', 'no/folder.xml'], 2, '--junit'],
    [['before', 'after', '--html', 'no/folder.html'], 2, '--html'],
  ])('refuses %j with one message', async (args, code, message) => {
    await save('before', 1, 20);
    await save('after', 2, 26);
    const { exitCode, stderr } = await compare(...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(code);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
