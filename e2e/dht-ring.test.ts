import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLoadTest, type LoadProfileInput, type RunReport } from '@loadwright/core';
import { validate } from '@loadwright/core/fleet';
import { localFleet } from '@loadwright/infra/local';
import { dht, originOptionsSchema, startOrigin, type DhtEmulator } from '@loadwright/targets/dht';
import { afterEach, expect, it } from 'vitest';
import { busyMachine } from '../packages/infra/test/busy-machine.js';

const locust = fileURLToPath(new URL('../.venv/bin/locust', import.meta.url));
const template = 'https://origin.example/item/{i}';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function ringOf(settings: object): Promise<DhtEmulator> {
  const { emulator } = dht.definition;
  const options = { serviceTime: '1ms', concurrency: 64, queueLimit: 100_000, ...settings };
  const ring = (await emulator!.start(validate(emulator!.options, options, { field: '' }))) as DhtEmulator;
  ends.push(() => ring.stop());
  return ring;
}

async function run(
  ring: DhtEmulator,
  target: object,
  load: LoadProfileInput,
  workers: number,
  more: { readonly thresholds?: object; readonly onSample?: () => void } = {},
): Promise<RunReport> {
  const results = mkdtempSync(join(tmpdir(), 'loadwright-dht-'));
  ends.push(() => rmSync(results, { recursive: true, force: true }));
  const { baseUrl, protocol, nodes } = ring.targetOptions as {
    baseUrl: string;
    protocol: 'koorde';
    nodes: string[];
  };
  return createLoadTest({
    target: dht({ baseUrl, protocol, nodes, urls: { template, count: 500 }, ...target }),
    ...{ workers, load, baseDirectory: results },
    thresholds: { http_req_failed: ['rate<0.5'], cache_hit: ['rate>0.5'], ...more.thresholds },
  }).run({
    fleet: localFleet({ locust }),
    observe: true,
    onProgress: ({ type }) => {
      if (type === 'sample') more.onSample?.();
    },
    tolerate: busyMachine,
  });
}

it('counts hits, nodes and hops exactly as the ring does: 50,000 requests, 4 workers, 8 nodes', async () => {
  const origin = await startOrigin(validate(originOptionsSchema, {}, { field: 'origin' }));
  ends.push(() => origin.stop());
  const ring = await ringOf({ nodes: 8, fetches: true });
  const entryNodes = ring.targetOptions['nodes'];
  const urls = { template: `${origin.url}/item/{i}`, count: 500 };
  // One more than the load: the preflight, through the load balancer.
  const report = await run(ring, { entryNodes, urls }, { arrivalRate: '700/s', duration: '80s' }, 4);
  const { verdict, reasons, total, observed, accounting } = report;
  const metrics = total.metrics as unknown as Readonly<Record<string, Readonly<Record<string, number>>>>;
  const counter = (name: string) => metrics[name]?.['count'] ?? 0;
  expect({ verdict, reasons }).toMatchObject({ verdict: 'PASS' });
  // Of 56,000 that are due: the rest is for what a busy machine drops.
  expect(accounting!.succeeded).toBeGreaterThan(50_000);

  const counts = ring.counts();
  const sum = (pick: (node: (typeof counts.nodes)[number]) => number) =>
    counts.nodes.reduce((all, node) => all + pick(node), 0);
  const asked = accounting!.succeeded;
  expect(sum(({ entered }) => entered)).toBe(asked + 1);
  const nameOf = (kind: string, address: string) => `${kind}_node_${address.replaceAll(/[.:]/g, '_')}`;
  const off = (kind: string, pick: (node: (typeof counts.nodes)[number]) => number) =>
    counts.nodes.reduce((all, node) => all + Math.abs(pick(node) - counter(nameOf(kind, node.address))), 0);
  // The request of the preflight alone is in none of them.
  expect(off('entry', ({ entered }) => entered)).toBe(1);
  expect(off('responsible', ({ hits, misses }) => hits + misses)).toBe(1);

  expect(metrics['cache_hit']).toMatchObject({ hits: sum(({ hits }) => hits), total: asked });
  expect(counter('miss_origin')).toBe(sum(({ misses }) => misses) - 1);
  // And so does the origin.
  expect(origin.counts().requests).toBe(sum(({ misses }) => misses));
  expect(counter('hops')).toBe(asked);
  // Of eight nodes; the request of the preflight is one of what they counted themselves.
  for (const [kind, mostOf] of [
    ['entry', Math.max(...counts.nodes.map(({ entered }) => entered))],
    ['responsible', Math.max(...counts.nodes.map(({ hits, misses }) => hits + misses))],
  ] as const) {
    const { members, mean, largest, skew } = report.skews![`${kind}_node_*`]!;
    expect({ members, mean }).toEqual({ members: 8, mean: asked / 8 });
    expect([0, 1]).toContain(mostOf - largest.count);
    expect(skew).toBe(largest.count / (asked / 8));
  }
  // The preflight was passed on, or was not.
  expect([0, 1]).toContain(counts.passedOn - Math.round(metrics['hops']!['avg']! * asked));

  // The same by what the nodes say themselves, before and after the load.
  expect(observed!.comparison).toMatchObject({ differences: [], contradictions: [] });
  expect(observed!.comparison!.counts).toHaveLength(2 + 8);
  for (const { load, service } of observed!.comparison!.counts) expect(load).toBe(service);
}, 240_000);

it('marks nodes that come and go, and judges a node by itself', { timeout: 360_000 }, async () => {
  // The fourth joins when it is told to.
  const ring = await ringOf({ nodes: 3, settling: '100ms', joinAfter: '1h' });
  const nodes = [...(ring.targetOptions['nodes'] as string[])];
  const [kept, killed] = ring.counts().nodes.map(({ address }) => address);
  const nameOf = (address: string) => `entry_node_${address.replaceAll(/[.:]/g, '_')}`;
  let samples = 0;
  const report = await run(ring, { nodes, entryNodes: nodes.slice(0, 3) }, { users: 6, duration: '14s' }, 1, {
    thresholds: { [nameOf(kept!)]: ['count>10'], entry_node_nobody: ['count<10'] },
    onSample: () => {
      samples += 1;
      if (samples === 2) void ring.leave(1);
      if (samples === 6) void ring.join();
    },
  });
  const joined = ring.counts().nodes.at(-1)!;
  const marks = [`${killed} left`, `${joined.address} joined`];
  expect(report.observed!.events.map(({ mark }) => mark)).toEqual(expect.arrayContaining(marks));
  expect(report.series.flatMap((point) => point.marks ?? [])).toEqual(expect.arrayContaining(marks));
  // What belongs to it is asked of it.
  expect(joined.hits + joined.misses).toBeGreaterThan(0);
  const measured = Object.fromEntries(report.thresholds.map(({ metric, passed }) => [metric, passed]));
  expect(measured).toMatchObject({ [nameOf(kept!)]: true, entry_node_nobody: false });
});

it('tells no skew where a node may have two names', { timeout: 360_000 }, async () => {
  const ring = await ringOf({ nodes: 3 });
  const load = { users: 6, duration: '4s' };
  const { accounting, families, skews, total, warnings } = await run(ring, { nodes: undefined }, load, 2);
  const counter = (name: string) => {
    const metric = total.metrics[name];
    return metric && 'count' in metric ? metric.count : 0;
  };
  const all = (prefix: string) =>
    Object.keys(total.metrics).filter((name) => name.startsWith(prefix) && counter(name) > 0);

  const counts = ring.counts().nodes;
  const [entered, responsible] = [counts.map((node) => node.entered), counts.map(lookups)];
  for (const [kind, own] of [
    ['entry', entered],
    ['responsible', responsible],
  ] as const) {
    const ofKind = all(`${kind}_node_`);
    const byId = all(`${kind}_node_id_`);
    const text = counts.map(({ address }) => `${kind}_node_${address.replaceAll(/[.:]/g, '_')}`);
    // Each node under both: where it answered by itself, and where it did not.
    expect(ofKind.filter((name) => !byId.includes(name)).sort()).toEqual(text.sort());
    expect(byId).toHaveLength(3);
    // Nothing is lost, and nothing is counted twice: the preflight's request alone is not of the load.
    expect(ofKind.reduce((sum, name) => sum + counter(name), 0)).toBe(accounting!.succeeded);
    expect(own.reduce((sum, count) => sum + count, 0)).toBe(accounting!.succeeded + 1);
  }
  expect(skews).toBeUndefined();
  const names = ['entry_node_', 'responsible_node_'].flatMap((name) => [`${name}*`, `${name}id_*`]);
  expect(families).toEqual(names);
  expect(warnings?.filter(({ rule }) => rule === 'skew').map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^The skew of responsible_node_\* is unknown: .* has 3 .* has 3.*nodes/),
    expect.stringMatching(/^The skew of entry_node_\* is unknown: .* has 3 .* has 3.*nodes/),
  ]);
});

it('warns of no skew where one node answers by its id alone', { timeout: 360_000 }, async () => {
  const ring = await ringOf({ nodes: 1 });
  const { accounting, skews, total, warnings } = await run(
    ring,
    { nodes: undefined },
    { users: 2, duration: '2s' },
    1,
  );
  const byId = Object.entries(total.metrics).filter(([name]) => name.startsWith('entry_node_'));
  expect(byId).toEqual([
    [expect.stringMatching(/^entry_node_id_0x/), expect.objectContaining({ count: accounting!.succeeded })],
  ]);
  // Of one there is none.
  expect(skews).toBeUndefined();
  expect((warnings ?? []).filter(({ rule }) => rule === 'skew')).toEqual([]);
});

function lookups({ hits, misses }: { readonly hits: number; readonly misses: number }): number {
  return hits + misses;
}
