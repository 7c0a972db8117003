import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTest, type LoadProfileInput } from '@loadwright/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { busyMachineReasons } from '../busy-machine.js';
import { localFleet } from '../../src/local/index.js';
import { locust } from '../local/provision-request.js';
import { echo } from './echo-target.js';

let server: Server;
let results: string;

/** Fails every second request from three seconds on after the first, and takes 300 ms for each. */
beforeEach(async () => {
  let began = Infinity;
  let number = 0;
  server = createServer((_request, response) => {
    began = Math.min(began, performance.now());
    const isBroken = performance.now() - began > 3000 && ++number % 2 === 0;
    setTimeout(() => response.writeHead(isBroken ? 503 : 200).end('{"ok":true}'), 300);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  results = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-abort-')));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  rmSync(results, { recursive: true, force: true });
});

describe('abortOnFail', { timeout: 180_000 }, () => {
  it.each<[string, LoadProfileInput]>([
    ['users', { users: 10, duration: '40s' }],
    ['an arrival rate', { arrivalRate: '40/s', duration: '40s' }],
    [
      'stages',
      {
        stages: [
          { duration: '2s', users: 10 },
          { duration: '38s', users: 20 },
        ],
      },
    ],
  ])('stops a load of %s early, lets requests in flight end, and fails', async (_name, load) => {
    const test = createLoadTest({
      target: echo({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
      workers: 2,
      load,
      thresholds: {
        http_req_failed: [{ threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '2s' }],
        // For this one the load is then too short.
        http_req_duration: ['p(99)<2000'],
      },
      tolerate: busyMachineReasons,
      baseDirectory: results,
      environment: {},
    });
    const report = await test.run({ fleet: localFleet({ locust }) });
    expect(report.verdict).toBe('FAIL');
    expect(report.reasons[0]).toMatch(
      /^Stopped early: after \d+(?:\.\d)? s http_req_failed: rate<0\.1 did not hold, measured \d\d\b/,
    );
    expect(report.aborted).toBe(false);
    expect(report.loadSeconds).toBeGreaterThan(3);
    expect(report.loadSeconds).toBeLessThan(20);
    // Requests in flight ended by themselves.
    expect(report.errors.map(({ kind }) => kind)).toEqual(['status']);
    const { due, succeeded, failed, dropped } = report.accounting!;
    expect(report.accounting).toMatchObject({ holds: true, inFlight: 0 });
    expect(due).toBe(succeeded + failed + dropped);
    expect(report.thresholds[0]).toMatchObject({ passed: false });
    expect(report.thresholds[0]!.stoppedAfterSeconds).toBeGreaterThan(3);
    expect(report.series.length).toBeGreaterThanOrEqual(3);
  });
});
