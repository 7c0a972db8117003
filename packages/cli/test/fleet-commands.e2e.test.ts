import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emulator } from '@loadwright/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator } from '../src/emulation.js';
import { findTarget } from '../src/target.js';
import { processesIn } from './command.js';
import { LastingFleetDouble } from './lasting-fleet.js';
import { dhtConfig, project } from './project.js';
import { TestIo } from './support.js';

// The first run on a machine installs Locust.
const timeout = 240_000;

const fleets = new LastingFleetDouble();
let emulator: Emulator;
let folder: string;

const fleetConfig = () => ({
  ...dhtConfig,
  target: { ...dhtConfig.target, ...emulator.targetOptions },
  fleet: { kind: 'double' },
  load: { users: 2, duration: '3s', waitTime: '20ms' },
  thresholds: {},
});

/** Runs a command in the folder of the configuration. */
const command = (argv: readonly string[], io = new TestIo({ cwd: folder })) => fleets.run(argv, io);

/** The JSON document of a command that succeeds. */
async function document(argv: readonly string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await command([...argv, '--json']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr });
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Waits until a command shows a text. */
async function shows(io: TestIo, text: string): Promise<void> {
  while (!io.stdout.text.includes(text)) await once(io.stdout, 'written');
}

beforeAll(async () => {
  const { definition } = await findTarget('dht', new TestIo());
  ({ emulator } = await startEmulator(definition));
  folder = (await project(fleetConfig())).cwd;
});

afterAll(async () => {
  await fleets.end();
  await emulator.stop();
});

describe('a fleet that outlives its command', () => {
  let runId: string;
  const part = () => runId.slice(-6);
  const password = () => fleets.handles.get(runId)!.login.password;

  it(
    'is made by deploy, which tells plan and price, and waits for all workers',
    async () => {
      const { exitCode, stdout, stderr } = await command(['deploy', '--yes', '--no-live']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      [runId] = [...fleets.handles.keys()] as [string];
      expect(stdout).toContain(`1 machine of 2 vCPUs: ${runId}`);
      expect(stdout).toContain('$3.60 an hour, $0.0030 for 3s of load');
      expect(stdout).toContain('! the quota leaves room for 1 more');
      expect(stdout).toContain(`${runId} stands: 2 workers connected`);
      expect(stdout).not.toContain(password());
    },
    timeout,
  );

  it('is listed, and has a status', async () => {
    expect(await document(['list'])).toMatchObject([{ runId, state: 'running', costUsDollars: 0.6 }]);
    const list = await command(['list']);
    expect(list.stdout).toMatch(new RegExp(`${runId} +running +10m +in 1h50m +\\$0\\.60`));
    const status = await command(['status']);
    expect(status.stdout).toMatch(/workers +2 of 2 connected\n +load +none yet/);
  });

  it('shows its login to a terminal, or to who asks for it', async () => {
    const silent = await command(['ui', part()]);
    expect(silent.stdout).toContain(fleets.handles.get(runId)!.masterUrl);
    expect(silent.stdout + silent.stderr).not.toContain(password());
    expect(await document(['ui', part()])).toEqual({ runId, url: fleets.handles.get(runId)!.masterUrl });
    expect((await command(['ui', part(), '--show-login'])).stdout).toContain(password());
    expect(await document(['ui', part(), '--show-login'])).toMatchObject({ password: password() });
    const io = new TestIo({ cwd: folder, terminal: true });
    expect((await command(['ui', part(), '--open'], io)).stdout).toContain(password());
    expect(io.opened).toEqual([fleets.handles.get(runId)!.masterUrl]);
  });

  it('is not attached to while no load is under way', async () => {
    const { exitCode, stderr } = await command(['attach', part()]);
    expect(exitCode).toBe(104);
    expect(stderr).toContain(`hint: start one: loadwright start ${runId}`);
  });

  it(
    'carries out the load of the flags, which ends by itself',
    async () => {
      const { load } = await document(['start', part(), '--users', '3', '--spawn-rate', '3']);
      expect(load).toMatchObject({ users: 3, spawnRate: 3, durationSeconds: 3 });
      const attached = await document(['attach', part()]);
      expect(attached).toMatchObject({ runId, ended: true, failures: 0, test: { load: { users: 3 } } });
      expect(attached['requests']).toBeGreaterThan(20);
    },
    timeout,
  );

  it(
    'is watched without being stopped, and stopped without being removed',
    async () => {
      await document(['start', part(), '--duration', '5m']);
      const again = await command(['start', part()]);
      expect(again.exitCode).toBe(104);
      expect(again.stderr).toContain(`loadwright stop ${runId}`);
      const io = new TestIo({ cwd: folder });
      const attached = command(['attach', part(), '--no-live'], io);
      await shows(io, 'users ·');
      io.signal('SIGINT');
      expect((await attached).exitCode).toBe(105);
      expect(io.stdout.text).toContain(`detached: the load of ${runId} goes on`);
      expect((await document(['status', part()]))['load']).toMatchObject({ users: 2 });
      expect(await document(['stop', part()])).toEqual({ runId, stopped: true });
      expect((await command(['status', part()])).stdout).toMatch(/load +ended \d+s ago: 2 users/);
    },
    timeout,
  );

  it(
    'hands over its logs and results, without secrets',
    async () => {
      const io = new TestIo({ cwd: folder });
      const following = command(['logs', part(), '--follow'], io);
      await shows(io, 'master');
      io.signal('SIGINT');
      expect((await following).exitCode).toBe(0);
      const { lines } = await document(['logs', part()]);
      expect((lines as { node: string }[]).map(({ node }) => node)).toContain('master');
      const { directory, files } = await document(['results', part()]);
      expect(directory).toBe(join(folder, 'results', 'dht', runId));
      expect(files).toEqual(expect.arrayContaining(['locust_stats.csv', 'locust.html', 'statistics.json']));
      const found = await readdir(String(directory), { recursive: true, withFileTypes: true });
      for (const entry of found.filter((item) => item.isFile())) {
        const text = await readFile(join(entry.parentPath, entry.name), 'latin1');
        expect(text.includes(password()), entry.name).toBe(false);
      }
    },
    timeout,
  );

  it('is removed, verified, and removing it again is no mistake', async () => {
    const { exitCode, stdout } = await command(['destroy', part(), '--yes']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('machine i-0123456789abcdef0');
    expect(stdout).toContain('0 resources left, verified');
    expect(processesIn(folder)).toEqual([]);
    expect(await document(['destroy', runId, '--yes'])).toEqual({
      runs: [runId],
      removed: [],
      remaining: [],
    });
    expect((await command(['list'])).stdout).toBe('No run stands here.\n');
  });
});

describe('deploy', () => {
  it.each(['provision', 'connect'])(
    'leaves nothing when it is stopped in the phase %s',
    async (phase) => {
      const io = await project(fleetConfig());
      const deploying = command(['deploy', '--yes', '--no-live'], io);
      await shows(io, `● ${phase}`);
      io.signal('SIGINT');
      const { exitCode, stdout, stderr } = await deploying;
      expect({ exitCode, stderr }).toEqual({ exitCode: 105, stderr });
      expect(stdout).toContain('stopping (SIGINT): what was made is removed');
      expect(processesIn(io.cwd)).toEqual([]);
    },
    timeout,
  );
});

describe('run', () => {
  it(
    'keeps a fleet that can be kept, and says how to remove it',
    async () => {
      const io = await project({ ...fleetConfig(), fleet: { kind: 'local' } });
      const argv = [
        'run',
        '--fleet',
        'double',
        '--keep-fleet',
        '--tolerate',
        'generator-cpu',
        'event-loop-lag',
      ];
      const { exitCode, stderr } = await command([...argv, '--no-live'], io);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr });
      const [runId] = [...fleets.handles.keys()];
      expect(stderr).toContain(`Remove it: loadwright destroy ${runId}`);
      await fleets.end();
      expect(processesIn(io.cwd)).toEqual([]);
    },
    timeout,
  );
});
