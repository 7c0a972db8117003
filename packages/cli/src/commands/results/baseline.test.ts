import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project, dhtConfig } from '../../../test/project.js';
import { load, projectWithBaseline } from '../../../test/baseline-project.js';
import { saveRun } from '../../../test/saved-run.js';
import { run, TestIo } from '../../../test/support.js';

const again = (io: TestIo) => new TestIo({ cwd: io.cwd });

/** A project with three runs named `before` and one `after` that is slower by a third. */
async function projectWithRuns() {
  const io = await project(dhtConfig);
  for (const number of [1, 2, 3]) await saveRun(io.cwd, 'before', number, 20 + number / 10);
  const after = await saveRun(io.cwd, 'after', 4, 26);
  return { io, after, call: (...args: string[]) => run(args, again(io)) };
}

describe('loadwright baseline', () => {
  it('keeps runs under a name, beside the configuration, when the results are gone', async () => {
    const { io, call } = await projectWithRuns();
    const saved = await call('baseline', 'save', 'main', 'before', '--last', '3', '--json');
    expect(saved.exitCode).toBe(0);
    const { runs } = JSON.parse(saved.stdout) as { runs: string[] };
    expect(runs).toHaveLength(3);
    expect((await readdir(join(io.cwd, 'baselines', 'main'))).sort()).toEqual(
      ['baseline.json', ...runs].sort(),
    );
    await rm(join(io.cwd, 'results', 'before'), { recursive: true });
    const gate = ['--fail-if', 'p(95)>+5%'];
    const compared = await call('compare', '--baseline', 'main', '--candidate', 'after', ...gate);
    expect(compared.stdout).toContain('✗ FAIL');
    expect(compared.exitCode).toBe(99);
  });

  it('is the one that a single run is compared with when it is in use', async () => {
    const { call } = await projectWithRuns();
    const alone = await call('compare', 'after');
    expect({ code: alone.exitCode, hint: alone.stderr.includes('loadwright baseline use') }).toEqual({
      code: 2,
      hint: true,
    });
    await call('baseline', 'save', 'main', 'before', '--last', '3');
    expect((await call('baseline', 'list')).stdout).not.toContain('in use');
    expect((await call('baseline', 'use', 'main')).exitCode).toBe(0);
    expect((await call('baseline', 'list')).stdout).toMatch(/main \(in use\) +\S+ +3/);
    expect((await call('compare', 'after', '--fail-if', 'p(95)>+5%')).exitCode).toBe(99);
  });

  it('is replaced on purpose alone, and as a whole', async () => {
    const { io, after, call } = await projectWithRuns();
    await call('baseline', 'save', 'main', 'before', '--last', '3');
    const refused = await call('baseline', 'save', 'main', 'after');
    expect(refused.stderr).toContain('The baseline main exists already');
    expect(refused.exitCode).toBe(104);
    expect((await call('baseline', 'save', 'main', 'after', '--replace')).exitCode).toBe(0);
    expect(await readdir(join(io.cwd, 'baselines'))).toEqual(['main']);
    expect((await readdir(join(io.cwd, 'baselines', 'main'))).sort()).toEqual(
      [after.runId, 'baseline.json'].sort(),
    );
  });

  it.each([
    [['save', '../main', 'before'], 'baseline: found "../main", expected a name'],
    [['save', 'main', 'nobody'], 'there is no run "nobody"'],
    [['save', 'main', 'before', 'other'], 'These runs are no baseline: The load of'],
    [['use', 'main'], 'There is no baseline "main"'],
  ])('refuses %j, and leaves nothing', async (args, message) => {
    const { io, call } = await projectWithRuns();
    await saveRun(io.cwd, 'other', 5, 20, { configuration: { load: { users: 7 } } });
    const { exitCode, stderr } = await call('baseline', ...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(104);
    expect(await readdir(io.cwd)).not.toContain('baselines');
  });
});

describe('loadwright run --baseline', () => {
  it.each([
    [
      ['--baseline', 'main', '--users', '6'],
      'This test cannot be compared with the baseline main: the load differs: load.users: found 6, the baseline has 5.',
    ],
    [['--baseline', 'other'], 'There is no baseline "other"'],
    [['--fail-if', 'p(95)>+5%'], 'run: --fail-if and --require compare with a baseline, and none is named.'],
    [['--require', 'p(95)<+5%'], 'run: --fail-if and --require compare with a baseline, and none is named.'],
    [['--baseline', 'main', '--run-variation', '3'], '--run-variation: found "3", expected a percentage'],
  ])('refuses %j before it sends anything', async (args, message) => {
    const io = await projectWithBaseline();
    const { stderr } = await run(['run', ...load, ...args], again(io));
    expect(stderr).toContain(message);
    expect(await readdir(join(io.cwd, 'results'))).toEqual(['before']);
  });

  it('refuses other payloads than those of the baseline', async () => {
    const io = await projectWithBaseline();
    const file = join(io.cwd, 'baselines', 'main', 'baseline.json');
    const record = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...record, payloadsDigest: 'another' }));
    const { stderr, exitCode } = await run(['run', ...load, '--baseline', 'main'], again(io));
    expect(stderr).toContain('cannot be compared with the baseline main: the payloads differ');
    expect(exitCode).toBe(104);
  });
});
