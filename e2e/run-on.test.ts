import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emulator } from '@loadwright/core/target';
import type { FleetHandle, RunReport } from '@loadwright/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busyMachineFlags } from '../packages/infra/test/busy-machine.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { findTarget } from '../packages/cli/src/config/target.js';
import { LastingFleetDouble } from '../packages/cli/test/lasting-fleet.js';
import { dhtConfig, project } from '../packages/cli/test/project.js';
import { TestIo } from '../packages/cli/test/support.js';

// The first run on a machine installs Locust.
const timeout = 240_000;

const fleets = new LastingFleetDouble();
let emulator: Emulator;
let folder: string;
let fleetId: string;
let handle: FleetHandle;

/** How the end of a machine is told, and what it costs. */
const ends = 'in 1h\\d+m \\(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\\), \\$3\\.60 an hour';

const part = () => fleetId.slice(-6);
const command = (argv: readonly string[], io = new TestIo({ cwd: folder })) => fleets.run(argv, io);
const runOn = (argv: readonly string[] = [], io?: TestIo) =>
  command(['run', '--on', part(), '--no-live', ...argv, ...busyMachineFlags], io);

/** Waits until a command shows a text. */
async function shows(io: TestIo, text: string): Promise<void> {
  while (!io.stdout.text.includes(text)) await once(io.stdout, 'written');
}

beforeAll(async () => {
  const { definition } = await findTarget('dht', new TestIo());
  ({ emulator } = await startEmulator(definition));
  const target = { ...dhtConfig.target, ...emulator.targetOptions };
  const load = { users: 2, duration: '3s', waitTime: '20ms' };
  folder = (await project({ ...dhtConfig, target, load, thresholds: {}, fleet: { kind: 'double' } })).cwd;
  const { exitCode, stderr, stdout } = await command(['deploy', '--yes', '--no-live']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  [[fleetId, handle]] = [...fleets.handles] as [[string, FleetHandle]];
  expect(stdout).toContain(`loadwright run --on ${fleetId}`);
  expect(stdout).toMatch(new RegExp(`\n  ends +${ends}\n`));
}, timeout);

afterAll(async () => {
  await fleets.end();
  await emulator.stop();
});

describe('loadwright run --on', () => {
  it(
    'judges a test on a fleet that stands, and leaves it',
    async () => {
      const { exitCode, stdout, stderr } = await runOn([
        '--json',
        '--threshold',
        'http_req_failed: rate<0.5',
      ]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr });
      const report = JSON.parse(stdout) as RunReport;
      expect(report).toMatchObject({ verdict: 'PASS', fleet: { kind: 'double', workers: 2 } });
      expect(report.runId).not.toBe(fleetId);
      expect(report.resultsDirectory).toBe(join(folder, 'results', 'dht', report.runId));
      expect(await readdir(report.resultsDirectory)).toEqual(
        expect.arrayContaining(['logs', 'report.html', 'summary.json']),
      );
      expect(stderr).toContain(`✓ open: ${fleetId}, 2 workers`);
      expect(stderr).toContain(
        `The fleet ${fleetId} is deployed. The next test: loadwright run --on ${fleetId}`,
      );
      expect(stderr.match(/is deployed/g)).toHaveLength(1);
      expect(stderr).toMatch(new RegExp(`\nEnds: ${ends}\n`));
      expect([...fleets.handles.keys()]).toEqual([fleetId]);
    },
    timeout,
  );

  it(
    'ends with the verdict, while somebody else watches',
    async () => {
      const io = new TestIo({ cwd: folder });
      const running = runOn(['--users', '3', '--threshold', 'http_reqs: count>1000000'], io);
      await shows(io, '● load');
      const attached = await command(['follow', part(), '--json']);
      expect(JSON.parse(attached.stdout)).toMatchObject({ ended: true, test: { load: { users: 3 } } });
      const { exitCode, stdout } = await running;
      expect({ exitCode, stdout }).toEqual({
        exitCode: 99,
        stdout: expect.stringContaining('FAIL') as string,
      });
    },
    timeout,
  );

  it(
    'waits for no load of others, which has no verdict',
    async () => {
      const started = await command(['start', part(), '--duration', '5m']);
      expect(started.stdout).toContain(
        `this load has no verdict; one that has: loadwright run --on ${fleetId}`,
      );
      const { exitCode, stderr } = await runOn();
      expect(exitCode).toBe(104);
      expect(stderr).toMatch(new RegExp(`a load is running on ${fleetId}, for another \\S+`));
      expect(stderr).toContain(`loadwright stop ${fleetId}`);
      const status = await command(['status', part()]);
      expect(status.stdout).toMatch(/load +(running|spawning) for/);
      const io = new TestIo({ cwd: folder, terminal: true, columns: 200 });
      Object.assign(io.stdin, { isTTY: true, setRawMode: () => io.stdin });
      const destroying = command(['destroy', part()], io);
      await shows(io, '?');
      io.stdin.push('n');
      expect((await destroying).exitCode).toBe(105);
      expect(io.stdout.text).toMatch(/a load is running, and its measurements will be lost: \w+ for/);
      expect((await command(['stop', part()])).exitCode).toBe(0);
    },
    timeout,
  );

  it(
    'stops its load with Ctrl-C, keeps what it measured, and says that the fleet stays',
    async () => {
      const io = new TestIo({ cwd: folder });
      const running = runOn(['--duration', '5m'], io);
      await shows(io, '● load');
      io.signal('SIGINT');
      const { exitCode, stdout, stderr } = await running;
      expect(exitCode).toBe(105);
      expect(stdout).toContain('the load ends, what was measured is kept, the fleet stays');
      expect(stdout).toContain('✓ collect');
      expect(stderr).toContain(`The fleet ${fleetId} is deployed.`);
      expect(stdout).toMatch(new RegExp(`next .*: loadwright run --on ${fleetId}\n`));
      expect((await command(['status', part()])).stdout).toMatch(/load +ended \d+s ago/);
    },
    timeout,
  );

  it.each(['start', 'run --on'])('%s refuses a load that would outlive the machines', async (argv) => {
    const { exitCode, stderr } = await command([...argv.split(' '), part(), '--duration', '3h']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 104, stderr });
    expect(stderr).toMatch(new RegExp(`the time of ${fleetId} ends in 1h\\S+ .*the load lasts 3h`));
    expect(stderr).toContain('timeToLive');
  });

  it('refuses a configuration that is not that of the fleet', async () => {
    const file = join(folder, 'other.config.json');
    const { target, ...config } = dhtConfig;
    const other = { ...target, ...emulator.targetOptions, timeout: '7s' };
    await writeFile(file, JSON.stringify({ ...config, target: other, fleet: { kind: 'double' } }));
    const { exitCode, stderr } = await runOn(['--config', file]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 104, stderr });
    expect(stderr).toMatch(/was deployed with another test\n +target\.timeout\w*: found 7, the fleet has \d/);
    expect(stderr).toContain('loadwright deploy');
  });

  it.each([
    [['--on', 'nobody'], 104, 'no fleet "nobody" is deployed'],
    [['--on', 'x', '--fleet', 'local'], 104, 'there is none to find'],
    [['--on', 'x', '--emulator'], 2, '--on'],
    [['--on', 'x', '--keep-fleet'], 2, '--on'],
    [['--on', 'x', '--dry-run'], 2, '--on'],
  ] as const)('refuses %j', async (argv, expected, message) => {
    const { exitCode, stderr } = await command(['run', ...argv]);
    expect({ exitCode, stderr }).toEqual({ exitCode: expected, stderr });
    expect(stderr).toContain(message);
  });
});

describe('loadwright run', () => {
  it(
    'of which the fleet resists shows the verdict all the same, and what to do before it is removed again',
    async () => {
      fleets.remaining = ['machine i-1: a permission is missing'];
      const { exitCode, stdout, stderr } = await command(['run', '--no-live', '--duration', '1s']);
      fleets.remaining = [];
      expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 98, stdout, stderr });
      const [, made = ''] = /loadwright report (\S+) --open/.exec(stdout) ?? [];
      const [, fleetId = ''] = /● destroy\n +removing (\S+)\n/.exec(stdout) ?? [];
      expect(fleetId).not.toBe(made);
      expect(stdout).toContain(`results/dht/${made}`);
      expect(stdout).toMatch(/! everybody may come in\n[^]*● provision/);
      expect(stdout).toMatch(/(PASS|INVALID)[^]*p95/);
      expect(stderr).toMatch(
        new RegExp(`machine i-1: [^]*hint: Fix the cause[^]*next: loadwright destroy ${fleetId}`),
      );
    },
    timeout,
  );
});

describe('loadwright deploy', () => {
  it(
    'names the command that leads to a web UI which its own end would close',
    async () => {
      fleets.isForwarded = true;
      try {
        const { stdout } = await command(['deploy', '--yes', '--no-live']);
        const [, made = ''] = /fleet (\S+) is deployed/.exec(stdout) ?? [];
        expect(stdout).toMatch(new RegExp(`web UI +loadwright ui ${made} --hold\\n`));
        expect((await command(['status', made, '--json'])).stdout).not.toContain('"url"');
        expect((await command(['ui', made])).stderr).toContain(`loadwright ui ${made} --hold`);
        expect((await command(['destroy', made, '--yes'])).exitCode).toBe(0);
      } finally {
        fleets.isForwarded = false;
      }
    },
    timeout,
  );

  it(
    'stopped twice ends with 98, and names the run of which something may remain',
    async () => {
      const io = new TestIo({ cwd: folder });
      fleets.whileRemoving = async () => {
        io.now = () => Date.now() + 1000;
        io.signal('SIGINT');
        await new Promise(() => {});
      };
      const deploying = command(['deploy', '--yes', '--no-live'], io);
      await shows(io, '● connect');
      io.signal('SIGINT');
      const { exitCode, stderr } = await deploying;
      fleets.whileRemoving = async () => {};
      expect({ exitCode, stderr }).toEqual({ exitCode: 98, stderr });
      const made = [...fleets.handles.keys()].at(-1);
      expect(stderr).toContain(`resources of fleet ${made} may remain`);
      expect((await command(['destroy', String(made), '--yes'])).exitCode).toBe(0);
      expect([...fleets.handles.keys()]).toEqual([fleetId]);
    },
    timeout,
  );
});

describe('loadwright deploy on a terminal', () => {
  it.each([
    ['no', (io: TestIo) => io.stdin.push('n'), '', 'not confirmed; nothing was changed'],
    ['Ctrl-C', (io: TestIo) => io.signal('SIGINT'), 'stopping (SIGINT)', 'Stopped in the phase plan'],
  ] as const)(
    'shows plan and price, asks, and makes nothing after %s',
    async (_what, answer, said, error) => {
      const io = new TestIo({ cwd: folder, terminal: true });
      Object.assign(io.stdin, { isTTY: true, setRawMode: () => io.stdin });
      const deploying = command(['deploy'], io);
      await shows(io, 'Deploy this?');
      answer(io);
      const { exitCode, stdout, stderr } = await deploying;
      expect({ exitCode, stderr }).toEqual({ exitCode: 105, stderr });
      expect(stderr).toContain(error);
      expect(stdout).toContain('$3.60 an hour');
      expect(stdout).toContain(said);
      expect([...fleets.handles.keys()]).toEqual([fleetId]);
    },
  );
});

describe('loadwright results', () => {
  it(
    'keeps those of each load, of which report says that nobody judged them',
    async () => {
      const directories: string[] = [];
      for (const users of ['2', '3']) {
        for (const argv of [
          ['start', part(), '--users', users, '--duration', '1m'],
          ['stop', part()],
        ]) {
          const { exitCode, stderr } = await command(argv);
          expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
        }
        const { directory } = JSON.parse((await command(['results', part(), '--json'])).stdout) as {
          directory: string;
        };
        directories.push(directory);
      }
      expect(new Set(directories).size).toBe(2);
      for (const [index, directory] of directories.entries()) {
        const { test } = JSON.parse(await readFile(join(directory, 'statistics.json'), 'utf8')) as {
          test: unknown;
        };
        expect(test).toMatchObject({ load: { users: index + 2 } });
      }
      const { exitCode, stderr } = await command(['report', fleetId]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 104, stderr });
      expect(stderr).toContain(`loadwright run --on ${fleetId}`);
    },
    timeout,
  );
});

describe('what only the machines know', () => {
  const canary = 'canary-of-the-machines';

  it('is shown and saved by no command', async () => {
    const { logs, status } = handle;
    Object.assign(handle, {
      secrets: [canary],
      logs: async function* () {
        yield { node: 'worker-1', line: `the token ${canary} and ${handle.login.password}` };
      },
      status: async () => [
        { name: 'worker-1', role: 'worker', state: 'failed', reason: `${canary} expired` },
      ],
    });
    try {
      const shown: string[] = [];
      for (const argv of [['logs'], ['logs', '--json'], ['status'], ['status', '--json'], ['results']]) {
        const { exitCode, stdout, stderr } = await command([argv[0]!, part(), ...argv.slice(1)]);
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr });
        shown.push(stdout, stderr);
      }
      expect(shown.filter((text) => text.includes('[redacted]'))).toHaveLength(4);
      const [, directory = ''] = /✓ (\S+\/load-\S+)/.exec(shown.join('\n')) ?? [];
      shown.push(await readFile(join(directory, 'logs', 'worker-1.log'), 'utf8'));
      expect(shown.at(-1)).toContain('the token [redacted] and [redacted]');
      for (const text of shown) expect(text).not.toMatch(new RegExp(`${canary}|${handle.login.password}`));
    } finally {
      Object.assign(handle, { logs, status });
    }
  });
});
