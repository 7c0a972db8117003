import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTest, deployFleet, type Target } from '@loadwright/core';
import { dht } from '@loadwright/targets/dht';
import { expect, it, onTestFinished } from 'vitest';
import { busyMachine } from '../packages/infra/test/busy-machine.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { optionsFor, quickEcsFleet } from '../packages/infra/test/ecs/work.js';
import { startContainerAccount } from './container-account.js';

it('tests from tasks on Fargate, more and fewer of them while it runs, counts what the target counts, and leaves nothing', async () => {
  const { aws, containers, own, stop } = await startContainerAccount();
  onTestFinished(stop);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-fargate-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const urls = { template: 'https://origin.example/item/{i}', count: 20 };
  const { definition } = dht({ protocol: 'koorde', baseUrl: 'http://127.0.0.1:9', urls });
  const { emulator } = await startEmulator(definition, { protocol: 'koorde' });
  onTestFinished(() => emulator.stop());
  const before = await own();

  const workers = 3;
  const options = optionsFor(aws, join(folder, 'state'));
  const fleet = quickEcsFleet({ ...options, launchType: 'fargate', workers, spot: true, vcpus: 1 });
  const test = await createLoadTest({
    name: 'ring',
    target: dht({ baseUrl: emulator.url, protocol: 'koorde', urls }) as Target,
    load: { users: 6, spawnRate: 6, duration: '20s', waitTime: '50ms' },
    thresholds: { http_req_failed: ['rate<0.01'] },
    workers,
    baseDirectory: folder,
    environment: {},
  });
  const deployed = await deployFleet(test, { fleet, skipPreflight: true });
  let scaling: Promise<unknown> | undefined;
  const report = await test.run({
    fleet,
    on: deployed.fleetId,
    // Others use the same machine: what is measured there is not what is tested.
    tolerate: busyMachine,
    skipPreflight: true,
    onProgress: ({ type, ...event }) => {
      if (type === 'sample' && 'sample' in event && event.sample.elapsedSeconds >= 1)
        scaling ??= deployed.scale(workers + 1).then(() => deployed.scale(workers - 1));
    },
  });
  expect(await scaling).toMatchObject({ workersBefore: workers + 1, workers: workers - 1, underLoad: true });
  expect(report.verdict, report.reasons.join()).toBe('PASS');
  const { served } = emulator.statistics();
  expect(served).toBeGreaterThan(50);
  expect(report.accounting).toMatchObject({ due: served, succeeded: served, inFlight: 0, holds: true });
  expect(report.fleet).toMatchObject({ kind: 'ecs', workers });
  expect(report.events.filter(({ action }) => action === 'scale').map((event) => event.workers)).toEqual([
    ...[workers + 1, workers - 1],
  ]);
  expect(await deployed.scale(1)).toMatchObject({ workers: 1, underLoad: false });
  expect((await deployed.statistics()).workers.filter(({ state }) => state === 'ready')).toHaveLength(1);
  expect(containers.failures).toEqual([]);
  expect(await deployed.destroy()).toMatchObject({ remaining: [] });
  expect(await own()).toEqual(before);
}, 360_000);
