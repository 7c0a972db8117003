import type { Fleet, LoadTest, RunReport } from '@loadwright/core';
import { expect, it } from 'vitest';
import { makeReport } from '../../test/report-fixture.js';
import { TestIo } from '../../test/support.js';
import { main } from '../main.js';
import { createContext } from '../shell/create-context.js';
import { runAndReport } from './run-and-report.js';

/** What the command prints of a run that ends with this report, and its exit code. */
async function runWith(changes: Partial<RunReport>, ...argv: string[]) {
  const io = new TestIo();
  const test = { run: async () => makeReport(changes) } as unknown as LoadTest;
  const exitCode = await runAndReport(createContext(argv, io, main), test, {
    fleet: { kind: 'local' } as Fleet,
    resultsDirectory: 'results',
    live: false,
    tolerate: [],
  });
  return { exitCode, stdout: io.stdout.text };
}

it.each([
  ['PASS', undefined, 0],
  ['PASS', ['report.html'], 104],
  ['PASS', ['logs/master.log'], 104],
  ['FAIL', ['report.html'], 99],
  ['INVALID', ['report.html'], 96],
] as const)(
  'ends a run with %s of which the disk did not take %j with %i',
  async (verdict, unwritten, code) => {
    const { exitCode, stdout } = await runWith({ verdict, ...(unwritten && { unwritten }) });
    expect(exitCode).toBe(code);
    expect(stdout.includes('Make room on the disk')).toBe(unwritten !== undefined);
    expect(/loadwright report \S+ --open/.test(stdout)).toBe(unwritten === undefined);
  },
);

it('names them in its JSON document', async () => {
  const { exitCode, stdout } = await runWith({ unwritten: ['junit.xml'] }, '--json');
  expect([exitCode, JSON.parse(stdout)]).toEqual([
    104,
    expect.objectContaining({ unwritten: ['junit.xml'] }),
  ]);
});
