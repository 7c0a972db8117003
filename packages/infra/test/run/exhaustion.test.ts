import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTest } from '@loadwright/core';
import { expect, it, onTestFinished } from 'vitest';
import { localFleet } from '../../src/local/index.js';
import { locust } from '../local/provision-request.js';
import { echo, startEcho } from './echo-target.js';

const users = 120;
const descriptors = 80;

it('is INVALID when a worker runs out of descriptors, and says so', { timeout: 180_000 }, async () => {
  const endpoint = await startEcho();
  onTestFinished(() => endpoint.stop());
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-exhaustion-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // The hard limit: a worker raises the soft one.
  const scarce = join(folder, 'locust');
  const limit = `case "$*" in *--worker*) ulimit -n ${descriptors};; esac`;
  writeFileSync(scarce, `#!/bin/sh\n${limit}\nexec '${locust}' "$@"\n`, { mode: 0o755 });
  const report = await createLoadTest({
    target: echo({ url: endpoint.url }),
    workers: 1,
    load: { users, spawnRate: users, duration: '6s', waitTime: '50ms' },
    baseDirectory: folder,
    environment: {},
  }).run({ fleet: localFleet({ locust: scarce }) });
  expect(report.verdict).toBe('INVALID');
  const problem = report.problems?.find(({ rule }) => rule === 'resources-exhausted');
  expect(problem?.reason).toMatch(
    /^\d+ requests failed in the load generator with EMFILE: too many open files in a worker \(raise ulimit -n\)/,
  );
  expect(report.errors.map(({ error }) => error)).toEqual(['network error EMFILE']);
  expect(report.total.count).toBeGreaterThan(report.total.failed * 2);
  // Locust's watch over CPU and memory opens files of its own, and must not end for lack of them.
  expect(readFileSync(join(report.resultsDirectory, 'logs', 'worker-1.log'), 'utf8')).not.toMatch(
    /Traceback|Too many open files/,
  );
});
