import { afterEach, expect, it } from 'vitest';
import { LastingFleetDouble } from './lasting-fleet.js';
import { dhtConfig, project } from './project.js';
import { smallMaster } from './small-master.js';
import { TestIo } from './support.js';

const fleetId = '20261122-110000-cccccccc03';
const hosts = ['http://koorde.example', 'http://chord.example/'];
const masters: { close(): unknown }[] = [];
afterEach(() => {
  for (const master of masters.splice(0)) master.close();
});

async function deployed(more: object) {
  const fleets = new LastingFleetDouble();
  const master = await smallMaster(fleetId, { workers: 2 });
  masters.push(master);
  const handle = master.handle(2);
  fleets.handles.set(fleetId, handle);
  const { cwd } = await project({ ...dhtConfig, fleet: { kind: 'double', size: 'large' }, ...more });
  const run = (...argv: string[]) => fleets.run(argv, new TestIo({ cwd }));
  const sent = () =>
    master.told
      .filter((line) => line.startsWith('/swarm'))
      .map((line) => new URLSearchParams(line.split(' ')[1]).get('host'));
  return { run, sent, fleets, handle };
}

it('starts loads on one host of a fleet after the other, as the original scripts did', async () => {
  const { run, sent } = await deployed({ hosts });
  const flags = ['--users', '20', '--spawn-rate', '10', '--duration', '5s', '--url-pool', '100', '--json'];
  for (const protocol of ['koorde', 'chord']) {
    const host = `http://${protocol}.example`;
    const { exitCode, stdout } = await run(
      ...['start', 'cccc', '--host', host, '--protocol', protocol],
      ...flags,
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ fleetId, host, load: { users: 20, durationSeconds: 5 } });
  }
  expect(sent()).toEqual(['http://koorde.example', 'http://chord.example']);
});

it('refuses what the fleet was not deployed with', async () => {
  const { run, sent, fleets, handle } = await deployed({ hosts });
  fleets.handles.set(fleetId, { ...handle, bundleDigest: 'another' });
  const { exitCode, stderr } = await run('start', 'cccc', '--url-pool', '11');
  expect(exitCode).toBe(104);
  expect(stderr).toContain('was deployed with another target, other payloads');
  expect(sent()).toEqual([]);
});

it('leaves the host to the fleet where there is no choice', async () => {
  const { run, sent } = await deployed({});
  expect((await run('start', 'cccc')).exitCode).toBe(0);
  expect(sent()).toEqual([null]);
});

it.each([
  [['--protocol', 'kademlia'], {}, /target\.protocol/],
  [['--host', 'nonsense'], {}, /target\.baseUrl/],
  [[], { hosts: ['ftp://a.example'] }, /hosts\[0\]: .*must be a base URL/],
  [[], { hosts: ['http://a.example', 'http://a.example/'] }, /hosts.*must hold distinct URLs/],
])('refuses %j with %j', async (flags, more, message) => {
  const { run, sent } = await deployed(more);
  const { exitCode, stderr } = await run('start', 'cccc', ...flags);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 104, stderr: expect.stringMatching(message) });
  expect(sent()).toEqual([]);
});
