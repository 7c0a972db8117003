import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTest, type LoadProfileInput, type RunReport } from '@loadwright/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localFleet } from '../../src/local/index.js';
import { locust } from '../local/provision-request.js';
import { echo } from './echo-target.js';
import { startStallingServer, type StallingServer } from './stalling-server.js';
import { itWhole } from '../matrix.js';

let server: StallingServer;
let results: string;

beforeEach(async () => {
  server = await startStallingServer({ afterSeconds: 2, seconds: 2 });
  results = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-open-')));
});
afterEach(async () => {
  await server.stop();
  rmSync(results, { recursive: true, force: true });
});

function run(load: LoadProfileInput, thresholds: Record<string, string[]> = {}): Promise<RunReport> {
  return createLoadTest({
    target: echo({ url: server.url }),
    workers: 2,
    load,
    thresholds,
    baseDirectory: results,
    environment: {},
  }).run({ fleet: localFleet({ locust }) });
}

const rules = (report: RunReport) => report.problems?.map(({ rule }) => rule) ?? [];

describe('a run with an arrival rate', { timeout: 180_000 }, () => {
  it('keeps its rate while the server stalls, and the response times show the stall', async () => {
    const report = await run(
      { arrivalRate: '6000/m', duration: '8s' },
      {
        http_req_duration: ['p(99)<1000'],
        http_req_service: ['med<1000'],
        dropped_iterations: ['count<200'],
      },
    );
    const { offered, dropped, mostInFlight } = report.arrivals!;
    expect(offered).toBeGreaterThan(500);
    expect(offered).toBeLessThanOrEqual(800);
    // Those of the stall were sent. A machine that is late at the end may drop the last of all, never as many.
    expect(dropped).toBeLessThan(200);
    expect(report.total.count + dropped).toBe(offered);
    expect(mostInFlight).toBeGreaterThan(80);
    expect(report.total.p99).toBeGreaterThan(1500);
    expect(report.total.median).toBeLessThan(1000);
    expect(report.thresholds.map(({ passed }) => passed)).toEqual([false, true, true, true]);
    expect(report.accounting).toMatchObject({ holds: true, due: offered });
    // By the seconds in which they were due. In the first, a worker may have begun late.
    for (const { open } of report.series.slice(2)) expect(open?.offeredPerSecond).toBeCloseTo(100);
  });

  itWhole('is INVALID when too much is dropped, and says how to go on', async () => {
    await server.stop();
    server = await startStallingServer({ afterSeconds: 1, seconds: 60 });
    const load = { arrivalRate: '100/s', duration: '5s', maxInFlight: 10, gracefulStop: '2s' };
    const report = await run(load);
    expect(report.verdict).toBe('INVALID');
    expect(rules(report)).toContain('offered-rate');
    expect(report.reasons.join(' ')).toMatch(
      /waited in vain while 10 others were on their way: raise maxInFlight/,
    );
    expect(report.arrivals?.dropped).toBeGreaterThan(50);
    // What the server never answered has not ended in time.
    expect(report.errors.map(({ kind, occurrences }) => [kind, occurrences])).toEqual([['unfinished', 10]]);
    expect(report.accounting).toMatchObject({ holds: true, inFlight: 0, failed: 10 });
    expect(report.series.at(-1)).toMatchObject({ requestsPerSecond: 0 });
    expect(report.series.at(-1)!.inFlight).toBeGreaterThanOrEqual(10);
  });

  itWhole('follows stages, and leaves the warm-up out', async () => {
    const report = await run({
      stages: [
        { duration: '3s', arrivalRate: '100/s' },
        { duration: '5s', arrivalRate: '100/s' },
      ],
      warmUp: '4s',
      arrivals: 'poisson',
    });
    expect(report.warmUpSeconds).toBe(4);
    const offered = report.series.map(({ open }) => open!.offeredPerSecond);
    expect(offered[0]).toBeCloseTo(17, -1);
    expect(offered.at(-1)).toBeCloseTo(100);
    // By chance 400 ± 20 in four seconds.
    expect(report.total.count).toBeGreaterThan(300);
    expect(report.total.count).toBeLessThan(500);
    expect(report.accounting?.due).toBeGreaterThan(report.total.due);
  });
});
