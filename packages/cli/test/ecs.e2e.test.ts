import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLoadTest,
  deployFleet,
  type Fleet,
  type OpenedFleet,
  type RunReport,
  type Target,
} from '@loadwright/core';
import { compareRuns } from '@loadwright/core/compare';
import type { Emulator } from '@loadwright/core/target';
import { AwsStandIn, locustContainers, type LocustContainers, type Machine } from '@loadwright/aws-stand-in';
import { dht } from '@loadwright/targets/dht';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offerBaseImage } from '../../infra/test/ecs/base-image.js';
import { optionsFor, quickEcsFleet } from '../../infra/test/ecs/work.js';
import { startEmulator } from '../src/run/emulation.js';
import { readReport, readWholeSeries } from '../src/run/results.js';
import { Door } from './door.js';

const timeout = 180_000;
/** Workers, each on a machine of its own. */
const workers = 4;
/** Others use the same machine: what is measured there is not what is tested. */
const tolerate = ['generator-cpu', 'event-loop-lag'] as const;

let aws: AwsStandIn;
let containers: LocustContainers;
let endBase: () => Promise<void>;
let koorde: Emulator;
let chord: Emulator;
let door: Door;
let folder: string;
let fleet: Fleet;
let deployed: OpenedFleet;
let before: readonly string[];
const machines: Machine[] = [];

/** What all fleets share stays. */
const own = async () => (await aws.inventory()).filter((one) => !one.startsWith('ecr:'));

/** A test of whatever is behind the door. */
const test = (duration = '4s') =>
  createLoadTest({
    name: 'ring',
    // One address for both, as a load balancer has it: the image of the fleet stays as it is.
    target: dht({
      baseUrl: door.url,
      protocol: 'koorde',
      urls: { template: 'https://origin.example/item/{i}', count: 20 },
    }) as Target,
    load: { users: 8, spawnRate: 8, duration, waitTime: '50ms' },
    thresholds: { http_req_failed: ['rate<0.01'] },
    workers,
    baseDirectory: folder,
    environment: {},
  });

/** The report of a run on the fleet, and how many requests the ring says that it got. */
async function run(emulator: Emulator): Promise<{ report: RunReport; served: number }> {
  door.lead(emulator.url);
  const loadTest = await test();
  const earlier = emulator.statistics().served;
  const report = await loadTest.run({ fleet, on: deployed.fleetId, tolerate, skipPreflight: true });
  return { report, served: emulator.statistics().served - earlier };
}

const comparedOf = async ({ report }: { report: RunReport }) => {
  const past = { name: 'ring', runId: report.runId, directory: report.resultsDirectory };
  return { report: await readReport(past), series: await readWholeSeries(past) };
};

beforeAll(async () => {
  endBase = await offerBaseImage();
  aws = await AwsStandIn.start();
  containers = locustContainers(aws);
  Object.assign(aws.behaviour, { containers, onMachine: (machine: Machine) => machines.push(machine) });
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-ecs-')));
  const { definition } = dht({
    protocol: 'koorde',
    baseUrl: 'http://127.0.0.1:9',
    urls: { list: ['https://origin.example/'] },
  });
  koorde = (await startEmulator(definition, { protocol: 'koorde' })).emulator;
  chord = (await startEmulator(definition, { protocol: 'chord' })).emulator;
  door = await Door.open(koorde.url);
  fleet = quickEcsFleet({ ...optionsFor(aws, join(folder, 'state')), workers, startTimeout: '60s' });
  before = await own();
  deployed = await deployFleet(await test(), { fleet, skipPreflight: true });
}, timeout);

afterAll(async () => {
  await aws?.stop();
  await containers?.clear();
  for (const emulator of [koorde, chord]) await emulator?.stop();
  door?.close();
  await endBase?.();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

describe('a fleet on ECS of a master and four machines', () => {
  it(
    'tests koorde, then chord, and counts what the rings count',
    async () => {
      const runs = [await run(koorde), await run(chord)];
      for (const { report, served } of runs) {
        expect(report.verdict, report.reasons.join()).toBe('PASS');
        expect(report.total.count).toBeGreaterThan(100);
        // Of the whole load, its ramp-up included.
        expect(report.accounting).toMatchObject({ due: served, succeeded: served, inFlight: 0, holds: true });
        expect(report.fleet).toMatchObject({ kind: 'ecs', workers });
      }
      const [first, second] = await Promise.all(runs.map(comparedOf));
      const comparison = compareRuns([first!], [second!]);
      expect(comparison.baseline).toEqual([runs[0]!.report.runId]);
      expect(containers.failures).toEqual([]);
    },
    timeout,
  );

  it(
    'says within seconds that a machine is lost in the middle of a load, and why the run is INVALID',
    async () => {
      const loadTest = await test('60s');
      const worker = machines.find(({ tags }) => tags['loadwright:part'] === 'worker-2');
      let endedAt: number | undefined;
      let saidAt: number | undefined;
      const report = await loadTest.run({
        fleet,
        on: deployed.fleetId,
        tolerate,
        skipPreflight: true,
        onProgress: (event) => {
          if (event.type === 'sample' && endedAt === undefined && event.sample.totalRequests > 50) {
            endedAt = performance.now();
            void aws.endMachine(worker?.id ?? '');
          }
          if (event.type === 'phase' && event.phase === 'collect') saidAt ??= performance.now();
        },
      });
      expect(report.verdict).toBe('INVALID');
      expect(report.problems?.map(({ rule }) => rule)).toContain('worker-lost');
      // 5 s where nothing else keeps the machine busy.
      expect((saidAt ?? Infinity) - (endedAt ?? 0)).toBeLessThan(10_000);
    },
    timeout,
  );

  it(
    'leaves nothing',
    async () => {
      const { remaining } = await deployed.destroy();
      expect(remaining).toEqual([]);
      expect(await own()).toEqual(before);
    },
    timeout,
  );
});
