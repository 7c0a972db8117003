import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLoadTest,
  type Fleet,
  type FleetHandle,
  type LoadTestOptions,
  type RunEvent,
  type RunReport,
} from '@loadwright/core';
import { defineExporter } from '@loadwright/core/exporters';
import { LocustMaster } from '@loadwright/core/fleet';
import type { LoopbackEndpoint } from '@loadwright/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { busyMachine } from '../busy-machine.js';
import { localFleet } from '../../src/local/index.js';
import { processesIn } from '../local/processes.js';
import { locust } from '../local/provision-request.js';
import { echo, startEcho } from './echo-target.js';
import { describeWhole, itWhole } from '../matrix.js';

let endpoint: LoopbackEndpoint;
let results: string;

beforeEach(async () => {
  endpoint = await startEcho();
  results = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-run-')));
});
afterEach(async () => {
  await endpoint.stop();
  rmSync(results, { recursive: true, force: true });
});

function loadTest(change: Partial<LoadTestOptions> = {}) {
  return createLoadTest({
    target: echo({ url: endpoint.url }),
    workers: 2,
    load: { users: 4, duration: '3s' },
    baseDirectory: results,
    environment: {},
    ...change,
  });
}

/** The folder of the one run in the results. */
function folderOf(name = 'echo'): string {
  const [run] = readdirSync(join(results, 'results', name));
  return join(results, 'results', name, run!);
}

/** The processes of the one run in the results. */
function processesOfFleet() {
  return existsSync(join(results, 'results')) ? processesIn(join(folderOf(), 'bundle')) : [];
}

/** A fleet that hands its handle to the test. */
function observedFleet(onHandle: (handle: FleetHandle) => void): Fleet {
  const fleet = localFleet({ locust });
  return {
    ...fleet,
    provision: async (request) => {
      const handle = await fleet.provision(request);
      onHandle(handle);
      return handle;
    },
  };
}

describe('a run', { timeout: 180_000 }, () => {
  it('measures, judges, keeps everything and leaves nothing', async () => {
    const events: RunEvent[] = [];
    const report = await loadTest({
      thresholds: { 'http_req_duration{name:echo}': ['p(95)<60000'], http_req_failed: ['rate<0.01'] },
    }).run({
      fleet: localFleet({ locust }),
      tolerate: busyMachine,
      onProgress: (event) => events.push(event),
    });

    expect(report).toMatchObject({ verdict: 'PASS', aborted: false, errors: [] });
    expect(report.requests.map((request) => request.name)).toEqual(['echo']);
    // Those in flight at the end included.
    expect(report.total.count).toBeGreaterThan(5);
    expect(report.total.count).toBe(endpoint.statistics().requests);
    expect(report.accounting).toMatchObject({ due: report.total.count, inFlight: 0, holds: true });
    expect(report.distribution.reduce((sum, [, count]) => sum + count, 0)).toBe(report.total.count);

    const started = events.flatMap((event) =>
      event.type === 'phase' && event.state === 'started' ? [event.phase] : [],
    );
    expect(started).toEqual([
      'preflight',
      'plan',
      'provision',
      'connect',
      'load',
      'stop',
      'collect',
      'judge',
      'destroy',
    ]);
    expect(report.series).toHaveLength(3);
    // Locust looks at it every five seconds: one that had no turn before that has none yet.
    expect(report.series.at(-1)?.workers.map((worker) => worker.cpuPercent >= 0)).toEqual([true, true]);
    expect(readdirSync(folderOf()).sort()).toEqual([
      'bundle',
      'config.resolved.json',
      'failures.jsonl',
      'junit.xml',
      'locust.html',
      'locust_exceptions.csv',
      'locust_failures.csv',
      'locust_stats.csv',
      'locust_stats_history.csv',
      'logs',
      'report.html',
      'series.jsonl.gz',
      'summary.json',
    ]);
    const summary = JSON.parse(readFileSync(join(folderOf(), 'summary.json'), 'utf8')) as RunReport;
    expect(summary).toEqual(report);
    expect(processesOfFleet()).toEqual([]);
  });

  itWhole('follows the stages of a load shape and ends with it', async () => {
    const report = await loadTest({
      load: { profile: 'spike', users: 2, peakUsers: 8, duration: '5s', peakDuration: '3s' },
    }).run({ fleet: localFleet({ locust }), tolerate: busyMachine });
    expect(report.verdict).toBe('PASS');
    expect(Math.max(...report.series.map((sample) => sample.users))).toBe(8);
    // Not with the 60 s of a load without a shape.
    expect(report.loadSeconds).toBeLessThan(15);
  });

  itWhole('fails when a threshold breaks', async () => {
    const report = await loadTest({ thresholds: { http_req_duration: ['max<1'] } }).run({
      fleet: localFleet({ locust }),
      tolerate: busyMachine,
    });
    expect(report.verdict).toBe('FAIL');
    expect(report.reasons[0]).toMatch(/http_req_duration: max<1 does not hold, measured \d/);
  });

  itWhole('is INVALID when nothing but failures came', async () => {
    await endpoint.stop();
    endpoint = await startEcho(500);
    const report = await loadTest({ thresholds: { http_req_duration: ['p(95)<60000'] } }).run({
      fleet: localFleet({ locust }),
      tolerate: busyMachine,
    });
    expect(report.verdict).toBe('INVALID');
    expect(report.reasons[0]).toMatch(/All \d+ requests failed/);
    expect(report.errors[0]?.error).toContain('HTTP 500');
  });

  itWhole(
    'removes its fleet while exporters still take what waits, and tells what they did not',
    async () => {
      const order: string[] = [];
      let began = () => {};
      const removal = new Promise<void>((resolve) => (began = resolve));
      const fleet = observedFleet((handle) => {
        const destroy = handle.destroy.bind(handle);
        handle.destroy = (options) => {
          order.push('removal begins');
          began();
          return destroy(options);
        };
      });
      const exporter = (kind: string, close: () => Promise<void>) =>
        defineExporter({
          ...{ specificationVersion: 1, kind, summary: 'a test', options: z.strictObject({}) },
          open: () => ({ write: async () => {}, close }),
        })({});
      const slow = exporter('slow', async () => {
        await removal;
        order.push('taken');
      });
      const failing = exporter('failing', async () => {
        await removal;
        throw new Error('full');
      });
      const reports: RunReport[] = [];
      const report = await loadTest({ load: { users: 2, duration: '1s' } }).run({
        ...{ fleet, exporters: [slow, failing] },
        onProgress: (event) => {
          if (event.type === 'report') reports.push(event.report);
        },
      });
      expect(order).toEqual(['removal begins', 'taken']);
      expect(report.warnings!.filter(({ rule }) => rule === 'exporter')).toEqual([
        { rule: 'exporter', reason: 'The end of the run was not delivered to failing: full' },
      ]);
      expect(reports.at(-1)).toEqual(report);
      expect(JSON.parse(readFileSync(join(folderOf(), 'summary.json'), 'utf8'))).toEqual(report);
      // The verdict was there before, and is the same.
      expect(reports).toHaveLength(2);
      expect(reports[0]!.verdict).toBe(report.verdict);
    },
  );

  it('starts nothing when the preflight fails', async () => {
    const test = loadTest({ target: echo({ url: endpoint.url, token: 'wrong' }) });
    await expect(test.run({ fleet: localFleet({ locust }), tolerate: busyMachine })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
    });
    expect(existsSync(join(results, 'results'))).toBe(false);
  });
});

describeWhole('a run that is disturbed', { timeout: 180_000 }, () => {
  const long = { users: 4, duration: '60s' } as const;
  const firstSample = (act: () => unknown) => (event: RunEvent) => {
    if (event.type === 'sample' && event.sample.elapsedSeconds < 1.5) void act();
  };

  it.each(['worker-1', 'master'])('ends, INVALID, when %s dies, and keeps what there is', async (name) => {
    const report = await loadTest({ load: long }).run({
      fleet: localFleet({ locust }),
      tolerate: busyMachine,
      onProgress: firstSample(() => {
        const node = processesOfFleet().find(({ commandLine }) => isNode(commandLine, name));
        process.kill(node!.pid, 'SIGKILL');
      }),
    });
    expect(report.verdict).toBe('INVALID');
    expect(report.reasons[0]).toMatch(
      name === 'master' ? /^The master was lost: .*SIGKILL/ : /^worker-1 was lost: .*SIGKILL/,
    );
    expect(report.total.count).toBeGreaterThan(0);
    expect(report.loadSeconds).toBeLessThan(20);
    expect(existsSync(join(folderOf(), 'report.html'))).toBe(true);
    expect(processesOfFleet()).toEqual([]);
  });

  it('is INVALID when somebody stops the load in the web UI', async () => {
    let master: LocustMaster | undefined;
    const report = await loadTest({ load: long }).run({
      fleet: observedFleet((handle) => {
        master = new LocustMaster({ url: handle.masterUrl, login: handle.login });
      }),
      onProgress: firstSample(() => master?.stop()),
    });
    expect(report.verdict).toBe('INVALID');
    expect(report.reasons[0]).toMatch(/stopped from outside/);
  });

  it('keeps what was measured when the user stops it', async () => {
    const controller = new AbortController();
    const report = await loadTest({ load: long }).run({
      fleet: localFleet({ locust }),
      tolerate: busyMachine,
      signal: controller.signal,
      onProgress: firstSample(() => controller.abort()),
    });
    expect(report).toMatchObject({ verdict: 'INVALID', aborted: true });
    expect(report.total.count).toBeGreaterThan(0);
    expect(existsSync(join(folderOf(), 'locust_stats.csv'))).toBe(true);
    expect(processesOfFleet()).toEqual([]);
  });

  it.each(['preflight', 'plan', 'provision', 'connect'])(
    'leaves nothing when stopped in %s',
    async (phase) => {
      const controller = new AbortController();
      const running = loadTest().run({
        fleet: localFleet({ locust }),
        signal: controller.signal,
        onProgress: (event) => {
          if (event.type === 'phase' && event.phase === phase && event.state === 'started')
            controller.abort();
        },
      });
      await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
      expect(processesOfFleet()).toEqual([]);
    },
  );
});

/** One argument a line: the Locust process itself, not what watches over it. */
function isNode(commandLine: string, name: string): boolean {
  const role = name === 'master' ? '--master\n' : '--worker\n';
  return commandLine.includes(role) && !commandLine.includes('run_with_lifeline');
}
