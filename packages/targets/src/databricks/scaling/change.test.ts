import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { changeScaling, restoreScaling, verifyScaling, whileSuspended } from '@loadwright/core/scaling';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import {
  secret,
  startEmulatedEndpoint,
  twoEntities,
  type EmulatedEndpoint,
} from '../../../test/databricks/scaled-endpoint.js';
import { databricksScaling } from './index.js';
import type { DatabricksScalingSettings } from './settings.js';

let emulated: EmulatedEndpoint;
afterEach(() => emulated.stop());

const scalingOf = ({ settings }: { readonly settings: unknown }, name: string) =>
  (settings as DatabricksScalingSettings).servedEntities[name]!;

it('one served entity is set and put back, and nothing else of the endpoint is touched', async () => {
  emulated = await startEmulatedEndpoint();
  const { apply, describe, endpoint, intents, whole, proxy } = emulated;
  const [before, all] = [await describe(), await whole()];
  expect(before).toMatchObject({
    ...{ resource: 'serving-endpoints/house-prices', busy: false, otherScalers: [] },
    // Of the two lower limits one is zero.
    instances: { current: 8, desired: 8 },
  });
  expect(scalingOf(before, 'challenger')).toMatchObject({
    workload_size: 'Small',
    scale_to_zero_enabled: true,
  });
  await apply({ peakPerSecond: 300 });
  const applied = await describe();
  expect(scalingOf(applied, 'current').max_provisioned_concurrency).toBeGreaterThan(30);
  expect(scalingOf(applied, 'challenger')).toEqual(scalingOf(before, 'challenger'));
  expect(intents).toEqual([
    expect.stringMatching(/^serving-endpoints\/house-prices: current: concurrency \d+ to \d+$/),
  ]);
  expect(await emulated.snapshotText()).not.toContain(secret);
  await restoreScaling(endpoint);
  expect(await whole()).toEqual(all);
  expect(await emulated.snapshots()).toEqual([]);
  // Looks and changes, and nothing else.
  expect(
    new Set(proxy.calls.map((call) => call.replace('/api/2.0/serving-endpoints/house-prices', ''))),
  ).toEqual(new Set(['GET ', 'PUT /config']));
});

it('a suspension keeps the units that there are, and puts the limits back', async () => {
  emulated = await startEmulatedEndpoint({ concurrency: 10, servedEntities: twoEntities });
  const all = await emulated.whole();
  const during = await whileSuspended(emulated.endpoint, () => emulated.describe());
  // Ten are twelve in units of four; what is scaled to zero keeps what its size allows.
  const fixed = { workload_size: null, scale_to_zero_enabled: false };
  expect(scalingOf(during, 'current')).toEqual({
    ...{ ...fixed, min_provisioned_concurrency: 12, max_provisioned_concurrency: 12 },
  });
  expect(scalingOf(during, 'challenger')).toEqual({
    ...{ ...fixed, min_provisioned_concurrency: 4, max_provisioned_concurrency: 4 },
  });
  expect(await emulated.whole()).toEqual(all);
});

it('an update that fails is put back at once', async () => {
  emulated = await startEmulatedEndpoint();
  const before = await emulated.describe();
  emulated.emulator.serving.failsNext = true;
  await expect(emulated.apply()).rejects.toThrow(/did not take current: concurrency .*: UPDATE_FAILED/);
  expect(await emulated.describe()).toEqual(before);
  expect(await emulated.snapshots()).toEqual([]);
});

it.each<[string, object, object, RegExp]>([
  [
    'several served entities and no name',
    { servedEntities: twoEntities },
    {},
    /has the served entities challenger, current/,
  ],
  [
    'a name that there is not',
    { servedEntities: twoEntities },
    { servedEntity: 'other' },
    /has the served entities challenger, current/,
  ],
  [
    'a model of others',
    { servedEntities: [{ name: 'gpt', external_model: {} }] },
    {},
    /has the served entities none/,
  ],
  ['no permission', { permission: 'CAN_QUERY' }, {}, /PUT .*\/config answered 403: PERMISSION_DENIED/],
])('%s is refused, and nothing is changed', async (_, options, target, message) => {
  emulated = await startEmulatedEndpoint(options, target);
  const all = await emulated.whole();
  await expect(emulated.apply()).rejects.toThrow(message);
  expect(await emulated.whole()).toEqual(all);
  expect(await emulated.snapshots()).toEqual([]);
});

it('where requests go elsewhere, an endpoint that is not there scales not at all', async () => {
  emulated = await startEmulatedEndpoint({}, { endpointName: 'my-app', endpointUrl: '/apps/mine' });
  expect(await emulated.describe()).toMatchObject({ settings: {}, busy: false });
  expect(await whileSuspended(emulated.endpoint, () => Promise.resolve('done'))).toBe('done');
});

/** The endpoint, in the workspace of another server. */
function elsewhere(server: Server): EmulatedEndpoint['endpoint'] {
  const { endpoint } = emulated;
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const environment = { ...endpoint.context.environment, DATABRICKS_HOST: baseUrl };
  return {
    ...endpoint,
    options: { ...endpoint.options, baseUrl },
    context: { ...endpoint.context, environment },
  };
}

it.each(['<html>Sign in</html>', 'null', '"ok"'])(
  'an answer that is none of the API is told, and nothing is changed: %s',
  async (page) => {
    emulated = await startEmulatedEndpoint();
    const pages = createServer((_, response) => response.end(page)).listen(0, '127.0.0.1');
    await once(pages, 'listening');
    onTestFinished(() => void pages.close());
    const endpoint = elsewhere(pages);
    await expect(changeScaling(endpoint, () => Promise.resolve())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `The API of the workspace answered what is no endpoint: ${page}`,
      hint: `Check baseUrl: ${endpoint.options.baseUrl} must be the URL of a workspace.`,
    });
    expect(await emulated.snapshots()).toEqual([]);
  },
);

it('an answer that breaks off is told as one that did not come', async () => {
  emulated = await startEmulatedEndpoint();
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"state":');
    setImmediate(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  await expect(changeScaling(elsewhere(server), () => Promise.resolve())).rejects.toMatchObject({
    code: 'PREFLIGHT_FAILED',
    message: expect.stringContaining('the API of the workspace') as string,
  });
});

it('an endpoint that is being changed takes no other change', async () => {
  emulated = await startEmulatedEndpoint({ servedEntities: twoEntities, updateTime: '1h' });
  const stop = new AbortController();
  const { options: changed, context: around } = emulated.endpoint;
  const { settings } = await emulated.describe();
  const wanted = { servedEntities: { ...(settings as DatabricksScalingSettings).servedEntities } };
  wanted.servedEntities['current'] = {
    ...wanted.servedEntities['current']!,
    max_provisioned_concurrency: 32,
  };
  const ended = databricksScaling
    .apply(changed, { ...around, signal: stop.signal }, wanted, await emulated.describe())
    .catch((error: unknown) => error);
  await expect.poll(() => emulated.describe()).toMatchObject({ busy: true });
  const { scaling, options, context, snapshotFile } = emulated.endpoint;
  const other = { ...emulated.endpoint, snapshotFile: `${snapshotFile}.other` };
  await expect(
    changeScaling(other, (found) => scaling.apply(options, context, found.settings, found)),
  ).rejects.toThrow('The service is changing serving-endpoints/house-prices');
  stop.abort();
  expect(await ended).toMatchObject({ name: 'AbortError' });
});

it('a verification counts the units of concurrency', async () => {
  emulated = await startEmulatedEndpoint();
  const load = {
    basePerSecond: 1,
    peakPerSecond: 2,
    leadSeconds: 1,
    rampSeconds: 1,
    holdSeconds: 1,
    fallSeconds: 1,
    tailSeconds: 1,
  };
  const [ramp] = await verifyScaling(emulated.endpoint, {
    ...{ ramps: [load], objective: { p95Seconds: 1, failureShare: 0 } },
    replay: () => Promise.resolve({ startedAt: Date.now(), intervals: [] }),
  });
  expect(ramp!.counts[0]).toMatchObject({ current: 16, desired: 16 });
});
