import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  endedTest,
  request,
  row,
  seriesUpdate,
  stamp,
  statistics,
  test,
  worker,
} from '../../test/statistics-fixture.js';
import { exitCodeOf } from '../errors.js';
import { disk, writeWhole } from '../files.js';
import type { Fleet } from '../fleet/contract.js';
import type { RunReport } from '../results/summary.js';
import { defineTarget } from '../target/define-target.js';
import { createLoadTest } from './create-load-test.js';
import type { RunEvent } from './events.js';

// Waiting takes no time.
const clock = vi.hoisted(() => ({ milliseconds: 0 }));
vi.mock('node:timers/promises', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  setTimeout: async (milliseconds: number, value: unknown, options?: { signal?: AbortSignal }) => {
    // One that only sets a limit is broken off.
    if (milliseconds >= 5000)
      await new Promise((_, reject) => options?.signal?.addEventListener('abort', reject));
    await Promise.resolve();
    clock.milliseconds += milliseconds;
    return value;
  },
}));

/** Few files of Python: those of the runtime are alike. */
const python = vi.hoisted(() => ({ directory: '' }));
vi.mock('../python-files.js', () => ({
  get pythonDirectory() {
    return new URL(`file://${python.directory}/`);
  },
  get requirementsFile() {
    return new URL(`file://${python.directory}/requirements.txt`);
  },
  locustVersion: () => '2.47.0',
}));

const seconds = Array.from({ length: 11 }, (_, second) => second);

/** A master with one worker, and a load of which two requests came. */
vi.mock('../locust/master.js', () => ({
  masterOf: () => {
    let asked = 0;
    let runId: string | undefined;
    return {
      statistics: async () => {
        if (runId === undefined) return statistics({ workers: [worker('a', 'ready')] });
        asked += 1;
        const figures = {
          total: request('Aggregated', [5, 6], { method: '' }),
          requests: [request('predict', [5, 6])],
        };
        return statistics({
          ...figures,
          state: asked > 2 ? 'stopped' : 'running',
          time: 1000 + asked,
          test: asked > 2 ? endedTest({ runId }) : test({ runId }),
          workers: [worker('a')],
        });
      },
      swarm: async ({ run }: { run: string }) => void (runId = run),
      series: async () =>
        seriesUpdate({ rows: [row(0, [5, 6])], samples: seconds.map((second) => stamp(second)) }),
      requests: async (after: number) => ({
        rows: after === 0 ? [{ id: 1 }, { id: 2 }] : [],
        next: 2,
        leftOut: 0,
      }),
      download: async (_path: string, destination: string) => {
        await writeWhole(destination, 'name,count\n');
        return true;
      },
      stop: async () => {},
    };
  },
}));

let folder: string;
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => clock.milliseconds);
  folder = mkdtempSync(join(tmpdir(), 'loadwright-every-write-'));
  python.directory = join(folder, 'python');
  mkdirSync(join(python.directory, 'loadwright_runtime', 'http'), { recursive: true });
  for (const name of [
    'loadwright_runtime/a.py',
    'loadwright_runtime/http/b.py',
    'requirements.txt',
    'user.py',
  ])
    writeFileSync(join(python.directory, name), `# ${name}\n`);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const target = () =>
  defineTarget({
    specificationVersion: 1,
    kind: 'double',
    summary: 'a service that is never asked',
    options: z.strictObject({}),
    example: {},
    locustfile: pathToFileURL(join(python.directory, 'user.py')),
    host: () => 'http://127.0.0.1:9',
    targetConfig: () => ({}),
    payloads: () => ({ inline: [{ amount: 1 }, { amount: 2 }] }),
  })({});

/** A fleet that makes nothing. @param standing those that were made and not removed */
const fleetOf = (standing: Set<string>): Fleet => ({
  specificationVersion: 1,
  kind: 'double',
  plan: async () => ({
    resources: [],
    permissions: [],
    pricePerHour: { usDollars: 0, source: 'it costs nothing' },
  }),
  provision: async ({ fleetId }) => {
    standing.add(fleetId);
    return {
      fleetId,
      masterUrl: 'http://127.0.0.1:9',
      login: { username: 'a', password: 'a password of the master' },
      expectedWorkers: 1,
      secrets: [],
      status: async () => [],
      logs: async function* () {
        yield { node: 'master', line: 'ready' };
      },
      destroy: async () => {
        standing.delete(fleetId);
        return { removed: [], remaining: [] };
      },
    };
  },
  open: () => Promise.reject(new Error('nobody opens it')),
});

const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

/**
 * Lets one operation on the disk fail, counted from 0 over all kinds, or it and all after it: a write or an append after
 * a part of what it was to write.
 *
 * @returns how many there were
 */
function failAt(failing: number, forEver: boolean): () => number {
  let count = 0;
  const instead = <Values extends unknown[], Result>(
    real: (...values: Values) => Promise<Result>,
    before: (...values: Values) => Promise<unknown> = async () => {},
  ) =>
    (async (...values: Values): Promise<Result> => {
      const number = count++;
      if (forEver ? number < failing : number !== failing) return real(...values);
      await before(...values);
      throw full();
    }) as never;
  const { open, rename, mkdir, appendFile, write, close } = disk;
  const part = (content: string | Uint8Array) => content.slice(0, Math.ceil(content.length * 0.3));
  vi.spyOn(disk, 'open').mockImplementation(instead(open));
  vi.spyOn(disk, 'rename').mockImplementation(instead(rename));
  vi.spyOn(disk, 'mkdir').mockImplementation(instead(mkdir as (path: string) => Promise<unknown>));
  vi.spyOn(disk, 'write').mockImplementation(
    instead(write, (file: FileHandle, content) => write(file, part(content))),
  );
  vi.spyOn(disk, 'close').mockImplementation(instead(close, close));
  vi.spyOn(disk, 'appendFile').mockImplementation(
    instead(appendFile as (path: string, text: string) => Promise<void>, (path, text) =>
      appendFile(path, part(text)),
    ),
  );
  return () => count;
}

/** A whole run. */
async function attempt(failing: number, { forEver = false } = {}) {
  vi.restoreAllMocks();
  vi.spyOn(performance, 'now').mockImplementation(() => clock.milliseconds);
  const events: RunEvent[] = [];
  const standing = new Set<string>();
  const results = mkdtempSync(join(folder, 'run-'));
  const operations = failAt(failing, forEver);
  const outcome: RunReport | Error = await createLoadTest({
    target: target(),
    baseDirectory: results,
    workers: 1,
    load: { users: 1, duration: '10s', logRequests: '100%' },
    environment: {},
  })
    .run({
      fleet: fleetOf(standing),
      tolerate: ['percentile-samples'],
      onProgress: (event) => void events.push(event),
    })
    .catch((error: unknown) => error as Error);
  const messages = events.flatMap((event) =>
    event.type === 'message' && event.level === 'warning' ? [event.message] : [],
  );
  const wasProvisioned = events.some((event) => event.type === 'ready');
  const files = readdirSync(results, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const report = events.find((event) => event.type === 'report')?.report;
  return { outcome, report, messages, standing, wasProvisioned, operations: operations(), files, results };
}

/** Every file that is there is whole. */
function requireWhole(files: readonly string[]): void {
  for (const path of files) {
    expect(path).not.toMatch(/\.part$/);
    // A run without failures has none to list.
    if (!path.endsWith('failures.jsonl')) expect(statSync(path).size, path).toBeGreaterThan(0);
    const text = path.endsWith('.gz')
      ? gunzipSync(readFileSync(path)).toString()
      : readFileSync(path, 'utf8');
    if (/\.json$/.test(path)) JSON.parse(text);
    if (/\.jsonl(\.gz)?$/.test(path)) for (const line of text.split('\n').filter(Boolean)) JSON.parse(line);
    if (path.endsWith('.html') && !path.endsWith('locust.html')) expect(text.trimEnd()).toMatch(/<\/html>$/);
    if (path.endsWith('.xml')) expect(text.trimEnd()).toMatch(/<\/testsuites>$/);
    if (path.endsWith('.py')) expect(text).toMatch(/^# .*\n$/);
  }
}

it('no space left at any one operation costs a file, never a verdict', async () => {
  const whole = await attempt(-1);
  if (whole.outcome instanceof Error) throw whole.outcome;
  const { verdict, total } = whole.outcome;

  expect([verdict, total.count, whole.messages]).toEqual(['PASS', 2, []]);
  requireWhole(whole.files);
  const seen = { before: 0, after: 0 };
  for (let failing = 0; failing < whole.operations; failing += 1) {
    const one = await attempt(failing);
    requireWhole(one.files);
    const title = `operation ${failing}`;
    expect(one.standing.size, title).toBe(0);
    if (one.wasProvisioned) {
      seen.after += 1;
      expect([(one.outcome as RunReport).verdict, one.report?.total], title).toEqual([verdict, total]);
      expect(one.messages, title).toEqual([
        expect.stringMatching(/^\/\S+\/run-\S+ cannot be written: no space is left on the disk/),
      ]);
      expect(one.files.length, title).toBeGreaterThanOrEqual(whole.files.length - 1);
    } else {
      seen.before += 1;
      expect(one.outcome, title).toMatchObject({
        message: expect.stringMatching(/^\/\S+\/run-\S+ cannot be written: no space is left on the disk$/),
        hint: expect.stringContaining('Make room'),
      });
      expect([exitCodeOf(one.outcome), one.messages], title).toEqual([104, []]);
    }
  }
  expect(seen.before).toBeGreaterThan(40);
  expect(seen.after).toBeGreaterThan(40);
});

it('no space left from some moment on is one message for all files', async () => {
  const whole = await attempt(-1);
  const duringLoad = whole.operations - 4 * 9;
  for (let failing = duringLoad; failing < whole.operations; failing += 7) {
    const one = await attempt(failing, { forEver: true });
    requireWhole(one.files);
    expect((one.outcome as RunReport).verdict).toBe('PASS');
    expect(one.messages).toEqual([
      expect.stringMatching(/junit\.xml cannot be written: no space is left on the disk\. Make room/),
    ]);
  }
});
