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
import type { AwsStandIn, LocustContainers, Machine } from '@loadwright/aws-stand-in';
import { dht } from '@loadwright/targets/dht';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busyMachine } from '../packages/infra/test/busy-machine.js';
import { optionsFor, quickEcsFleet } from '../packages/infra/test/ecs/work.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { readReport, readWholeSeries } from '../packages/cli/src/run/results.js';
import { startContainerAccount, type ContainerAccount } from './container-account.js';

const timeout = 180_000;
/** Workers, each on a machine of its own. */
const workers = 4;
/** Others use the same machine: what is measured there is not what is tested. */
let aws: AwsStandIn;
let containers: LocustContainers;
let account: ContainerAccount;
const protocols = ['koorde', 'chord'] as const;
type Protocol = (typeof protocols)[number];
/** A ring of each protocol, at an address of its own. */
const rings = new Map<Protocol, Emulator>();
let folder: string;
let fleet: Fleet;
let deployed: OpenedFleet;
let before: readonly string[];
const machines: Machine[] = [];

const urls = { template: 'https://origin.example/item/{i}', count: 20 };
const ring = (protocol: Protocol) => rings.get(protocol)!;

/** A test of one ring, which differs from that of the other in its host and label alone. */
const test = (protocol: Protocol, duration = '4s') =>
  createLoadTest({
    name: 'ring',
    target: dht({ baseUrl: ring(protocol).url, protocol, urls }) as Target,
    // Both are declared when the fleet is deployed: its image stays as it is.
    hosts: protocols.map((one) => ring(one).url),
    load: { users: 8, spawnRate: 8, duration, waitTime: '50ms' },
    thresholds: { http_req_failed: ['rate<0.01'] },
    workers,
    baseDirectory: folder,
    environment: {},
  });

/** The report of a run on the fleet, and how many requests each ring says that it got from the load on. */
async function run(protocol: Protocol) {
  const loadTest = await test(protocol);
  const served = () => new Map(protocols.map((one) => [one, ring(one).statistics().served]));
  // The preflight asks for an item, too.
  let earlier = served();
  const report = await loadTest.run({
    fleet,
    on: deployed.fleetId,
    tolerate: busyMachine,
    onProgress: (event) => {
      if (event.type === 'phase' && event.phase === 'load' && event.state === 'started') earlier = served();
    },
  });
  const later = served();
  const got = protocols.map((one) => [one, later.get(one)! - earlier.get(one)!] as const);
  return { report, served: new Map(got) };
}

/** The same, of a run that passes. */
async function counted(protocol: Protocol) {
  const { report, served } = await run(protocol);
  expect(report.verdict, report.reasons.join()).toBe('PASS');
  expect(report.total.count).toBeGreaterThan(0);
  const own = served.get(protocol)!;
  // Of the whole load, its ramp-up included; the other ring got nothing.
  expect(report.accounting).toMatchObject({ due: own, succeeded: own, inFlight: 0, holds: true });
  expect([...served.values()].reduce((sum, one) => sum + one)).toBe(own);
  expect(report.fleet).toMatchObject({ kind: 'ecs', workers });
  expect(report.target).toMatchObject({ host: ring(protocol).url, labels: { protocol } });
  return report;
}

/** A run that loses a machine in the middle: why it is INVALID. */
async function losing(part: string, lose: (machine: Machine) => unknown): Promise<{ reason: string }> {
  const loadTest = await test('koorde', '60s');
  const machine = machines.find(({ tags }) => tags['loadwright:part'] === part);
  let lostAt: number | undefined;
  let reportedAt: number | undefined;
  const report = await loadTest.run({
    fleet,
    on: deployed.fleetId,
    tolerate: busyMachine,
    onProgress: (event) => {
      if (event.type === 'sample' && lostAt === undefined && event.sample.totalRequests > 50) {
        lostAt = performance.now();
        void lose(machine!);
      }
      if (event.type === 'phase' && event.phase === 'stop') reportedAt ??= performance.now();
    },
  });
  expect(report.verdict).toBe('INVALID');
  const [problem, ...others] = report.problems ?? [];
  expect(problem?.rule).toBe('worker-lost');
  expect(others.filter(({ rule }) => rule === 'stopped')).toEqual([]);
  expect(report.total.count).toBeGreaterThan(0);
  expect(await readWholeSeries(past(report))).toBeDefined();
  const seconds = ((reportedAt ?? Infinity) - (lostAt ?? 0)) / 1000;
  process.stdout.write(`${part} lost: reported after ${seconds.toFixed(1)} s\n`);
  expect(seconds).toBeLessThan(5);
  return { reason: problem?.reason ?? '' };
}

const past = ({ runId, resultsDirectory: directory }: RunReport) => ({ name: 'ring', runId, directory });

const comparedOf = async (report: RunReport) => {
  return { report: await readReport(past(report)), series: await readWholeSeries(past(report)) };
};

beforeAll(async () => {
  account = await startContainerAccount();
  ({ aws, containers } = account);
  aws.behaviour.onMachine = (machine) => machines.push(machine);
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-ecs-')));
  const { definition } = dht({ protocol: 'koorde', baseUrl: 'http://127.0.0.1:9', urls });
  for (const protocol of protocols) {
    rings.set(protocol, (await startEmulator(definition, { protocol })).emulator);
  }
  fleet = quickEcsFleet({
    ...optionsFor(aws, join(folder, 'state')),
    workers,
    spot: true,
    startTimeout: '60s',
  });
  before = await account.own();
  deployed = await deployFleet(await test('koorde'), { fleet });
}, timeout);

afterAll(async () => {
  await account?.stop();
  for (const emulator of rings.values()) await emulator.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

describe('a fleet on ECS of a master and four machines', () => {
  it(
    'tests koorde, then chord at another address, and compares what both have measured',
    async () => {
      const first = await counted('koorde');
      const second = await counted('chord');
      const comparison = compareRuns([await comparedOf(first)], [await comparedOf(second)]);
      expect(comparison).toMatchObject({ baseline: [first.runId], candidate: [second.runId], reasons: [] });
      const figure = (name: string) => comparison.figures.find((one) => one.figure === name);
      expect(figure('http_req_failed rate')).toMatchObject({ baseline: 0, candidate: 0 });
      const latency = figure('http_req_duration p(95)')!;
      expect(latency.baseline).toBeGreaterThan(0);
      expect(latency.candidate).toBeGreaterThan(0);
      // The codes are counted in both, and nothing but 200 came.
      expect(comparison.codes).toMatchObject([{ code: '200', baseline: 1, candidate: 1, difference: 0 }]);
      expect(containers.failures).toEqual([]);
    },
    timeout,
  );

  it(
    'misses machines that are lost or taken back, and has others in the next test',
    async () => {
      // As it is when nobody takes its leave.
      const lost = await losing('worker-2', ({ id }) => aws.endMachine(id));
      expect(lost.reason).toMatch(/its machine worker-2 i-\w+ ended: /);
      const taken = await losing('worker-3', (machine) => aws.ecs.spotNotice(machine));
      expect(taken.reason).toMatch(/its machine worker-3 i-\w+ is being drained: a spot interruption notice/);
      const replaced = machines.filter(({ tags }) => /^worker-[56]$/.test(tags['loadwright:part'] ?? ''));
      expect(replaced).toHaveLength(1);
      await counted('chord');
      expect(machines.at(-1)?.tags['loadwright:part']).toBe('worker-6');
      expect(containers.failures).toEqual([]);
    },
    timeout,
  );

  it(
    'has what Locust wrote, and ends those who follow it with itself; then nothing is left',
    async () => {
      const following: Promise<string[]>[] = [];
      for (const role of ['master', 'worker'] as const) {
        following.push(
          (async () => {
            const lines: string[] = [];
            const { signal } = new AbortController();
            for await (const { node, line } of deployed.followLogs({ role, signal }))
              lines.push(`${node} ${line}`);
            return lines;
          })(),
        );
      }
      const soFar = await deployed.logs();
      const { remaining } = await deployed.destroy();
      const [ofMaster = [], ofWorkers = []] = await Promise.all(following);
      expect(ofMaster.join('\n')).toMatch(/^master .*Starting Locust/m);
      // Also of the one whose machine was lost.
      expect(new Set(ofWorkers.map((line) => line.split(' ')[0])).size).toBeGreaterThanOrEqual(workers);
      expect(ofWorkers.every((line) => /^worker-[0-9a-f]{8} /.test(line))).toBe(true);
      expect(new Set(ofMaster).size + new Set(ofWorkers).size).toBeGreaterThan(workers);
      const given = [...ofMaster, ...ofWorkers];
      expect(
        soFar.map(({ node, line }) => `${node} ${line}`).filter((line) => !given.includes(line)),
      ).toEqual([]);
      expect(given.join('\n')).not.toContain(deployed.handle.login.password);
      expect(remaining).toEqual([]);
      expect(await account.own()).toEqual(before);
    },
    timeout,
  );
});
