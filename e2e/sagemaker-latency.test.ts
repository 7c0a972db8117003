import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLoadTest, type LoadProfileInput, type RunReport, type TrendSummary } from '@loadwright/core';
import { validate } from '@loadwright/core/fleet';
import { localFleet } from '@loadwright/infra/local';
import { sagemaker, type SagemakerEmulator } from '@loadwright/targets/sagemaker';
import { afterEach, expect, it } from 'vitest';
import { busyMachine } from '../packages/infra/test/busy-machine.js';

const locust = fileURLToPath(new URL('../.venv/bin/locust', import.meta.url));

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function run(settings: object, load: LoadProfileInput) {
  const definition = sagemaker.definition.emulator!;
  const emulator = (await definition.start(
    validate(definition.options, settings, { field: 'emulator' }),
  )) as SagemakerEmulator;
  ends.push(() => emulator.stop());
  const baseDirectory = mkdtempSync(join(tmpdir(), 'loadwright-latency-'));
  ends.push(() => rmSync(baseDirectory, { recursive: true, force: true }));
  const report = await createLoadTest({
    target: sagemaker({
      ...emulator.targetOptions,
      payloads: { inline: [{ instances: [[1]] }] },
    } as Parameters<typeof sagemaker>[0]),
    ...{ workers: 2, load, baseDirectory, environment: emulator.environment },
    thresholds: { http_req_failed: ['rate<0.5'] },
  }).run({
    fleet: localFleet({ locust }),
    observe: { waitSeconds: 0 },
    tolerate: busyMachine,
  });
  return { emulator, report };
}

const partsOf = ({ observed }: RunReport) =>
  Object.fromEntries(observed!.latency!.parts.map(({ name, milliseconds }) => [name, milliseconds]));

it('splits the mean time of requests by what it measured and what CloudWatch tells', async () => {
  const load = { arrivalRate: '40/s', duration: '4s' } as const;
  const { report } = await run({ serviceTime: '40ms', concurrency: 32, variant: 'Blue-2' }, load);
  const { total, observed, accounting } = report;
  expect(total.failed).toBe(0);
  const { client, network, SageMaker, model } = partsOf(report);
  expect(model).toBeGreaterThanOrEqual(40);
  expect(Math.min(client!, network!, SageMaker!)).toBeGreaterThanOrEqual(0);
  // An arrival rate: what a caller waits for is measured from when the request was due.
  expect(client! + network! + SageMaker! + model!).toBeCloseTo(total.average, 6);
  expect(network! + SageMaker! + model!).toBeCloseTo(total.service!.average, 6);
  // The request of the preflight may lie in the same minute.
  expect([0, 1]).toContain(observed!.latency!.requests.service - accounting!.sent);
  expect(observed!.latency!.requests.load).toBe(accounting!.sent);
  const variant = total.metrics['variant_blue_2'] as TrendSummary;
  expect(variant.count).toBe(total.succeeded);
  expect(variant.avg).toBeCloseTo(total.service!.average, 3);
}, 360_000);
