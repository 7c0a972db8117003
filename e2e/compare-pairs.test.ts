import { compareRuns, readComparedRun, type ComparedRun, type Comparison } from '@loadwright/core/compare';
import type { Emulator } from '@loadwright/core/target';
import { afterAll, expect, it } from 'vitest';
import { busyMachineReasons } from '../packages/infra/test/busy-machine.js';
import { findTarget } from '../packages/cli/src/config/target.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { uniformNumbers } from '../packages/core/src/values/random.js';
import { Command } from '../packages/cli/test/command.js';
import { project } from '../packages/cli/test/project.js';
import { TestIo } from '../packages/cli/test/support.js';

const timeout = 540_000;
const pairs = 20;
const p95 = 'http_req_duration p(95)';

const emulators: Emulator[] = [];
afterAll(() => Promise.all(emulators.map((emulator) => emulator.stop())));

/** A service, and one that is 10 % slower in every percentile: so slow that pauses of this machine are little of it. */
async function services(): Promise<string[]> {
  const { definition } = await findTarget('rest', new TestIo());
  for (const serviceTime of ['300ms', '330ms']) {
    const { emulator } = await startEmulator(definition, {
      ...{ serviceTime, distribution: 'log-normal', concurrency: 400, queueLimit: 1000, basePath: '' },
    });
    emulators.push(emulator);
  }
  return emulators.map(({ url }) => url);
}

interface Printed {
  readonly exitCode: number;
  readonly actions: readonly {
    readonly id: string;
    readonly outcome?: { readonly directory?: string };
  }[];
  readonly comparison: Comparison;
}

const figureOf = ({ figures }: Comparison) => figures.find(({ figure }) => figure === p95)!;

/** How many of a hundred comparisons of some pairs, drawn at random, show a difference. */
function shown(
  all: readonly (readonly [ComparedRun, ComparedRun])[],
  count: number,
  uniform: () => number,
): number {
  let differences = 0;
  for (let comparison = 0; comparison < 100; comparison += 1) {
    const drawn = all
      .map((pair) => ({ pair, order: uniform() }))
      .toSorted((one, other) => one.order - other.order)
      .slice(0, count);
    const compared = compareRuns(
      drawn.map(({ pair }) => pair[0]),
      drawn.map(({ pair }) => pair[1]),
    );
    if (['higher', 'lower'].includes(figureOf(compared).conclusion)) differences += 1;
  }
  return differences;
}

/** Pairs of one service: which of the two is before the change is chance. */
const equals = (runs: readonly ComparedRun[], uniform: () => number) =>
  Array.from({ length: runs.length / 2 }, (_, pair) => {
    const [one, other] = [runs[2 * pair]!, runs[2 * pair + 1]!];
    return uniform() < 0.5 ? ([one, other] as const) : ([other, one] as const);
  });

it(
  'twenty real pairs show +10 % of p95, and those of equal services no more than promised',
  async () => {
    const [fast, slow] = await services();
    const { cwd } = await project({
      target: { kind: 'rest', route: '/predict', body: { amount: 1 }, baseUrl: fast },
      hosts: [fast, slow],
      workers: 1,
      load: { profile: 'arrivals', arrivalRate: '150/s', duration: '3s', arrivals: 'poisson' },
      thresholds: {},
      tolerate: busyMachineReasons,
    });
    const sides = ['--baseline-set', `host=${fast}`, '--candidate-set', `host=${slow}`];
    const command = new Command(
      [
        ...['compare', 'run', '--pairs', String(pairs), '--share-fleet', ...sides],
        ...['--fail-if', 'p(95)>+0%', '--yes', '--no-live', '--json'],
      ],
      { cwd },
    );
    const exitCode = await command.ended;
    const { comparison, actions } = JSON.parse(command.stdout) as Printed;
    // In turn, on one fleet: A B B A …
    const runs = actions.filter(({ id }) => id.startsWith('run ')).map(({ id }) => id.replace(/-\d+$/, ''));
    expect(runs.slice(0, 4)).toEqual([
      'run compare-baseline',
      'run compare-candidate',
      'run compare-candidate',
      'run compare-baseline',
    ]);
    expect(runs).toHaveLength(2 * pairs);
    expect(command.stderr.match(/✓ provision/g)).toHaveLength(1);
    const { conclusion, difference } = figureOf(comparison);
    expect([exitCode, comparison.method, conclusion], command.stderr).toEqual([99, 'paired', 'higher']);
    // Its interval misses the truth once in twenty times.
    expect(difference).toBeGreaterThan(0.05);
    expect(difference).toBeLessThan(0.15);

    const read = (side: string) =>
      Promise.all(
        actions
          .filter(({ id }) => id.startsWith(`run compare-${side}`))
          .map(({ outcome }) => readComparedRun(outcome!.directory!)),
      );
    const uniform = uniformNumbers(17);
    const [before, after] = [await read('baseline'), await read('candidate')];
    // As in the simulation with as many pairs as are recommended: nine of ten.
    const real = before.map((run, pair) => [run, after[pair]!] as const);
    expect(shown(real, 14, uniform)).toBeGreaterThanOrEqual(90);
    // 5 % on both sides are promised. Comparisons that share pairs are wrong together: their share varies more than chance alone.
    let wrong = 0;
    for (let repetition = 0; repetition < 4; repetition += 1)
      for (const runs of [before, after]) wrong += shown(equals(runs, uniform), 6, uniform);
    expect(wrong / 800).toBeLessThanOrEqual(0.12);
  },
  timeout,
);
