import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bucketing } from '@loadwright/core/report';
import { LocustMaster } from '@loadwright/core/fleet';
import type { FleetHandle, MasterStatistics, SeriesUpdate } from '@loadwright/core';
import { afterEach, describe, expect, it } from 'vitest';
import { LastingFleetDouble } from './lasting-fleet.js';
import { dhtConfig, project } from './project.js';

const fleetId = '20261123-090000-aaaaaaaa01';
const load = { users: 3, spawnRate: 3, durationSeconds: 60 };
const waitTime = { minimumSeconds: 0, maximumSeconds: 0 };
const ended: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

/** A run of which the master is at this address, on a machine that was started so many seconds ago. */
async function deployed(masterUrl: string, seconds = 60) {
  const login = { username: 'loadwright', password: 'a password' };
  const handle: FleetHandle = {
    fleetId,
    masterUrl,
    login,
    expectedWorkers: 1,
    secrets: [],
    readiness: { at: new Date(Date.now() - seconds * 1000), limitSeconds: 600, hint: 'see allowedAddresses' },
    status: async () => [{ name: 'master', role: 'master', state: 'running' }],
    logs: async function* () {
      for (const line of (await new LocustMaster({ url: masterUrl, login }).logs()).master)
        yield { node: 'master', line };
    },
    destroy: async () => ({ removed: [], remaining: [] }),
  };
  const fleets = new LastingFleetDouble();
  fleets.handles.set(fleetId, handle);
  const io = await project({ ...dhtConfig, fleet: { kind: 'double' } });
  return { fleets, io, run: (...argv: string[]) => fleets.run(argv, io) };
}

/** A master whose test is at some point; a load that is begun there never is. */
async function master(test?: { startedAt: number; endedAt?: number }) {
  const outcomes = { due: 7, sent: 7, succeeded: 6, failed: 1, dropped: 0, bytes: 0 };
  const plan = { version: 1, payloadOrder: 'sequential', waitTime, ...load } as const;
  const idle = { inFlight: 0, oldestSeconds: 0 };
  const worker = { id: 'a', state: 'ready', userCount: 0, cpuPercent: 0, memoryBytes: 0, ...idle };
  const statistics: MasterStatistics = {
    version: 2,
    state: test && test.endedAt === undefined ? 'running' : 'ready',
    time: 1_800_000_030,
    userCount: 3,
    workers: [worker],
    metrics: {},
    total: { method: '', name: 'Aggregated', ...outcomes, trends: {}, counters: {}, rates: {} },
    requests: [],
    errors: [],
    exceptions: [],
    failureSamples: [],
    inFlight: { count: 0, oldestSeconds: 0 },
    lag: [],
    counters: {},
    events: [],
    setUp: { done: true, workers: [] },
    refusedReports: 0,
    missingReports: 0,
    ...(test && { test: { number: 1, ...test, load: plan } }),
    locustVersion: '2.47.0',
    pythonVersion: '3.12.3',
  };
  const answers: Readonly<Record<string, unknown>> = {
    '/loadwright/statistics': statistics,
    '/loadwright/series': {
      revision: 1,
      bucketing,
      test: test ? 1 : 0,
      rows: [],
      samples: [],
      more: false,
    } satisfies SeriesUpdate,
    '/logs': { master: ['one line'], workers: {} },
    '/loadwright/stop': { success: true, message: 'stopped' },
  };
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    asked.push(path);
    server.emit('asked', path);
    if (path === '/swarm') return;
    if (path in answers) response.end(JSON.stringify(answers[path]));
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { server, asked, ...(await deployed(`http://127.0.0.1:${port}`)) };
}

const nowhere = 'http://127.0.0.1:1';

describe.concurrent('a run whose master does not answer', () => {
  it.each(['follow', 'logs', 'results', 'start', 'stop'])(
    'has no %s while it is made ready',
    async (command) => {
      const { run } = await deployed(nowhere);
      const { exitCode, stderr } = await run(command, fleetId);
      expect(exitCode).toBe(97);
      expect(stderr).toMatch(
        /error: The machine of \S+ is still being made ready \(1m\d*s? of at most 10m\)\./,
      );
      expect(stderr).toContain(`loadwright status ${fleetId}`);
      expect(stderr).not.toContain('results folder');
    },
  );

  it('is told what may keep it out when its machine should be ready', async () => {
    const { run } = await deployed(nowhere, 3600);
    const { exitCode, stderr } = await run('follow', fleetId);
    expect(exitCode).toBe(97);
    expect(stderr).toContain(
      `The Locust master at ${nowhere} does not answer.\nhint: see allowedAddresses\n`,
    );
  });

  it('has a status: starting while it is made ready, with the next step', async () => {
    const { run } = await deployed(nowhere);
    const { exitCode, stdout } = await run('status', fleetId);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${fleetId} starting\n`);
    expect(stdout).toMatch(/master +The machine of \S+ is still being made ready/);
    expect(stdout).toMatch(/hint +Try again .*\n +next +loadwright status/);
  });

  it('has a status: running afterwards', async () => {
    const { run } = await deployed(nowhere, 3600);
    const { stdout } = await run('status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ state: 'running', hint: 'see allowedAddresses' });
  });
});

describe('a load on a deployed fleet', () => {
  const underWay = { startedAt: 1_800_000_000 };
  const over = { ...underWay, endedAt: 1_800_000_020 };

  it.each([
    ['none', undefined, 'there was no load on'],
    ['running', underWay, 'these figures are not complete'],
    ['ended', over, undefined],
  ])('has results that say how it is: %s', async (state, test, warning) => {
    const { run } = await master(test);
    const { stdout } = await run('results', fleetId);
    if (warning === undefined) expect(stdout).not.toContain('! the load');
    else expect(stdout).toContain(warning);
    const again = await master(test);
    expect(JSON.parse((await again.run('results', fleetId, '--json')).stdout)).toMatchObject({ load: state });
  });

  it.each([
    [true, underWay, `the load on ${fleetId} is stopped`],
    [false, over, `no load was running on ${fleetId} (ended 10s ago: 3 users`],
    [false, undefined, `no load was running on ${fleetId} (none yet)`],
  ])('is stopped: %s', async (stopped, test, says) => {
    const { run, asked } = await master(test);
    expect((await run('stop', fleetId)).stdout).toContain(says);
    expect(asked).toContain('/loadwright/stop');
    const again = await master(test);
    expect(JSON.parse((await again.run('stop', fleetId, '--json')).stdout)).toEqual({ fleetId, stopped });
  });

  it('has times as all else has them', async () => {
    const { run } = await master(over);
    const { load: told } = JSON.parse((await run('status', '--json')).stdout) as { load: object };
    expect(told).toMatchObject({
      test: { startedAt: '2027-01-15T08:00:00.000Z', endedAt: '2027-01-15T08:00:20.000Z', load },
    });
  });

  it('may have begun when Ctrl-C comes while it is', async () => {
    const { server, io, run } = await master();
    const starting = run('start', fleetId, '--duration', '5s');
    for (;;) if ((await once(server, 'asked'))[0] === '/swarm') break;
    io.signal('SIGINT');
    const { exitCode, stderr } = await starting;
    expect(exitCode).toBe(105);
    expect(stderr).toContain(`interrupted while the load on ${fleetId} was starting: it may be running`);
    expect(stderr).toContain(`loadwright stop ${fleetId}`);
  });
});
