import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  collectResults,
  LocustMaster,
  redactorOf,
  resolveTestLoad,
  waitForWorkers,
} from '@loadwright/core/fleet';
import {
  createLoadTest,
  LoadwrightError,
  type Deployment,
  type Fleet,
  type FleetHandle,
  type LoadTestOptions,
  type RunEvent,
  type RunOptions,
  type Sample,
} from '@loadwright/core';
import type { LoopbackEndpoint } from '@loadwright/core/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { busyMachine } from '../busy-machine.js';
import { localFleet } from '../../src/local/index.js';
import { locust } from '../local/provision-request.js';
import { echo, startEcho } from './echo-target.js';

const canary = 'canary-of-a-talkative-worker';

let endpoint: LoopbackEndpoint;
/** The fleet may be pointed at it too. */
let another: LoopbackEndpoint;
let baseDirectory: string;
let deployment: Deployment;

/** A fleet of this machine that keeps its logs to itself, as one elsewhere does: they are asked of the master. */
const fleet: Fleet = {
  ...localFleet({ locust }),
  provision: async (request) => {
    const logDirectory = join(baseDirectory, 'machine');
    const handle = await localFleet({ locust }).provision({ ...request, logDirectory });
    return Object.assign(handle, {
      logs: (...options: Parameters<FleetHandle['logs']>) => logsOf(handle, ...options),
    });
  },
};

async function* logsOf(handle: FleetHandle, options?: { readonly signal?: AbortSignal }) {
  const { master, workers } = await masterOf(handle).logs(options);
  for (const line of master) yield { node: 'master', line };
  for (const [node, lines] of Object.entries(workers)) for (const line of lines) yield { node, line };
}

const masterOf = ({ masterUrl: url, login }: FleetHandle) => new LocustMaster({ url, login });

function target(token = canary, { url } = endpoint) {
  const made = echo({ url, token });
  const locustfile = new URL('./talkative_locustfile.py', import.meta.url);
  return { ...made, definition: { ...made.definition, locustfile } };
}

/** The same bundle, and a service that is found not to be ready. */
function refusing() {
  const made = target();
  const preflight = async () => {
    throw new LoadwrightError('PREFLIGHT_FAILED', 'The token is refused.');
  };
  return { ...made, definition: { ...made.definition, preflight } };
}

const loadTest = (change: Partial<LoadTestOptions> = {}) =>
  createLoadTest({
    target: target(),
    hosts: [endpoint.url, another.url],
    load: { users: 2, duration: '2s', waitTime: '20ms' },
    baseDirectory,
    environment: {},
    ...change,
  });

const runOn = (change: Partial<LoadTestOptions> = {}, options: Partial<RunOptions> = {}) =>
  loadTest(change).run({ fleet, on: deployment.fleetId, tolerate: busyMachine, ...options });

/** The runs that have results. */
const runs = () => readdirSync(join(baseDirectory, 'results', 'echo')).sort();

beforeAll(async () => {
  endpoint = await startEcho();
  another = await startEcho();
  baseDirectory = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-on-')));
  deployment = await loadTest({ workers: 2 }).deploy({ fleet });
}, 180_000);

afterAll(async () => {
  await deployment.handle.destroy();
  await endpoint.stop();
  await another.stop();
  rmSync(baseDirectory, { recursive: true, force: true });
});

describe('a judged run on a fleet that stands', { timeout: 180_000 }, () => {
  it('is as one with a fleet of its own, and leaves the fleet', async () => {
    const events: RunEvent[] = [];
    const report = await runOn(
      { thresholds: { http_req_duration: ['p(95)<60000'], http_req_failed: ['rate<0.01'] } },
      { onProgress: (event) => events.push(event) },
    );
    expect(report).toMatchObject({
      verdict: 'PASS',
      fleet: { kind: 'local', workers: 2 },
      thresholds: [{ passed: true }, { passed: true }],
      configuration: { workers: 2 },
    });
    expect(report.runId).not.toBe(deployment.fleetId);
    expect(report.total.count).toBeGreaterThan(5);
    const started = events.flatMap((event) =>
      event.type === 'phase' && event.state === 'started' ? [event.phase] : [],
    );
    expect(started).toEqual(['open', 'connect', 'preflight', 'load', 'stop', 'collect', 'judge']);
    expect(readdirSync(report.resultsDirectory).sort()).toEqual(
      ['bundle', 'config.resolved.json', 'failures.jsonl', 'junit.xml', 'locust.html']
        .concat(['locust_exceptions.csv', 'locust_failures.csv', 'locust_stats.csv'])
        .concat(['locust_stats_history.csv', 'logs', 'report.html', 'series.jsonl.gz', 'summary.json']),
    );
    const resolved = readFileSync(join(report.resultsDirectory, 'config.resolved.json'), 'utf8');
    expect(JSON.parse(resolved)).toMatchObject({ runId: report.runId, fleetId: deployment.fleetId });
    expect((await deployment.handle.status()).map(({ state }) => state)).toEqual(Array(3).fill('running'));
  });

  it('counts anew, carries out another load on another host, and is told apart by its verdict', async () => {
    const samples: Sample[] = [];
    const report = await runOn(
      {
        load: { arrivalRate: '40/s', duration: '3s' },
        thresholds: { http_req_duration: ['p(95)<0.001'] },
        target: target(canary, another),
        workers: 7,
      },
      {
        runId: 'the-second',
        onProgress: (event) => {
          if (event.type === 'sample') samples.push(event.sample);
          if (event.type === 'message' && event.message.includes('workers'))
            expect(event.message).toBe('The fleet has 2 workers, not the 7 of the configuration.');
        },
      },
    );
    expect(report).toMatchObject({ runId: 'the-second', verdict: 'FAIL', arrivals: {} });
    expect(report.target.host).toBe(another.url);
    // Those of the load, and no fewer: all of them went there.
    expect(another.statistics().requests).toBeGreaterThanOrEqual(report.total.count);
    // Of 120: the schedule begins a moment after the load, and on a busy machine a long one.
    const { offered = 0, dropped } = report.arrivals!;
    expect(offered).toBeGreaterThan(30);
    expect(offered).toBeLessThanOrEqual(120);
    expect(report.accounting).toMatchObject({ holds: true, due: offered, dropped });
    expect(report.total.count).toBe(offered - dropped);
    // On a busy machine the workers' first reports come after the first sample.
    expect(samples.some(({ p50 }) => p50 !== null)).toBe(true);
  });

  it('has the logs of the fleet in its results, without the secrets of the workers', async () => {
    // Workers hand on their log every ten seconds.
    await vi.waitUntil(
      async () => JSON.stringify(await masterOf(deployment.handle).logs()).includes(canary),
      { timeout: 120_000, interval: 200 },
    );
    // Whoever runs it may have another token: what the machines know counts.
    const report = await runOn({ target: target('another-token') });
    const logs = join(report.resultsDirectory, 'logs');
    expect(readdirSync(logs)).toHaveLength(3);
    const text = readdirSync(logs)
      .map((file) => readFileSync(join(logs, file), 'utf8'))
      .join('\n');
    expect(text).toContain('the token is [redacted]');
    const { resultsDirectory } = report;
    const elsewhere = join(baseDirectory, 'elsewhere');
    await collectResults(deployment.handle, elsewhere, redactorOf(deployment.handle));
    for (const folder of [resultsDirectory, elsewhere]) {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const file = readFileSync(join(entry.parentPath, entry.name), 'latin1');
        expect(file.includes(canary), entry.name).toBe(false);
        expect(file.includes(deployment.handle.login.password), entry.name).toBe(false);
      }
    }
  });

  it('is refused while a load is under way, which goes on', async () => {
    const before = runs();
    const master = masterOf(deployment.handle);
    await waitForWorkers(master, deployment.handle, {});
    await master.swarm({ load: resolveTestLoad({ users: 1, duration: '1h' }, 2) });
    await expect(runOn()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/a load is running on \S+, for another (1h|59m)/) as string,
      next: [
        { action: 'stop-load', fleetId: deployment.fleetId },
        { action: 'follow-load', fleetId: deployment.fleetId },
      ],
    });
    expect((await master.statistics()).test?.endedAt).toBeUndefined();
    await master.stop();
    expect(runs()).toEqual(before);
  });

  it.each([
    [
      'another target',
      () => ({ target: echo({ url: endpoint.url }) }),
      /version: the fleet runs other code of Loadwright or of the target, in locustfile\.py$/,
    ],
    [
      'another host',
      () => ({ target: echo({ url: 'http://127.0.0.1:9' }) }),
      /\n {2}host: found "http:\/\/127\.0\.0\.1:9, .*", the fleet has "http:/,
    ],
  ])('is refused for %s, and leaves no results', async (_what, change, difference) => {
    const before = runs();
    await expect(runOn(change())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(difference) as string,
      next: [{ action: 'deploy-fleet' }, { action: 'destroy-fleet', fleetId: deployment.fleetId }],
    });
    expect(runs()).toEqual(before);
  });

  it('begins no load when the target refuses', async () => {
    const { test: before } = await masterOf(deployment.handle).statistics();
    const refused = runOn({ target: refusing() });
    await expect(refused).rejects.toMatchObject({ code: 'PREFLIGHT_FAILED' });
    const { test, state } = await masterOf(deployment.handle).statistics();
    expect({ test, state }).toEqual({ test: before, state: expect.not.stringMatching('running') as string });
    expect((await deployment.handle.status()).map((node) => node.state)).toEqual(Array(3).fill('running'));
  });

  it('ends its load when it is stopped, keeps what it measured, and leaves the fleet', async () => {
    const controller = new AbortController();
    const report = await runOn(
      { load: { users: 2, duration: '1h', waitTime: '20ms' } },
      {
        signal: controller.signal,
        onProgress: (event) =>
          event.type === 'sample' && event.sample.totalRequests > 5 && controller.abort(),
      },
    );
    expect(report).toMatchObject({ aborted: true, verdict: 'INVALID' });
    expect(report.total.count).toBeGreaterThan(5);
    const { test } = await masterOf(deployment.handle).statistics();
    expect(test?.endedAt).toBeDefined();
    expect((await deployment.handle.status()).map(({ state }) => state)).toEqual(Array(3).fill('running'));
  });

  it('does not begin on a fleet that is still made ready', async () => {
    const readiness = { at: new Date(), limitSeconds: 600, hint: 'wait' };
    const open: Fleet['open'] = async (fleetId) =>
      Object.assign(Object.create(await fleet.open(fleetId)) as FleetHandle, {
        masterUrl: 'http://127.0.0.1:1',
        readiness,
      });
    await expect(runOn({}, { fleet: { ...fleet, open } })).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringContaining('still being made ready'),
    });
  });

  it('goes on while the account does not answer', async () => {
    const open: Fleet['open'] = async (fleetId) => {
      const handle = await fleet.open(fleetId);
      let looks = 0;
      const status = async () => {
        looks += 1;
        if (looks > 2) throw new Error('the account does not answer');
        return handle.status();
      };
      return Object.assign(Object.create(handle) as FleetHandle, { status });
    };
    expect(await runOn({}, { fleet: { ...fleet, open } })).toMatchObject({ verdict: 'PASS' });
  });

  it('ends its load when it can no longer watch it', async () => {
    const load = { users: 1, duration: '1h' };
    const onProgress = ({ type }: RunEvent) => {
      if (type === 'sample') throw new Error('nobody looks on');
    };
    await expect(runOn({ load }, { onProgress })).rejects.toThrow('nobody looks on');
    const { test } = await masterOf(deployment.handle).statistics();
    expect(test?.endedAt).toBeDefined();
  });
});
