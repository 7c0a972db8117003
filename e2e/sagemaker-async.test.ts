import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLoadTest, type TrendSummary } from '@loadwright/core';
import { validate } from '@loadwright/core/fleet';
import { localFleet } from '@loadwright/infra/local';
import { sagemaker, type SagemakerEmulator } from '@loadwright/targets/sagemaker';
import { afterEach, expect, it } from 'vitest';
import { busyMachine } from '../packages/infra/test/busy-machine.js';

const locust = fileURLToPath(new URL('../.venv/bin/locust', import.meta.url));
const inputPrefix = 's3://mine/load-test/';
const payloads = 'bodies.jsonl';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function prepare(settings: object, signal?: AbortSignal) {
  const definition = sagemaker.definition.emulator!;
  const emulator = (await definition.start(
    validate(definition.options, { serviceTime: '30ms', ...settings }, { field: 'emulator' }),
  )) as SagemakerEmulator;
  ends.push(() => emulator.stop());
  const folder = mkdtempSync(join(tmpdir(), 'loadwright-async-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const lines = Array.from({ length: 50 }, (_, index) => `{"instances":[[${index}]]}`);
  writeFileSync(join(folder, payloads), lines.join('\n'));
  const messages: string[] = [];
  const test = createLoadTest({
    target: sagemaker({
      ...emulator.targetOptions,
      payloads,
      async: { inputPrefix, pollInterval: '300ms' },
    } as Parameters<typeof sagemaker>[0]),
    workers: 2,
    load: { arrivalRate: '30/s', duration: '5s', gracefulStop: '3s' },
    thresholds: { async_end_to_end: ['p(95)<60000'], async_enqueue: ['p(50)<60000'] },
    baseDirectory: folder,
    environment: emulator.environment,
  });
  const report = test.run({
    fleet: localFleet({ locust }),
    tolerate: busyMachine,
    onProgress: (event) => {
      if (event.type === 'message') messages.push(event.message);
    },
    ...(signal && { signal }),
  });
  return { emulator, report, messages };
}

const inputsIn = ({ s3 }: SagemakerEmulator) =>
  s3.locations.filter((location) => location.startsWith(inputPrefix));

it(
  'counts each request of asynchronous inference once, and leaves no input behind',
  { timeout: 360_000 },
  async () => {
    const running = await prepare({ modelErrorRate: 0.2, async: { loseEvery: 15 } });
    const { total, errors, verdict } = await running.report;
    const { emulator, messages } = running;
    // The request of the preflight is in no figures.
    const due = emulator.enqueued() - 1;
    expect(total.sent).toBe(due);
    expect(total.succeeded + total.failed).toBe(due);
    const found = (folder: string) =>
      emulator.s3.locations.filter((location) => location.includes(folder)).length;
    // Results stay, each where its request was told: all but that of the preflight.
    expect(total.succeeded).toBe(found('/results/') - 1);
    const kinds = Object.fromEntries(errors.map(({ kind, occurrences }) => [kind, occurrences]));
    expect(kinds).toEqual({
      'async-failed': found('/failures/'),
      unfinished: due - found('/results/') - found('/failures/') + 1,
    });
    expect((total.metrics['async_enqueue'] as TrendSummary).count).toBe(due);
    const { count, min } = total.metrics['async_end_to_end'] as TrendSummary;
    expect(count).toBe(total.succeeded);
    expect(min).toBeGreaterThanOrEqual(30);
    expect(inputsIn(emulator)).toEqual([]);
    expect(messages).toContain(`Put 50 inputs into ${inputPrefix}; they are removed after the run.`);
    expect(verdict).toBe('FAIL');
  },
);

it('leaves no input behind when it is stopped', { timeout: 360_000 }, async () => {
  const stop = new AbortController();
  const { emulator, report } = await prepare({}, stop.signal);
  await expect.poll(() => emulator.enqueued(), { timeout: 180_000 }).toBeGreaterThan(20);
  expect(inputsIn(emulator).length).toBe(51);
  stop.abort();
  await report;
  expect(inputsIn(emulator)).toEqual([]);
});
