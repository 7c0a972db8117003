import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectResults, LocustMaster, resolveTestLoad, waitForWorkers } from '@loadwright/core/fleet';
import {
  createLoadTest,
  type Deployment,
  type Fleet,
  type LoadProfileInput,
  type LoadTestOptions,
  type MasterStatistics,
} from '@loadwright/core';
import type { LoopbackEndpoint } from '@loadwright/core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localFleet } from '../../src/local/index.js';
import { processesIn } from '../local/processes.js';
import { locust } from '../local/provision-request.js';
import { echo, startEcho } from './echo-target.js';
import { itWhole } from '../matrix.js';

let endpoint: LoopbackEndpoint;
let results: string;
let deployment: Deployment | undefined;

beforeEach(async () => {
  endpoint = await startEcho();
  results = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-deploy-')));
});
afterEach(async () => {
  await deployment?.handle.destroy();
  deployment = undefined;
  await endpoint.stop();
  rmSync(results, { recursive: true, force: true });
});

function loadTest(change: Partial<LoadTestOptions> = {}) {
  return createLoadTest({
    target: echo({ url: endpoint.url }),
    load: { users: 1, duration: '1h' },
    baseDirectory: results,
    environment: {},
    ...change,
  });
}

/** A local fleet for which two workers suit, changed at will. */
const fleetOfTwo = (change: Partial<Fleet> = {}): Fleet => ({
  ...localFleet({ locust }),
  defaultWorkers: async () => 2,
  ...change,
});

/** Carries out a load to its end, that nobody but the master brings about. */
async function carryOut(load: LoadProfileInput): Promise<MasterStatistics> {
  const { handle } = deployment!;
  const master = new LocustMaster({ url: handle.masterUrl, login: handle.login });
  await waitForWorkers(master, handle, {});
  await master.swarm({ load: resolveTestLoad(load, handle.expectedWorkers) });
  expect((await master.statistics()).test?.endedAt).toBeUndefined();
  return vi.waitUntil(
    async () => {
      const statistics = await master.statistics();
      return statistics.test?.settledAt !== undefined && statistics;
    },
    { timeout: 120_000, interval: 100 },
  );
}

describe('a deployment', { timeout: 180_000 }, () => {
  it('carries out one load after the other, and gives what it has', async () => {
    deployment = await loadTest().deploy({ fleet: fleetOfTwo(), fleetId: 'my-fleet' });
    const { handle, resultsDirectory } = deployment;
    expect(handle).toMatchObject({ fleetId: 'my-fleet', expectedWorkers: 2 });
    expect(resultsDirectory).toBe(join(results, 'results', 'echo', 'my-fleet'));
    const resolved = readFileSync(join(resultsDirectory, 'config.resolved.json'), 'utf8');
    expect(JSON.parse(resolved)).toMatchObject({ fleetId: 'my-fleet', fleet: 'local', workers: 2 });

    const closed = await carryOut({ users: 4, duration: '2s' });
    expect(closed.test!.load).toMatchObject({ users: 4, durationSeconds: 2, payloadOrder: 'sequential' });
    expect(closed.total.trends).not.toHaveProperty('http_req_response');
    const { served } = endpoint.statistics();
    const opened = await carryOut({ arrivalRate: '50/s', duration: '3s' });
    expect(opened.test!.load.arrivals).toMatchObject({ startRate: 50 });
    expect(endpoint.statistics().served - served).toBeGreaterThan(30);
    expect(opened.total).toMatchObject({ succeeded: endpoint.statistics().served - served, failed: 0 });
    expect(opened.total.due).toBeLessThanOrEqual(150);

    const master = new LocustMaster({ url: handle.masterUrl, login: handle.login });
    const logs = await vi.waitUntil(
      async () => {
        const read = await master.logs();
        return Object.keys(read.workers).length === 2 && read;
      },
      { timeout: 120_000, interval: 100 },
    );
    expect(logs.master.join('\n')).toContain('2 workers connected');

    const folder = join(results, 'elsewhere');
    const collected = await collectResults(handle, folder, (text) => text.replaceAll('echo', '[redacted]'));
    expect(collected.missing).toEqual([]);
    expect([...collected.files].sort()).toEqual(
      readdirSync(folder, { recursive: true }).filter(isFile).sort(),
    );
    expect(collected.files).toEqual(
      expect.arrayContaining(['locust_stats.csv', 'statistics.json', 'logs/master.log', 'logs/worker-2.log']),
    );
    const statistics = JSON.parse(readFileSync(join(folder, 'statistics.json'), 'utf8')) as MasterStatistics;
    expect(statistics.requests.map(({ name }) => name)).toEqual(['[redacted]']);
    expect(readFileSync(join(folder, 'locust_stats.csv'), 'utf8')).toContain('[redacted]');

    // Into the folder of the run itself, where a local fleet writes its logs.
    const log = join(resultsDirectory, 'logs/master.log');
    const before = readFileSync(log, 'utf8');
    await collectResults(handle, resultsDirectory, (text) => text);
    expect(readFileSync(log, 'utf8').startsWith(before)).toBe(true);
  });

  it('says why the master refuses a load', async () => {
    deployment = await loadTest({ workers: 1 }).deploy({ fleet: fleetOfTwo() });
    const { handle } = deployment;
    expect(handle.expectedWorkers).toBe(1);
    const master = new LocustMaster({ url: handle.masterUrl, login: handle.login });
    const load = resolveTestLoad({ users: 1, duration: '1h' }, 1);
    await expect(master.swarm({ load: { ...load, durationSeconds: -1 } })).rejects.toMatchObject({
      code: 'MASTER_PROTOCOL',
      message: expect.stringMatching(/did not start the load: loadwright_load: durationSeconds: found -1/),
    });
    await master.swarm({ load });
    await expect(master.swarm({ load })).rejects.toMatchObject({
      message: 'Locust did not start the load: a test is under way: stop it first.',
    });
    expect(() => resolveTestLoad({ users: 0, duration: '1h' }, 1)).toThrow(/load.users: found 0/);
  });

  itWhole.each(['connect', 'provision'])('leaves nothing when stopped in %s', async (phase) => {
    const controller = new AbortController();
    const deploying = loadTest().deploy({
      fleet: fleetOfTwo(),
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'phase' && event.phase === phase) controller.abort();
      },
    });
    await expect(deploying).rejects.toMatchObject({ code: 'ABORTED' });
    const folder = join(results, 'results', 'echo');
    for (const run of existsSync(folder) ? readdirSync(folder) : [])
      expect(processesIn(join(folder, run, 'bundle'))).toEqual([]);
  });

  itWhole(
    'removes what it made when a worker ends before it is connected, and tells what remains',
    async () => {
      const destroy = vi.fn(async () => ({ removed: [], remaining: ['instance i-1: access denied'] }));
      const fleet = fleetOfTwo({
        provision: async ({ fleetId }) => ({
          fleetId,
          masterUrl: 'http://127.0.0.1:9',
          login: { username: 'loadwright', password: 'generated' },
          expectedWorkers: 1,
          secrets: [],
          status: async () => [{ name: 'worker-1', role: 'worker', state: 'failed', reason: 'no memory' }],
          logs: async function* () {},
          destroy,
        }),
      });
      await expect(loadTest().deploy({ fleet })).rejects.toMatchObject({
        code: 'RESOURCES_REMAIN',
        message: expect.stringContaining('i-1: access denied'),
      });
      destroy.mockResolvedValue({ removed: [], remaining: [] });
      await expect(loadTest().deploy({ fleet })).rejects.toMatchObject({
        code: 'PROVISIONING_FAILED',
        message: 'worker-1 ended before the load began: no memory',
      });
      expect(destroy).toHaveBeenCalledTimes(2);
    },
  );

  it('refuses a run id that is no name of a folder', async () => {
    await expect(loadTest().deploy({ fleet: fleetOfTwo(), fleetId: '../up' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect(existsSync(join(results, 'results'))).toBe(false);
  });
});

describe('the number of workers', () => {
  it('is that of the test, else what suits the fleet, else one', async () => {
    const workersIn = async (change: Partial<LoadTestOptions>, fleet: Fleet) =>
      (await loadTest(change).plan(fleet)).plan.resources[1];
    expect(await workersIn({ workers: 3 }, fleetOfTwo())).toContain('3 Locust workers');
    expect(await workersIn({}, fleetOfTwo())).toContain('2 Locust workers');
    expect(await workersIn({}, localFleet({ locust }))).toContain('1 Locust worker ');
  });

  it('is one in a bundle without a fleet, where arrivals need to know it', async () => {
    const { directory } = await loadTest({ load: { arrivalRate: '5/s', duration: '1m' } }).bundle({
      directory: 'bundle',
    });
    expect(JSON.parse(readFileSync(join(directory, 'load.json'), 'utf8'))).toMatchObject({ users: 1 });
  });
});

function isFile(name: string | Buffer): boolean {
  return String(name).includes('.');
}
