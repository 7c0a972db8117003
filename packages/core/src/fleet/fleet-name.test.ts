import { describe, expect, it } from 'vitest';
import type { DeployedFleet, Fleet } from './contract.js';
import { fleetIdOf, fleetNameSchema } from './fleet-name.js';

const [first, second, over] = [
  '20261129-090000-aaaaaaaa01',
  '20261129-100000-bbbbbbbb02',
  '20261128-090000-cccccccc03',
] as const;

const deployed = (
  fleetId: string,
  name?: string,
  state: DeployedFleet['state'] = 'running',
): DeployedFleet => ({
  fleetId,
  ...(name !== undefined && { name }),
  createdAt: new Date(0),
  state,
  resources: [],
});

const fleetWith = (...fleets: DeployedFleet[]) =>
  ({ lasting: { list: async () => fleets } }) as unknown as Fleet;

describe('the id of a fleet', () => {
  it('is found by its name; of a name that was given back, it is that of the fleet which has it', async () => {
    const fleet = fleetWith(deployed(first, 'lab'), deployed(over, 'lab', 'expired'), deployed(second));
    expect(await fleetIdOf(fleet, 'lab')).toBe(first);
    expect(await fleetIdOf(fleetWith(deployed(over, 'lab', 'expired')), 'lab')).toBe(over);
  });

  it('is itself, without a look; and what nothing is called stays as it is', async () => {
    const unreachable = { lasting: { list: () => Promise.reject(new Error('no')) } } as unknown as Fleet;
    expect(await fleetIdOf(unreachable, first)).toBe(first);
    expect(await fleetIdOf(fleetWith(deployed(first, 'lab')), 'la')).toBe('la');
  });

  it('is asked for where fleets of several owners have the name', async () => {
    const fleet = fleetWith(deployed(first, 'lab'), deployed(second, 'lab'));
    await expect(fleetIdOf(fleet, 'lab')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: `Use an id: ${first}, ${second}.`,
    });
  });
});

describe('a name', () => {
  it.each(['a', 'koorde-lab', '2', 'X'.repeat(40)])('may be %s', (name) =>
    expect(fleetNameSchema.safeParse(name).success).toBe(true),
  );
  it.each(['', '-lab', 'a b', 'a_b', 'ä', 'X'.repeat(41), first])('may not be "%s"', (name) =>
    expect(fleetNameSchema.safeParse(name).success).toBe(false),
  );
});
