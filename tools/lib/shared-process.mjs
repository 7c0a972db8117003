/**
 * Set-up of test files that share a process: one that leaves something of it changed fails, since it would decide over the
 * files after it, which are other ones with each order.
 */
import { createRequire } from 'node:module';
import { afterAll, expect, vi } from 'vitest';

// Listens to signals from when it is loaded, once for a process: not a change that the first test that locks something makes.
createRequire(new URL('../../packages/infra/package.json', import.meta.url))('proper-lockfile');

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const stateOfProcess = () => ({
  environment: { ...process.env },
  folder: process.cwd(),
  exitCode: process.exitCode,
  umask: process.umask(),
  fetch: globalThis.fetch,
  now: Date.now,
  listeners: signals.map((signal) => [signal, process.listenerCount(signal)]),
});

const before = stateOfProcess();

afterAll(() => {
  // What `vi` knows it has changed; what is done without it is the file's own to undo.
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  expect(stateOfProcess(), 'a test changed the process for the files after it').toStrictEqual(before);
});
