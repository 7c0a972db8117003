import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emulator } from '@loadwright/core/target';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Command } from '../packages/cli/test/command.js';
import { LastingFleetDouble } from '../packages/cli/test/lasting-fleet.js';
import { project } from '../packages/cli/test/project.js';
import { TestIo } from '../packages/cli/test/support.js';
import { startRings, twoProtocols } from './two-protocols.js';

const timeout = 240_000;
let emulators: Emulator[];

beforeAll(async () => {
  emulators = await startRings();
}, timeout);

afterAll(async () => {
  await Promise.all(emulators.map((emulator) => emulator.stop()));
});

/** A folder with the configuration and the workflow. */
async function folderOf(kind: string): Promise<string> {
  const { configuration, workflow } = twoProtocols(emulators, { kind });
  const { cwd } = await project(configuration);
  await writeFile(join(cwd, 'workflow.json'), JSON.stringify(workflow));
  return cwd;
}

interface Printed {
  readonly exitCode: number;
  readonly actions: readonly { id: string; outcome: { verdict?: string } }[];
  readonly comparisons: Readonly<Record<string, { readonly figures: readonly unknown[] }>>;
}

const expected = ['deploy lab', 'run koorde', 'run chord', 'compare both', 'destroy lab'];

it(
  'tests one protocol, then the other on the same fleet, compares, and leaves nothing',
  async () => {
    const fleets = new LastingFleetDouble();
    const cwd = await folderOf('double');
    const before = emulators.map((emulator) => emulator.statistics().requests);
    const argv = ['workflow', 'run', 'workflow.json', '--yes', '--no-live', '--json'];
    const { exitCode, stdout, stderr } = await fleets.run(argv, new TestIo({ cwd }));
    const printed = JSON.parse(stdout) as Printed;
    expect({ exitCode, ids: printed.actions.map(({ id }) => id) }, stderr).toEqual({
      exitCode: 0,
      ids: expected,
    });
    expect(printed.actions.map(({ outcome }) => outcome.verdict)).toEqual([
      undefined,
      'PASS',
      'PASS',
      undefined,
      undefined,
    ]);
    expect(printed.comparisons['both']?.figures.length).toBeGreaterThan(3);
    const left = await readdir(join(cwd, 'results/workflows/koorde-vs-chord'), { recursive: true });
    expect(left.flatMap((file) => /\/both\/comparison\.(\w+)$/.exec(file)?.[1] ?? []).sort()).toEqual([
      'html',
      'json',
      'md',
      'xml',
    ]);
    expect(fleets.handles.size).toBe(0);
    // Both were asked, each by its own run.
    for (const [index, emulator] of emulators.entries()) {
      expect(emulator.statistics().requests - before[index]!).toBeGreaterThan(50);
    }
  },
  timeout,
);

it(
  'goes on where its process was killed',
  async () => {
    const cwd = await folderOf('local');
    const start = (...more: string[]) =>
      new Command(['workflow', 'run', 'workflow.json', '--yes', '--no-live', ...more], { cwd });
    const killed = start();
    await killed.shows('run chord …');
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(killed.stdout).toMatch(/run koorde PASS/);

    const continued = start('--resume', '--json');
    const exitCode = await continued.ended;
    const printed = JSON.parse(continued.stdout) as Printed;
    expect(continued.stderr).toMatch(/run koorde PASS .*\(done before\)/);
    expect({ exitCode, ids: printed.actions.map(({ id }) => id) }).toEqual({ exitCode: 0, ids: expected });
    expect(printed.comparisons).toHaveProperty('both');
  },
  timeout,
);
