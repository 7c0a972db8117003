import { afterEach, describe, expect, it } from 'vitest';
import type { FleetNode, LastingFleets } from '@loadwright/core';
import { LastingFleetDouble } from './lasting-fleet.js';
import { dhtConfig, project } from './project.js';
import { smallMaster } from './small-master.js';
import { TestIo } from './support.js';

const fleetId = '20261122-110000-cccccccc03';
const config = { ...dhtConfig, fleet: { kind: 'double', size: 'large' } };
const price = (usDollars: number) => ({ usDollars, source: 'a table of the test' });

const masters: { close(): unknown }[] = [];
afterEach(() => {
  for (const master of masters.splice(0)) master.close();
});

async function deployed(nodes: readonly FleetNode[] = []) {
  const fleets = new LastingFleetDouble();
  const master = await smallMaster(fleetId, { workers: 2, nodes });
  masters.push(master);
  fleets.handles.set(fleetId, master.handle(2));
  const scaling: LastingFleets['scaling'] = {
    plan: async (_id, workers) => ({
      workersBefore: 2,
      workersAfter: workers,
      pricePerHourBefore: price(0.2),
      pricePerHourAfter: price(workers / 10),
      changes: workers === 2 ? [] : [`${workers - 2} machines of 1 vCPU`],
    }),
    scale: async (_id, workers) => {
      master.connect(workers);
      return master.handle(workers);
    },
  };
  fleets.more = { scaling };
  const io = await project(config);
  const run = (...argv: string[]) => fleets.run(argv, new TestIo({ cwd: io.cwd }));
  return { fleets, master, run };
}

describe('loadwright scale', () => {
  it('shows what changes and the difference of the price, and tells the master', async () => {
    const { master, run } = await deployed();
    const { exitCode, stdout } = await run('scale', 'cccc', '--workers', '5', '--yes');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('3 machines of 1 vCPU');
    expect(stdout).toContain('$0.50 an hour in place of $0.20 an hour (+$0.30)');
    expect(stdout).toContain(`✓ ${fleetId}: 2 → 5 workers`);
    expect(master.told).toEqual([expect.stringContaining('/loadwright/scale workers=5')]);
  });

  it('changes nothing where the number is as asked, and asks before it does', async () => {
    const { master, run } = await deployed();
    const same = await run('scale', 'cccc', '--workers', '2', '--yes', '--json');
    expect(JSON.parse(same.stdout)).toMatchObject({ fleetId, changed: false, underLoad: false });
    const unasked = await run('scale', 'cccc', '--workers', '3');
    expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') });
    const elsewhere = ['--fleet', 'double', '--region', 'mars-1', '--profile', 'work'];
    const { stderr } = await run('scale', 'cccc', '--workers', '3', ...elsewhere);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(`loadwright status cccc ${elsewhere.join(' ')}`);
    for (const wrong of ['0', '0x10', '1.5', '', 'four'])
      expect(await run('scale', 'cccc', '--workers', wrong, '--yes')).toMatchObject({ exitCode: 2 });
    expect(master.told).toEqual([]);
  });

  it('says of a kind that cannot do it what to do instead', async () => {
    const { fleets, run } = await deployed();
    fleets.more = {};
    const { exitCode, stderr } = await run('scale', 'cccc', '--workers', '5', '--yes');
    expect(exitCode).toBe(104);
    expect(stderr).toContain('keeps the number of workers that it was made with');
  });
});

describe('loadwright logs --role', () => {
  it.each([
    ['master', ['master began']],
    ['worker', ['worker-1 sends']],
  ])('gives the lines of the %s', async (role, lines) => {
    const { run } = await deployed();
    expect((await run('logs', 'cccc', '--role', role)).stdout.trim().split('\n')).toEqual(lines);
  });
});

describe('a fleet that lacks something', () => {
  const nodes: FleetNode[] = [
    { name: 'master', role: 'master', state: 'running', instance: 'i-1' },
    { name: 'worker-1', role: 'worker', state: 'running', instance: 'i-2' },
    {
      name: 'worker-2',
      role: 'worker',
      state: 'stopped',
      instance: 'i-3',
      reason: 'CannotPullContainerError',
      remedy: 'Give the instance role leave to pull.',
    },
  ];

  it('has its instances, reasons and remedies in its status', async () => {
    const { run } = await deployed(nodes);
    const { stdout } = await run('status', 'cccc');
    expect(stdout).toContain('i-1 (master), i-2 (1 worker), i-3 (1 worker, stopped)');
    expect(stdout).toMatch(/worker-2 +CannotPullContainerError\n +Give the instance role/);
    expect(stdout).toContain('2 of 2 connected');
  });

  it('is explained by doctor, which ends with the code of a wrong set-up', async () => {
    const { fleets, run } = await deployed(nodes);
    const found = await run('doctor', 'cccc');
    expect(found.exitCode).toBe(104);
    expect(found.stdout).toMatch(
      /✗ machines: worker-2 ended: CannotPullContainerError\n +→ Give the instance/,
    );
    expect(found.stdout).toContain('✓ web UI');
    fleets.more = {
      diagnose: async () => [
        { subject: 'tasks', state: 'problem', detail: 'none', evidence: ['event 1'], remedy: 'Wait.' },
      ],
    };
    expect((await run('doctor', 'cccc')).stdout).toMatch(/✗ tasks: none\n +event 1\n +→ Wait\./);
    const { stdout } = await run('doctor', 'cccc', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ fleetId, problems: 2 });
  });
});
