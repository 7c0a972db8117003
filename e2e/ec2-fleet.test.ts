import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { busyMachineFlags } from '../packages/infra/test/busy-machine.js';
import { Command } from '../packages/cli/test/command.js';
import { useEc2World } from './ec2-world.js';
import { TestIo } from '../packages/cli/test/support.js';

const timeout = 120_000;

const world = useEc2World('databricks', { load: { users: 2, duration: '3s', waitTime: '20ms' } });

const command = (argv: readonly string[], io?: TestIo) => world().command(argv, io);
const document = (argv: readonly string[]) => world().document(argv);

/** The machines that there are. */
const machines = async () =>
  (await world().aws.inventory()).filter((resource) => resource.startsWith('ec2:instance/'));

/** Waits until a command that runs shows a text. */
async function shows(io: TestIo, text: string, running: Promise<unknown>): Promise<void> {
  const ended = running.then(() => true);
  while (!io.stdout.text.includes(text)) {
    const isOver = await Promise.race([ended, once(io.stdout, 'written')]);
    if (isOver === true) throw new Error(`ended without "${text}":\n${io.stdout.text}${io.stderr.text}`);
  }
}

/** The built command in a process of its own, which is killed at a call: before it takes effect, or after. */
async function deployKilled(at: string, when: 'before' | 'after', argv: string[] = []): Promise<void> {
  const deploy = new Command(['deploy', '--yes', '--no-live', ...argv], {
    cwd: world().folder,
    environment: world().environment,
  });
  const fault = { kind: 'kill', when, callback: () => deploy.child.kill('SIGKILL') } as const;
  const struck = world().aws.inject({ at, fault });
  const exitCode = await deploy.ended;
  const output = deploy.stdout + deploy.stderr;
  world().said += output;
  expect({ exitCode, strikes: struck.strikes, output }).toEqual({ exitCode: null, strikes: 1, output });
  await world().aws.idle();
}

describe('a fleet on EC2 that outlives its command', () => {
  let fleetId: string;
  let url: string;
  let password: string;
  const part = () => fleetId.slice(-6);

  it(
    'is made by deploy, which tells plan and price, and waits for all workers',
    async () => {
      await world().configure('local.json', { fleet: { kind: 'local' } });
      const flags = ['--config', 'local.json', '--fleet', 'ec2', '--region', 'eu-west-1'];
      const { exitCode, stdout, stderr } = await command(['deploy', '--yes', '--no-live', ...flags]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      [, fleetId = ''] = /fleet (\S+) is deployed: 2 workers connected/.exec(stdout) ?? [];
      expect(stdout).toMatch(new RegExp(`instance loadwright-ec2-${fleetId}: c7i.4xlarge, 16 vCPUs`));
      // A machine of 0.76, 100 GB of 0.073 a month, and an address of 0.005.
      expect(stdout).toContain('Price $0.78 an hour, $0.0006 for 3s of load');
      expect(stdout).toMatch(
        /\n {2}ends +in (2h|1h5\dm) \(\d{4}-\d\d-\d\d \d\d:\d\d UTC\), \$0\.78 an hour\n/,
      );
      expect(await machines()).toHaveLength(1);
    },
    timeout,
  );

  it('is listed, and has a status', async () => {
    expect(await document(['list'])).toMatchObject([{ fleetId, state: 'running' }]);
    const elsewhere = await command(['list', '--fleet', 'ec2', '--region', 'eu-west-1']);
    expect(elsewhere.stdout).toMatch(new RegExp(`${fleetId} +running +\\S+ +in (2h|1h5\\dm) +\\$0\\.0\\d+`));
    const status = await command(['status']);
    expect(status.stdout).toMatch(/workers +2 of 2 connected\n +load +none yet/);
  });

  it('shows its login to a terminal, or to who asks for it', async () => {
    const shown = await document(['ui', part(), '--show-login']);
    ({ url, password } = shown as { url: string; password: string });
    expect(world().secrets).toContain(password);
    // Nothing more than the address.
    const fingerprint = expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/) as string;
    expect(url).toMatch(/^https:/);
    expect(await document(['ui', part()])).toEqual({ fleetId, url, fingerprint });
    expect((await command(['ui', part()])).stdout).toContain(url);
    const io = world().io(true);
    expect((await command(['ui', part(), '--open'], io)).stdout).toContain(password);
    expect(io.opened).toEqual([url]);
  });

  it('is not followed while no load is running', async () => {
    const { exitCode, stderr } = await command(['follow', part()]);
    expect(exitCode).toBe(104);
    expect(stderr).toContain(`hint: start one: loadwright start ${fleetId}`);
  });

  it(
    'carries out the load of the flags, which ends by itself',
    async () => {
      const flags = ['--users', '3', '--spawn-rate', '3', '--duration', '5s'];
      const { load } = await document(['start', part(), ...flags]);
      expect(load).toMatchObject({ users: 3, spawnRate: 3, durationSeconds: 5 });
      const attached = await document(['follow', part()]);
      expect(attached).toMatchObject({ fleetId, ended: true, failures: 0, test: { load: { users: 3 } } });
      expect(attached['requests']).toBeGreaterThan(20);
      // Nobody but the workers has the token, and each request needs it.
      expect(world().emulator.statistics()).toMatchObject({ rejected: 0 });
    },
    timeout,
  );

  it(
    'carries out requests at a rate, of which it is told on another machine',
    async () => {
      const served = () => world().emulator.statistics().served;
      const before = served();
      const load = { arrivalRate: '40/s', maxInFlight: 50, duration: '4s' };
      await world().configure('rate.json', { load });
      const started = await document(['start', part(), '--config', 'rate.json']);
      expect(started['load']).toMatchObject({ durationSeconds: 4 });
      const there = ['--fleet', 'ec2', '--region', 'eu-west-1'];
      const attached = await document(['follow', part(), ...there]);
      expect(attached).toMatchObject({ ended: true, failures: 0 });
      // With what workers hand on after the end. 160 are due; three users would send more.
      expect(attached['requests']).toBe(served() - before);
      expect(attached['requests']).toBeGreaterThan(40);
      expect(attached['requests']).toBeLessThanOrEqual(161);
    },
    timeout,
  );

  it(
    'is watched without being stopped, and stopped without being removed',
    async () => {
      await document(['start', part(), '--duration', '5m']);
      const again = await command(['start', part()]);
      expect(again.exitCode).toBe(104);
      expect(again.stderr).toContain(`loadwright stop ${fleetId}`);
      const io = world().io();
      const attached = command(['follow', part(), '--no-live'], io);
      await shows(io, 'users ·', attached);
      io.signal('SIGINT');
      expect((await attached).exitCode).toBe(105);
      expect(io.stdout.text).toContain(`detached: the load on ${fleetId} continues`);
      expect((await document(['status', part()]))['load']).toMatchObject({ users: 2 });
      expect(await document(['stop', part()])).toEqual({ fleetId, stopped: true });
      expect((await command(['status', part()])).stdout).toMatch(/load +ended \d+s ago: 2 users/);
    },
    timeout,
  );

  it(
    'hands over its logs and results',
    async () => {
      const io = world().io();
      const following = command(['logs', part(), '--follow'], io);
      await shows(io, 'master', following);
      io.signal('SIGINT');
      expect((await following).exitCode).toBe(0);
      const { lines } = await document(['logs', part()]);
      expect((lines as { node: string }[]).map(({ node }) => node)).toContain('master');
      const { directory, files } = await document(['results', part()]);
      const { stdout } = await command(['results', part()]);
      expect(stdout).toContain(`✓ ${String(directory)}`);
      expect(directory).toMatch(/load-\d{8}-\d{6}$/);
      expect(dirname(directory as string)).toBe(join(world().folder, 'results', 'databricks', fleetId));
      expect(files).toEqual(expect.arrayContaining(['locust_stats.csv', 'locust.html', 'statistics.json']));
    },
    timeout,
  );

  it('is removed from a folder without a configuration, verified, and removing it again is no mistake', async () => {
    const elsewhere = new TestIo({ environment: world().environment });
    const { exitCode, stdout, stderr } = await command(['destroy', part(), '--yes'], elsewhere);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.match(/ instance i-\w+/g)).toHaveLength(2);
    expect(stdout).toContain('0 resources left, verified');
    const again = { fleets: [fleetId], removed: [], remaining: [] };
    expect(await document(['destroy', fleetId, '--yes'])).toEqual(again);
    expect((await command(['list'])).stdout).toMatch(
      /^No fleet is deployed in eu-west-1, account \d{12}\.\n$/,
    );
    // The token of the target, and the password of the web UI.
    expect(world().secrets).toEqual(new Set([world().emulator.environment['DATABRICKS_TOKEN'], password]));
    await world().expectNothingLeft();
  });
});

describe('a deployment that is killed', () => {
  it(
    'after EC2 made the machine goes on with it',
    async () => {
      world().aws.behaviour.profileRefusals = 0;
      await deployKilled('ec2:RunInstances', 'after');
      const [{ fleetId } = { fleetId: '' }] = (await document(['list'])) as unknown as { fleetId: string }[];
      const made = await machines();
      expect(made).toHaveLength(1);
      const { exitCode, stdout, stderr } = await command([
        'deploy',
        '--resume',
        fleetId,
        '--yes',
        '--no-live',
      ]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toContain(`fleet ${fleetId} is deployed: 2 workers connected`);
      expect(await machines()).toEqual(made);
      expect(await document(['destroy', fleetId, '--yes'])).toMatchObject({ remaining: [] });
      await world().expectNothingLeft();
    },
    timeout,
  );

  it(
    'before there is a machine is collected when its time is over',
    async () => {
      const { fleet } = world().configuration as { fleet: object };
      await world().configure('short.json', { fleet: { ...fleet, timeToLive: '4s' } });
      await deployKilled('ec2:RunInstances', 'before', ['--config', 'short.json']);
      const collected = async () => (await document(['gc', '--dry-run']))['fleets'];
      await expect.poll(collected, { timeout: 30_000 }).toMatchObject([{ state: 'expired' }]);
      const left = (await world().aws.inventory()).filter((one) => !world().before.includes(one));
      expect(await machines()).toEqual([]);
      expect(left.length).toBeGreaterThan(4);
      expect(await document(['gc', '--yes'])).toMatchObject({ remaining: [] });
      await world().expectNothingLeft();
    },
    timeout,
  );
});

describe('deploy', () => {
  it(
    'leaves nothing when it is stopped while the workers connect',
    async () => {
      const io = world().io();
      const deploying = command(['deploy', '--yes', '--no-live'], io);
      await shows(io, '● connect', deploying);
      io.signal('SIGINT');
      const { exitCode, stdout, stderr } = await deploying;
      expect({ exitCode, stderr }).toEqual({ exitCode: 105, stderr });
      expect(stdout).toContain('stopping (SIGINT): what was made is removed');
      expect(stdout).toContain('✓ destroy: 0 resources left, verified');
      await world().expectNothingLeft();
    },
    timeout,
  );
});

describe('run', () => {
  it(
    'keeps a fleet that shall be kept, measures on it again, and says how to remove it',
    async () => {
      const argv = ['run', '--no-live', ...busyMachineFlags];
      const first = await command([...argv, '--keep-fleet']);
      expect({ exitCode: first.exitCode, stderr: first.stderr }).toEqual({
        exitCode: 0,
        stderr: first.stderr,
      });
      const [, fleetId = ''] = /Remove it: loadwright destroy (\S+)/.exec(first.stderr) ?? [];
      expect(first.stdout).toContain(`The fleet ${fleetId} is kept.`);
      expect(first.stdout).not.toMatch(/[●✓] destroy/);
      const made = await machines();
      expect(made).toHaveLength(1);
      const { exitCode, stdout, stderr } = await command([...argv, '--on', fleetId, '--users', '3']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr });
      expect(stdout).toContain('✓ PASS');
      expect(await machines()).toEqual(made);
      expect(await document(['destroy', fleetId, '--yes'])).toMatchObject({ remaining: [] });
      await world().expectNothingLeft();
    },
    timeout,
  );
});
