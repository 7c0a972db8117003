import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunReport } from '@loadwright/core';
import { expect, it } from 'vitest';
import { load, projectWithBaseline } from '../packages/cli/test/baseline-project.js';
import { run, TestIo } from '../packages/cli/test/support.js';

it('fails a run that is slower, whatever its own thresholds say, and writes the comparison beside it', async () => {
  const io = await projectWithBaseline();
  const gate = ['--baseline', 'main', '--run-variation', '3%', '--fail-if', 'p(95)>+5%'];
  const { exitCode, stdout, stderr } = await run(
    ['run', ...load, ...gate, '--json'],
    new TestIo({ cwd: io.cwd }),
  );
  const report = JSON.parse(stdout) as RunReport & { comparison: { verdict: string } };
  expect({ exitCode, stderr }).toEqual({ exitCode: 99, stderr });
  expect({ run: report.verdict, against: report.comparison.verdict }).toEqual({
    run: 'PASS',
    against: 'FAIL',
  });
  expect(await readFile(join(report.resultsDirectory, 'comparison.md'), 'utf8')).toMatch(/^### FAIL/);
  expect(await readdir(report.resultsDirectory)).toEqual(
    expect.arrayContaining(['comparison.html', 'comparison.json', 'comparison.xml']),
  );
}, 360_000);
