import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  createLoadTest,
  LoadwrightError,
  type Fleet,
  type LoadTestOptions,
  type RunEvent,
  type RunOptions,
} from '@loadwright/core';
import { defineTarget, preflightFailure } from '@loadwright/core/target';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { busyMachine } from '../busy-machine.js';
import { localFleet } from '../../src/local/index.js';
import { locust } from '../local/provision-request.js';
import { itWhole } from '../matrix.js';

/** A target whose requests are made in Python alone, and carry a token. */
const asking = defineTarget({
  specificationVersion: 1,
  kind: 'asking',
  summary: 'a service that is asked before the load',
  options: z.strictObject({ url: z.string() }),
  example: { url: 'http://127.0.0.1:8000' },
  locustfile: new URL('./asking_locustfile.py', import.meta.url),
  host: ({ url }) => url,
  targetConfig: () => ({ timeoutSeconds: 5, expect: { status: [200], json: { pointer: '/ok' } } }),
  environment: () => [{ name: 'ASKING_TOKEN', secret: true, required: true, description: 'any text' }],
  resolveEnvironment: async () => ({ variables: { ASKING_TOKEN: token } }),
  preflight: async ({ url }, { request }) => {
    const asked = await request();
    if (asked.answer === null) throw preflightFailure(asked, 'the service');
    const { status, body } = asked.answer;
    if (asked.failure !== null) {
      throw new LoadwrightError('PREFLIGHT_FAILED', `${asked.failure.reason}: ${body.text}`, {
        hint: 'Look.',
        retryable: status >= 500,
      });
    }
    return {
      summary: `${url} answered ${status}`,
      latencyMilliseconds: asked.seconds * 1000,
      notes: ['a note'],
    };
  },
});

const token = 'canary-of-the-asking-target';
let server: Server;
let url: string;
let seen: { path: string; headers: IncomingHttpHeaders; body: string }[];
let answer: (response: ServerResponse) => void;
let baseDirectory: string;
let temporary: string;
let events: RunEvent[];

beforeEach(async () => {
  [seen, events] = [[], []];
  answer = (response) => response.end('{"ok":true}');
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({ path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  baseDirectory = mkdtempSync(join(tmpdir(), 'loadwright-preflight-test-'));
  temporary = mkdtempSync(join(baseDirectory, 'tmp-'));
  vi.stubEnv('TMPDIR', temporary);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(baseDirectory, { recursive: true, force: true });
});

const here = localFleet({ locust });
/** As a fleet elsewhere is to a machine without Python. */
const elsewhere: Fleet = { ...here, prepareProbe: async () => undefined };

const loadTest = (change: Partial<LoadTestOptions> = {}) =>
  createLoadTest({
    target: asking({ url }),
    load: { users: 1, duration: '1s', waitTime: '50ms' },
    workers: 1,
    baseDirectory,
    environment: {},
    ...change,
  });

const run = (options: Partial<RunOptions> = {}, change: Partial<LoadTestOptions> = {}) =>
  loadTest(change).run({
    fleet: here,
    tolerate: busyMachine,
    onProgress: (event) => events.push(event),
    ...options,
  });

const phases = () =>
  events.flatMap((event) => (event.type === 'phase' && event.state === 'started' ? [event.phase] : []));
const detail = () =>
  events.findLast(
    (event) => event.type === 'phase' && event.phase === 'preflight' && event.state === 'finished',
  );
const messages = () => events.flatMap((event) => (event.type === 'message' ? [event.message] : []));

describe('the request before a load', { timeout: 180_000 }, () => {
  it("is the load's own first request, made before anything is", async () => {
    const report = await run();
    expect(phases().slice(0, 3)).toEqual(['preflight', 'plan', 'provision']);
    expect(detail()).toMatchObject({ detail: `${url} answered 200` });
    expect(messages()).toContain('Body of the request: {"question":1} (14 bytes)');
    expect(messages()).toContain('a note');
    expect(report.preflight).toEqual({
      summary: `${url} answered 200`,
      seconds: expect.any(Number),
      attempts: 1,
    });
    expect(seen[0]).toEqual(seen[1]);
    expect(seen.length).toBeGreaterThan(5);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('is made by a worker where this machine cannot make it, and is in no figures', async () => {
    const report = await run({ fleet: elsewhere });
    expect(phases()).toEqual(
      ['preflight', 'plan', 'provision', 'connect', 'preflight', 'load', 'stop', 'collect'].concat(
        'judge',
        'destroy',
      ),
    );
    expect(report.preflight).toMatchObject({ summary: `${url} answered 200`, attempts: 1 });
    expect(seen.length).toBe(report.total.count + 1);
    expect(seen[0]).toEqual(seen[1]);
  });

  itWhole('begins no load and leaves nothing when a worker finds the service wrong', async () => {
    answer = (response) => response.writeHead(403).end(`no ${token}`);
    await expect(run({ fleet: elsewhere })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: 'HTTP 403: no [redacted]',
    });
    expect(phases().slice(-2)).toEqual(['preflight', 'destroy']);
    expect(seen).toHaveLength(1);
  });

  itWhole('can be left out, and the report says so', async () => {
    const report = await run({ skipPreflight: true });
    expect(report.preflight).toEqual({ skipped: true });
    expect(detail()).toMatchObject({ detail: 'skipped' });
    expect(seen.length).toBe(report.total.count);
    const written = readFileSync(join(report.resultsDirectory, 'summary.json'), 'utf8');
    expect(JSON.parse(written)).toMatchObject({ preflight: { skipped: true } });
  });

  itWhole('judges a compressed answer as the load does', async () => {
    answer = (response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"ok":true}'));
    const outcome = await loadTest()
      .preflight({ fleet: here })
      .then(
        () => undefined,
        (error: Error) => error.message,
      );
    const report = await run({ skipPreflight: true });
    const failed = report.total.failureRate;
    expect(outcome === undefined ? 0 : 1).toBe(failed);
  });
});

describe('a service that is starting', { timeout: 180_000 }, () => {
  it('is refused at once unless it is waited for, with the way to do that', async () => {
    answer = (response) => response.writeHead(503).end('starting');
    await expect(loadTest().preflight({ fleet: here })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: 'HTTP 503: starting',
      hint: 'Look. To wait for a service that is starting: --preflight-wait-up-to 10m.',
    });
    expect(seen).toHaveLength(1);
  });

  itWhole('is asked again until it answers, with progress, and how long that took is reported', async () => {
    answer = (response) =>
      seen.length < 3 ? response.writeHead(503).end('starting') : response.end('{"ok":1}');
    const test = loadTest({ preflight: { waitUpTo: '1m' } });
    expect(test.configuration).toMatchObject({ preflight: { waitUpTo: '1m' } });
    const report = await test.run({
      fleet: here,
      tolerate: busyMachine,
      onProgress: (event) => events.push(event),
    });
    expect(messages().filter((text) => text.startsWith('The service is not ready'))).toHaveLength(2);
    expect(report.preflight).toMatchObject({ attempts: 3 });
    const { coldStartSeconds } = report.preflight as { coldStartSeconds: number };
    // Two pauses lie between the first request and the third.
    expect(coldStartSeconds).toBeGreaterThan(2.4);
    expect(coldStartSeconds).toBeLessThan(30);
    expect(detail()).toMatchObject({
      detail: expect.stringMatching(/answered 200, ready after \d+s$/) as string,
    });
  });

  itWhole('is given up when the time is over', async () => {
    server.closeAllConnections();
    server.close();
    const gone = loadTest({ preflight: { waitUpTo: '2s' } }).preflight({ fleet: here });
    await expect(gone).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringMatching(/^The service was not ready within 2s\. .*nothing listens/) as string,
    });
  });

  itWhole('need not be waited for to the end', async () => {
    answer = () => {};
    const controller = new AbortController();
    const stopped = run({ signal: controller.signal });
    await expect.poll(() => seen.length, { timeout: 120_000 }).toBe(1);
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
