import { beforeEach, describe, expect, it } from 'vitest';
import { LoadwrightError } from '@loadwright/core';
import { LastingFleetDouble, leftover } from './lasting-fleet.js';
import { dhtConfig, project } from './project.js';
import { TestIo } from './support.js';

const first = '20261123-090000-aaaaaaaa01';
const second = '20261123-100000-aaaaaaaa02';

/** What the README says: the load is of a file, the fleet of flags. */
const localConfig = { ...dhtConfig, fleet: { kind: 'local' } };

describe('a run that was made on this machine', () => {
  let fleets: LastingFleetDouble;

  beforeEach(() => {
    fleets = new LastingFleetDouble();
    fleets.leftovers.push(leftover(first), leftover(second, 'expired'));
    fleets.known.push({ fleetId: first, options: { region: 'eu-west-1' } });
  });

  it.each([
    ['whose fleet is local', () => project(localConfig)],
    ['there is none', async () => new TestIo()],
  ])('is removed by its name, whatever the configuration: %s', async (_which, make) => {
    const { exitCode, stderr } = await fleets.run(['destroy', 'aaaaaaaa01', '--yes'], await make());
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(fleets.options).toMatchObject([{ region: 'eu-west-1' }]);
    expect(fleets.leftovers.map(({ fleetId }) => fleetId)).toEqual([second]);
  });

  it.each([
    [['status']],
    [['status', first]],
    [['stop', first]],
    [['logs', first]],
    [['ui', first]],
    [['follow', first]],
    [['results', first]],
    [['start', first, '--profile', 'constant']],
    [['run', '--on', first, '--profile', 'constant']],
    [['deploy', '--resume', first, '--yes', '--profile', 'constant']],
  ])('is found where it was made by %j', async (argv) => {
    const io = await project(localConfig);
    const { stdout, stderr } = await fleets.run(argv, io);
    expect(fleets.options, stdout + stderr).toEqual([{ environment: io.environment, region: 'eu-west-1' }]);
  });

  it('is looked for where the flags say', async () => {
    const flags = ['--region', 'us-east-1', '--profile', 'work'];
    const { exitCode, stderr } = await fleets.run(['status', first, ...flags], await project(localConfig));
    expect({ exitCode, stderr }).toEqual({ exitCode: 104, stderr });
    expect(stderr).toContain(`no fleet "${first}" is deployed in us-east-1`);
    expect(fleets.options).toMatchObject([{ region: 'us-east-1', profile: 'work' }]);
  });

  it('is looked for in the configuration that has a fleet which lasts', async () => {
    const io = await project({ ...dhtConfig, fleet: { kind: 'double', region: 'us-east-1' } });
    expect((await fleets.run(['status', first], io)).stderr).toContain('is deployed in us-east-1');
  });

  it('is not taken for one of the same name elsewhere', async () => {
    fleets.known.push({ fleetId: second, options: { region: 'us-east-1' } });
    const { exitCode, stderr } = await fleets.run(['destroy', 'aaaaaa', '--yes']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 104, stderr });
    expect(stderr).toContain('fleets that match "aaaaaa" in several places');
    expect(stderr).toContain('loadwright list');
    expect(fleets.options).toHaveLength(2);
    expect(fleets.leftovers).toHaveLength(2);
  });

  it('shows where list looks, and gc', async () => {
    fleets.known.push({ fleetId: second, options: { region: 'us-east-1' } });
    fleets.known.push({ fleetId: 'another', options: { region: 'us-east-1' } });
    const listed = await fleets.run(['list'], await project(localConfig));
    const looked =
      'Looked where this machine has deployed fleets: eu-west-1, account 123456789012; us-east-1, account 123456789012\n';
    expect(listed).toMatchObject({ exitCode: 0, stderr: looked });
    expect(listed.stdout).toContain(first);
    expect(fleets.options).toHaveLength(2);
    const collected = await fleets.run(['gc', '--yes', '--json']);
    expect(collected).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(collected.stdout)).toMatchObject({ fleets: [first, second], remaining: [] });
    expect(fleets.leftovers).toEqual([]);
    expect((await fleets.run(['list'])).stdout).toBe(
      'No fleet is deployed in eu-west-1, account 123456789012; us-east-1, account 123456789012.\n',
    );
  });
});

describe('one of several places that refuses', () => {
  it('keeps nothing from being seen elsewhere', async () => {
    const fleets = new LastingFleetDouble();
    fleets.leftovers.push(leftover(first));
    fleets.known.push({ fleetId: first, options: { region: 'eu-west-1' } });
    fleets.known.push({ fleetId: second, options: { region: 'us-east-1' } });
    fleets.whileLooking = async ({ region }) => {
      if (region === 'us-east-1')
        throw new LoadwrightError('CREDENTIALS_INVALID', 'us-east-1 is not for you');
    };
    const { exitCode, stdout, stderr } = await fleets.run(['list']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr });
    expect(stdout).toContain(first);
    expect(stderr).toContain('! one place could not be looked at: us-east-1 is not for you');
    expect(stderr).toContain('has deployed fleets: eu-west-1, account 123456789012\n');
    fleets.known.shift();
    expect(await fleets.run(['list'])).toMatchObject({ exitCode: 104, stdout: '' });
  });
});

describe('a run that this machine knows nothing of', () => {
  it.each([
    ['destroy', ['destroy', first, '--yes']],
    ['status', ['status', first]],
    ['start', ['start', first]],
    ['run --on', ['run', '--on', first]],
    ['deploy --resume', ['deploy', '--resume', first, '--yes']],
  ])('has its whole command told by %s', async (command, argv) => {
    const { exitCode, stderr } = await new LastingFleetDouble().run(argv, await project(localConfig));
    expect({ exitCode, stderr }).toEqual({ exitCode: 104, stderr });
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      `loadwright ${command} ${first} --fleet ec2 --region <region>`,
    );
  });

  it('has it told where there is no configuration, too', async () => {
    const { exitCode, stderr } = await new LastingFleetDouble().run(['destroy', first, '--yes']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 104, stderr });
    expect(stderr).toContain(`no journal of a fleet "${first}" on this machine`);
    expect(stderr).toContain(`loadwright destroy ${first} --fleet ec2 --region <region>`);
  });
});
