import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLoadTest } from '@loadwright/core';
import { validate } from '@loadwright/core/fleet';
import { localFleet } from '@loadwright/infra/local';
import { databricks, type DatabricksEmulator } from '@loadwright/targets/databricks';
import { afterEach, expect, it } from 'vitest';

const locust = fileURLToPath(new URL('../../../.venv/bin/locust', import.meta.url));
const lifetimeSeconds = 5;
const loadSeconds = 20;
const workers = 2;

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Each life of a token ends several times within the load, on every worker. */
it.each([
  ['an endpoint of the workspace', false, 1],
  ['a route-optimised endpoint', true, 2],
])(
  '%s is under load for longer than a token lives',
  { timeout: 120_000 },
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
    const results = mkdtempSync(join(tmpdir(), 'loadwright-renewal-'));
    ends.push(() => rmSync(results, { recursive: true, force: true }));
    const report = await createLoadTest({
      target: databricks({ ...emulator.targetOptions, payloads: { inline: [{ a: 1 }] } } as never),
      workers,
      load: { arrivalRate: '100/s', duration: `${loadSeconds}s` },
      thresholds: { http_req_failed: ['rate<=0'], credential_renewals_failed: ['count<=0'] },
      baseDirectory: results,
      environment: emulator.environment,
    }).run({ fleet: localFleet({ locust }), tolerate: ['generator-cpu', 'event-loop-lag'] });
    expect(report.verdict).toBe('PASS');
    expect(emulator.statistics()).toMatchObject({ rejected: 0, throttled: 0 });
    const { issued, refused } = emulator.tokenRequests();
    expect(refused).toBe(0);
    // A worker, and the preflight once: one at the start, then no more often than twice a life.
    const wholeSeconds = loadSeconds + 15;
    expect(issued).toBeLessThanOrEqual(kinds * (1 + workers * (1 + wholeSeconds / (lifetimeSeconds / 2))));
    expect(issued).toBeGreaterThanOrEqual(kinds * workers * (loadSeconds / lifetimeSeconds));
  },
);
