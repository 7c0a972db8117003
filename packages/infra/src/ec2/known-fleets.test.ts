import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Journal } from '../aws/journal.js';
import { knownEc2Fleets } from './known-fleets.js';

it('a fleet that was begun on this machine is known with its region; one of another kind is not', async () => {
  const state = await mkdtemp(join(tmpdir(), 'loadwright-known-'));
  const fleet = { fleetKind: 'ec2', fleetId: '20261123-093000-0123456789', region: 'eu-west-1' };
  const other = { ...fleet, fleetKind: 'ecs', fleetId: '20261123-093000-abcdef0123' };
  for (const one of [fleet, other]) await (await Journal.open(join(state, 'runs'), one)).close();
  expect(await knownEc2Fleets({ environment: { LOADWRIGHT_STATE_DIR: state } })).toEqual([
    { fleetId: fleet.fleetId, options: { region: 'eu-west-1' } },
  ]);
  await rm(state, { recursive: true });
});
