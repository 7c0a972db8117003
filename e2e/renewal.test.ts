import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLoadTest, type RunReport, type Target } from '@loadwright/core';
import { validate } from '@loadwright/core/fleet';
import type { Emulator } from '@loadwright/core/target';
import { localFleet } from '@loadwright/infra/local';
import { databricks, type DatabricksEmulator } from '@loadwright/targets/databricks';
import { rest, type PoolEmulator } from '@loadwright/targets/rest';
import { afterEach, expect, it } from 'vitest';
import { busyMachine } from '../packages/infra/test/busy-machine.js';

const locust = fileURLToPath(new URL('../.venv/bin/locust', import.meta.url));
// With LOADWRIGHT_LONG_RENEWAL=1 three minutes for each, with tokens that live as long as short ones of a real service may.
const isLong = process.env['LOADWRIGHT_LONG_RENEWAL'] === '1';
const lifetimeSeconds = isLong ? 25 : 5;
const loadSeconds = isLong ? 180 : 20;
const workers = 2;

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** The load that no token outlives, and how many tokens there were when it was about to end. */
async function load(
  target: Target,
  { environment }: Emulator,
  issued: () => number,
): Promise<{ report: RunReport; issuedWithin: number }> {
  const results = mkdtempSync(join(tmpdir(), 'loadwright-renewal-'));
  ends.push(() => rmSync(results, { recursive: true, force: true }));
  let issuedWithin = 0;
  const report = await createLoadTest({
    target,
    workers,
    load: { arrivalRate: '100/s', duration: `${loadSeconds}s` },
    thresholds: { http_req_failed: ['rate<=0'], credential_renewals_failed: ['count<=0'] },
    baseDirectory: results,
    environment,
  }).run({
    fleet: localFleet({ locust }),
    tolerate: busyMachine,
    // It has tokens of its own, which none of the workers counts.
    skipPreflight: true,
    onProgress: (event) => {
      if (event.type === 'sample' && event.sample.elapsedSeconds < loadSeconds - 2) issuedWithin = issued();
    },
  });
  return { report, issuedWithin };
}

/**
 * Each token is the first one of a worker, or one that a worker counts as a renewal. What is issued while the load goes on is
 * counted by its end; what is counted was issued. In between is what is issued in the last seconds, and what no load counts any
 * more: workers live on until their fleet is removed.
 */
function expectNoOtherTokens(report: RunReport, first: number, issuedWithin: number, issued: number) {
  const { count: renewals = 0 } = (report.total.metrics['credential_renewals'] ?? {}) as { count?: number };
  const told = `${first} first ones, ${renewals} renewals, ${issuedWithin} issued before the end, ${issued} in all`;
  expect(issuedWithin, told).toBeLessThanOrEqual(first + renewals);
  expect(issued, told).toBeGreaterThanOrEqual(first + renewals);
  // Each worker has renewed each of them several times.
  expect(renewals, told).toBeGreaterThanOrEqual(first * Math.floor(loadSeconds / lifetimeSeconds - 1));
}

/** Each life of a token ends several times within the load, on every worker. */
it.each([
  ['an endpoint of the workspace', false, 1],
  ['a route-optimised endpoint', true, 2],
])(
  '%s is under load for longer than a token lives',
  { timeout: 300_000 },
  async (_, routeOptimized, kinds) => {
    const { emulator: definition } = databricks.definition;
    const emulator = (await definition!.start(
      validate(
        definition!.options,
        { authentication: 'oauth', tokenLifetime: `${lifetimeSeconds}s`, serviceTime: '5ms', routeOptimized },
        { field: 'emulator' },
      ),
    )) as DatabricksEmulator;
    ends.push(() => emulator.stop());
    const { report, issuedWithin } = await load(
      databricks({ ...emulator.targetOptions, payloads: { inline: [{ a: 1 }] } } as never),
      emulator,
      () => emulator.tokenRequests().issued,
    );
    expect(report.verdict).toBe('PASS');
    expect(emulator.statistics()).toMatchObject({ rejected: 0, throttled: 0 });
    const { issued, refused } = emulator.tokenRequests();
    expect(refused).toBe(0);
    expectNoOtherTokens(report, kinds * workers, issuedWithin, issued);
  },
);

// Of an app client the tests beside the target tell the same in less time.
it.each(isLong ? (['client', 'user'] as const) : (['user'] as const))(
  'an API that wants tokens of Cognito is under load for longer than those of a %s live',
  { timeout: 300_000 },
  async (signIn) => {
    const { emulator: definition } = rest.definition;
    const settings = {
      authentication: 'cognito',
      signIn,
      tokenLifetime: `${lifetimeSeconds}s`,
      serviceTime: '5ms',
    };
    const emulator = (await definition!.start(
      validate(definition!.options, settings, { field: 'emulator' }),
    )) as PoolEmulator;
    ends.push(() => emulator.stop());
    const options = { ...emulator.targetOptions, route: '/items', body: { id: { $uuid: true } } };
    const issued = () => {
      const { byClient, byPassword, byRefresh } = emulator.tokenRequests();
      return byClient + byPassword + byRefresh;
    };
    const { report, issuedWithin } = await load(rest(options as never), emulator, issued);
    expect(report.verdict).toBe('PASS');
    expect(emulator.statistics()).toMatchObject({ rejected: 0, throttled: 0 });
    const { byClient, byPassword, byRefresh, refused } = emulator.tokenRequests();
    expect(refused).toBe(0);
    // A user gives the password once a process; from then on refresh tokens do.
    expect(byPassword).toBe(signIn === 'user' ? workers : 0);
    expect(byRefresh > 0).toBe(signIn === 'user');
    expect(byClient > 0).toBe(signIn === 'client');
    expectNoOtherTokens(report, workers, issuedWithin, issued());
  },
);
