import { describe, expect, it } from 'vitest';
import { LastingFleetDouble, leftover } from './lasting-fleet.js';
import { dhtConfig, project } from './project.js';
import { TestIo } from './support.js';

const orphan = '20261122-090000-aaaaaaaa01';
const expired = '20261122-100000-bbbbbbbb02';
const busy = '20261122-110000-cccccccc03';

const config = { ...dhtConfig, fleet: { kind: 'double', size: 'large' } };

async function setUp(options: Parameters<typeof project>[1] = {}) {
  const fleets = new LastingFleetDouble();
  fleets.leftovers.push(leftover(orphan), leftover(expired, 'expired'), leftover(busy, 'running'));
  const io = await project(config, options);
  return { fleets, io };
}

describe('the name of a fleet', () => {
  const named = { ...leftover(busy, 'running'), name: 'koorde-lab' };

  it('is shown, and does in place of its id', async () => {
    const { fleets, io } = await setUp();
    fleets.leftovers.splice(2, 1, named);
    const { stdout } = await fleets.run(['list'], io);
    expect(stdout).toMatch(new RegExp(`fleet +name +state[^]*${busy} +koorde-lab +running`));
    const destroyed = await fleets.run(['destroy', 'koorde-lab', '--yes', '--json'], await project(config));
    expect(destroyed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(busy) as string });
    expect(fleets.leftovers.map(({ fleetId }) => fleetId)).toEqual([orphan, expired]);
  });

  it('may be short where nobody is asked, and is no part of another', async () => {
    const { fleets, io } = await setUp();
    fleets.leftovers.splice(2, 1, { ...named, name: 'lab' });
    expect((await fleets.run(['destroy', 'la', '--yes'], io)).stderr).toContain('no fleet "la" is deployed');
    expect((await fleets.run(['destroy', 'lab', '--yes'], await project(config))).exitCode).toBe(0);
    expect(fleets.leftovers).toHaveLength(2);
  });

  it('finds its fleet without a configuration, by the journals of this machine', async () => {
    const { fleets } = await setUp();
    fleets.leftovers.splice(2, 1, named);
    fleets.known.push({ fleetId: busy, name: 'koorde-lab', options: { region: 'eu-west-1' } });
    const { exitCode, stdout } = await fleets.run(['status', 'koorde-lab', '--json'], new TestIo());
    expect({ exitCode, document: JSON.parse(stdout) as unknown }).toMatchObject({
      exitCode: 0,
      document: { fleetId: busy, name: 'koorde-lab' },
    });
  });
});
