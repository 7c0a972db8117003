import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeReport, saveReport } from '../../../test/report-fixture.js';
import { run, TestIo } from '../../../test/support.js';

let io: TestIo;
let newest: string;

beforeEach(async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'loadwright-report-'));
  io = new TestIo({ cwd });
  const results = join(cwd, 'results');
  await saveReport(results, makeReport());
  newest = await saveReport(
    results,
    makeReport({ name: 'other', runId: '20260802T000000Z-ffffff', verdict: 'FAIL' }),
  );
});

describe('loadwright report', () => {
  it('shows the newest run and, whatever its verdict, ends with 0', async () => {
    const { exitCode, stdout } = await run(['report'], io);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('✗ FAIL');
    expect(stdout).toContain(join(newest, 'report.html'));
  });

  it.each(['fraud', '20260801T101112Z-a1b2c3', 'a1b2c3', 'fraud/20260801T101112Z-a1b2c3'])(
    'finds a run as %s',
    async (reference) => {
      expect((await run(['report', reference], io)).stdout).toContain('✓ PASS');
    },
  );

  it('prints the report of a moved folder as one JSON document', async () => {
    const { stdout } = await run(['report', '--json'], io);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'FAIL', resultsDirectory: newest });
  });

  it('lists the runs, newest first', async () => {
    const { stdout } = await run(['report', '--list'], io);
    expect(stdout).toMatch(/other\/20260802.*FAIL[^]*fraud\/20260801.*PASS/);
    const json = (await run(['report', '--list', '--json'], new TestIo({ cwd: io.cwd }))).stdout;
    expect(JSON.parse(json)).toMatchObject([{ name: 'other' }, { name: 'fraud' }]);
  });

  it('prints Markdown for the summary of a pipeline', async () => {
    const { stdout } = await run(['report', '--format', 'markdown'], io);
    expect(stdout).toMatch(/^### ❌ FAIL: other/);
  });

  it('opens report.html', async () => {
    await run(['report', '--open'], io);
    expect(io.opened).toEqual([join(newest, 'report.html')]);
  });

  it('calls a defect of its own a defect, with exit code 1 and without a stack trace', async () => {
    io.openFile = () => Promise.reject(new TypeError('open is not a function'));
    const { exitCode, stderr } = await run(['report', '--open'], io);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('a defect of Loadwright itself: open is not a function');
    expect(stderr).toContain('LOADWRIGHT_DEBUG=1');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('lists what exists when a run is unknown', async () => {
    const { exitCode, stderr } = await run(['report', 'absent'], io);
    expect(exitCode).toBe(104);
    expect(stderr).toContain('there is no run "absent"');
    expect(stderr).toContain('other/20260802T000000Z-ffffff, fraud/20260801T101112Z-a1b2c3');
  });

  it('says what to do when there are no runs', async () => {
    const { exitCode, stderr } = await run(['report', '--results', 'empty'], io);
    expect(exitCode).toBe(104);
    expect(stderr).toContain('there are no finished runs');
  });

  it('tells a damaged report from a defect of its own', async () => {
    await writeFile(join(newest, 'summary.json'), '{');
    const { exitCode, stderr } = await run(['report'], io);
    expect(exitCode).toBe(104);
    expect(stderr).toContain('code: RESULTS_UNREADABLE');
  });

  it('names the file that is no summary, and what is wrong in one that is', async () => {
    const file = join(newest, 'summary.json');
    await writeFile(file, '{}');
    expect((await run(['report'], io)).stderr).toContain(`error: ${file}: schemaVersion: missing, expected`);
    const again = new TestIo({ cwd: io.cwd });
    await writeFile(file, JSON.stringify({ ...makeReport(), verdict: 'GOOD' }));
    expect((await run(['report'], again)).stderr).toContain(`error: ${file}: summary.verdict: found "GOOD"`);
  });
});
