import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createLoadTest, type RunReport, type Target } from '@loadwright/core';
import { validate } from '@loadwright/core/fleet';
import { localFleet } from '@loadwright/infra/local';
import { databricks, type DatabricksEmulator } from '@loadwright/targets/databricks';
import { expect, it, onTestFinished } from 'vitest';
import { busyMachine } from '../packages/infra/test/busy-machine.js';

const locust = fileURLToPath(new URL('../.venv/bin/locust', import.meta.url));
const workers = 2;

async function start(settings: object): Promise<DatabricksEmulator> {
  const { emulator: definition } = databricks.definition;
  const options = validate(definition!.options, { serviceTime: '5ms', ...settings }, { field: 'emulator' });
  const emulator = (await definition!.start(options)) as DatabricksEmulator;
  onTestFinished(() => emulator.stop());
  return emulator;
}

async function load(
  target: Target,
  { environment }: DatabricksEmulator,
  observe?: { readonly waitSeconds: number },
): Promise<RunReport> {
  const results = mkdtempSync(join(tmpdir(), 'loadwright-databricks-'));
  onTestFinished(() => rmSync(results, { recursive: true, force: true }));
  return createLoadTest({
    ...{ target, workers, baseDirectory: results, environment },
    load: { arrivalRate: '20/s', duration: '4s' },
    thresholds: { http_req_failed: ['rate<=0'] },
  }).run({ fleet: localFleet({ locust }), tolerate: busyMachine, ...(observe && { observe }) });
}

it('an app at a URL of its own gets every request, with tokens that the workspace gave', async () => {
  const emulator = await start({ authentication: 'oauth' });
  const calls: string[] = [];
  const bodies = new Set<string>();
  const bearers = new Set<string>();
  const app = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push(`${request.method} ${request.url}`);
      bodies.add(body);
      bearers.add(request.headers.authorization ?? 'none');
      response.setHeader('content-type', 'application/json').end('{"price":1.5}');
    });
  }).listen(0, '127.0.0.1');
  await once(app, 'listening');
  onTestFinished(() => void app.close());
  const endpointUrl = `http://127.0.0.1:${(app.address() as AddressInfo).port}/api/predict?version=2`;
  const report = await load(
    databricks({
      ...emulator.targetOptions,
      ...{ endpointName: 'my-app', endpointUrl, format: 'raw', authentication: 'oauth' },
      payloads: { inline: [{ rooms: 3 }] },
      expect: { json: { pointer: '/price', type: 'number' } },
    } as never),
    emulator,
  );
  expect(report.verdict, report.reasons.join()).toBe('PASS');
  expect(report.target.host).toBe(new URL(endpointUrl).origin);
  // One more than the load: the preflight.
  expect(calls).toHaveLength(report.total.succeeded + 1);
  expect(new Set(calls)).toEqual(new Set(['POST /api/predict?version=2']));
  expect(bodies).toEqual(new Set(['{"rooms":3}']));
  const { issued, refused } = emulator.tokenRequests();
  expect({ issued, refused }).toEqual({ issued: workers + 1, refused: 0 });
  expect(bearers.size).toBe(issued);
  expect([...bearers].every((bearer) => /^Bearer \S+$/.test(bearer))).toBe(true);
  // The workspace was asked for tokens and for the endpoint, and got no request of the load.
  expect(emulator.statistics().served).toBe(0);
});

it('what an endpoint exports of itself is in the report', async () => {
  const emulator = await start({ endpointName: 'house-prices', concurrency: 4 });
  const target = { ...emulator.targetOptions, payloads: { inline: [{ a: 1 }] } };
  const report = await load(databricks(target as never), emulator, { waitSeconds: 0 });
  expect(report.verdict, report.reasons.join()).toBe('PASS');
  const { figures, notes, readings } = report.observed!;
  expect({ notes, failed: readings.failed }).toEqual({ notes: [], failed: 0 });
  // Seconds since the load began, length of the window, and the value; of the only served entity.
  const last = (name: string) => figures.find((figure) => figure.name === name)!.points.at(-1)!;
  // The export counts the request of the preflight too.
  const [, window, perSecond] = last('requests');
  expect(perSecond * window!).toBeCloseTo(report.total.succeeded + 1);
  expect(last('provisioned concurrency')[2]).toBe(4);
  expect(last('cpu')[2]).toBeCloseTo((100 * (report.total.succeeded + 1) * 5) / (60_000 * 4));
  expect(last('5xx')[2]).toBe(0);
  for (const name of ['memory', 'request latency', 'queue time', 'model latency']) {
    expect(last(name)[2], name).toBeGreaterThanOrEqual(0);
  }
});
