import { afterEach, expect, it } from 'vitest';
import { validate } from '@loadwright/core/target';
import { databricksEmulator, type DatabricksEmulator } from '../emulator.js';
import { databricksOptionsSchema } from '../options.js';
import { databricksObservation } from './index.js';

let emulator: DatabricksEmulator;
afterEach(() => emulator.stop());

async function start(input: object) {
  const { options } = databricksEmulator;
  emulator = (await databricksEmulator.start(validate(options, input, { field: '' }))) as DatabricksEmulator;
  const target = databricksOptionsSchema.parse({
    ...emulator.targetOptions,
    payloads: { inline: [{ a: 1 }] },
  });
  const read = (environment: Readonly<Record<string, string>> = emulator.environment) =>
    databricksObservation.read(target, {
      ...{ environment, baseDirectory: '/', since: 0, signal: new AbortController().signal },
    });
  return read;
}

it('reads CPU, concurrency and latencies of the export with an access token', async () => {
  const read = await start({ endpointName: 'fraud', concurrency: 4, serviceTime: '20ms' });
  const token = emulator.environment['DATABRICKS_TOKEN'];
  for (let call = 0; call < 3; call += 1) {
    const answer = await fetch(`${emulator.url}/serving-endpoints/fraud/invocations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"dataframe_records": [{"a": 1}]}',
    });
    expect(answer.status).toBe(200);
  }
  const { points } = await read();
  const value = (name: string) => points.find(({ figure }) => figure === name)!.value;
  expect(value('provisioned concurrency')).toBe(4);
  expect(value('requests') * 60).toBeCloseTo(3);
  expect(value('request latency')).toBeGreaterThanOrEqual(20);
  expect(value('queue time') + value('model latency')).toBeCloseTo(value('request latency'), 3);
  expect(points[0]).toMatchObject({ part: 'emulated-1', seconds: 60 });
  expect(emulator.statistics().requests).toBe(3);
});

it('tells no latency before there was a request', async () => {
  const read = await start({});
  const { points } = await read();
  expect(points.map(({ figure }) => figure)).not.toContain('request latency');
});

it('asks for one token of a service principal for many readings, also of a route-optimised endpoint', async () => {
  const read = await start({ routeOptimized: true });
  await read();
  await read();
  expect(emulator.tokenRequests()).toEqual({ issued: 1, refused: 0 });
});

it('rejects with the answer of the service, and without the token', async () => {
  const read = await start({});
  await expect(read({ DATABRICKS_TOKEN: 'made-up-token' })).rejects.toThrow(
    /^GET \/api\/2\.0\/serving-endpoints\/[^ ]+\/metrics answered 403: (?!.*made-up-token)/,
  );
});
