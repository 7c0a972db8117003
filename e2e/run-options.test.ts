import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunReport } from '@loadwright/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busyMachineFlags, busyMachineReasons } from '../packages/infra/test/busy-machine.js';
import { itWhole } from '../packages/infra/test/matrix.js';
import { Liar, type Scenario } from '../packages/infra/test/truth/liar.js';
import { run, TestIo } from '../packages/cli/test/support.js';

const kind = fileURLToPath(new URL('../packages/infra/test/run/measuring-target.mjs', import.meta.url));
const timeout = 120_000;

let liar: Liar;
beforeAll(async () => {
  liar = await Liar.start();
});
afterAll(() => liar.stop());

/** The folder of a project whose target measures something of its own, and the server that it loads. */
async function project(scenario: Scenario, load: Record<string, unknown>, more: object = {}) {
  const port = await liar.open(scenario);
  const cwd = await mkdtemp(join(tmpdir(), 'loadwright-options-'));
  const config = {
    target: { kind, url: port.url },
    workers: 1,
    load: { duration: '3s', gracefulStop: '1s', ...load },
    thresholds: { time_in_queue: ['p(95)<300'], from_cache: ['rate>0.9'] },
    ...more,
  };
  await writeFile(join(cwd, 'loadwright.config.json'), JSON.stringify(config));
  return { port, cwd };
}

// What a busy machine does to the figures is no matter of these tests.
const fileOf = (report: RunReport, name: string) => readFile(join(report.resultsDirectory, name), 'utf8');

/** A cold start, figures of the target's own, and a log of requests. */
async function withFigures(): Promise<void> {
  const { port, cwd } = await project(
    { rules: [{ to: 2, do: 'answer', status: 503 }] },
    { users: 4, waitTime: '50ms' },
  );
  const options = ['--log-requests', '50%', '--preflight-wait-up-to', '1m', '--json', ...busyMachineFlags];
  const { exitCode, stdout, stderr } = await run(['run', ...options], new TestIo({ cwd }));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr });
  const report = JSON.parse(stdout) as RunReport;
  const html = await fileOf(report, 'report.html');

  const { attempts, coldStartSeconds } = report.preflight as { attempts: number; coldStartSeconds: number };
  expect(attempts).toBeGreaterThan(1);
  expect(coldStartSeconds).toBeGreaterThan(1.5);
  expect(stderr).toContain('The service is not ready');
  expect(html).toContain('Cold start');
  expect((await port.close()).received).toBe(report.total.count + attempts);

  const { count } = report.total;
  expect(report.metrics['time_in_queue']).toEqual({
    kind: 'trend',
    unit: 'ms',
    description: 'as the service says',
  });
  expect(report.total.metrics['time_in_queue']).toMatchObject({ count, avg: 250, max: 250 });
  expect(report.requests[0]?.metrics['from_cache']).toEqual({ rate: 1, hits: count, total: count });
  expect(report.thresholds).toContainEqual(
    expect.objectContaining({ metric: 'time_in_queue', passed: true, unit: 'ms', over: count }),
  );
  expect(JSON.parse(await fileOf(report, 'summary.json'))).toMatchObject({ metrics: report.metrics });
  expect(html).toContain('time_in_queue');
  const exported = await run(['export', '--format', 'openmetrics', '--every', 'run'], new TestIo({ cwd }));
  expect(exported).toMatchObject({ exitCode: 0 });
  expect(exported.stdout).toMatch(/time_in_queue.*_count\{[^}]*\} \d+/);

  const rows = (await fileOf(report, 'requests.jsonl')).trimEnd().split('\n');
  expect(rows.length / count).toBeGreaterThan(0.3);
  expect(rows.length / count).toBeLessThan(0.7);
  expect(JSON.parse(rows[0]!)).toMatchObject({ method: 'GET', name: 'measured', status: 200 });
}

/** A load that is changed in the web UI, without a preflight. */
async function interactively(): Promise<void> {
  const { port, cwd } = await project({}, { users: 4, waitTime: '50ms', duration: '6s' });
  // A terminal, because the login is shown there alone.
  const io = new TestIo({ cwd, terminal: true, columns: 200 });
  const shown = () => io.stdout.text + io.stderr.text;
  const running = run(['run', '--interactive', '--skip-preflight', ...busyMachineFlags], io);
  await expect.poll(async () => (await port.books()).received, { timeout: 180_000 }).toBeGreaterThan(5);
  const [, url, password] = /(http:\/\/127\.0\.0\.1:\d+) +user \w+ +password ([\w-]+)/.exec(shown())!;
  const edit = await fetch(`${url}/swarm`, {
    method: 'POST',
    headers: { authorization: `Bearer ${password}` },
    body: new URLSearchParams({ user_count: '8', spawn_rate: '100' }),
  });
  expect(edit.status).toBe(200);
  const { exitCode } = await running;
  expect({ exitCode, shown: shown() }).toEqual({ exitCode: 0, shown: shown() });
  const results = join(cwd, 'results', 'measuring');
  const [runId] = await readdir(results);
  const summary = await readFile(join(results, runId!, 'summary.json'), 'utf8');
  const report = JSON.parse(summary) as RunReport;

  expect(report).toMatchObject({ verdict: 'PASS', interactive: true, preflight: { skipped: true } });
  expect(report.events).toContainEqual(expect.objectContaining({ action: 'edit', accepted: true }));
  expect(report.warnings).toContainEqual(
    expect.objectContaining({
      rule: 'events',
      reason: expect.stringContaining('changed the load') as string,
    }),
  );
  expect(Math.max(...report.series.map(({ users }) => users))).toBe(8);
  expect((await port.close()).received).toBe(report.total.count);
  const html = await fileOf(report, 'report.html');
  expect(html).toContain('<dt>Preflight</dt><dd>skipped</dd>');
  expect(html).toContain('changed the load');
  expect(existsSync(join(report.resultsDirectory, 'requests.jsonl'))).toBe(false);
}

/** A service that breaks, and a file that says when that is enough. */
async function stoppedByThreshold(): Promise<void> {
  const { port, cwd } = await project(
    { rules: [{ from: 2, every: 2, do: 'answer', status: 500 }] },
    { users: 4, waitTime: '50ms', duration: '1m' },
    {
      thresholds: {
        http_req_failed: [{ threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '3s' }],
        http_req_duration: ['p(99)<1000'],
      },
      tolerate: busyMachineReasons,
    },
  );
  const { exitCode, stdout, stderr } = await run(['run', '--skip-preflight', '--json'], new TestIo({ cwd }));
  expect({ exitCode, stderr }).toEqual({ exitCode: 99, stderr });
  expect(stderr).toContain('Stopped early');
  const report = JSON.parse(stdout) as RunReport;
  expect(report).toMatchObject({ verdict: 'FAIL', aborted: false, accounting: { holds: true, inFlight: 0 } });
  expect(report.reasons[0]).toMatch(/^Stopped early: after .* http_req_failed: rate<0\.1 did not hold/);
  expect(report.loadSeconds).toBeLessThan(30);
  expect((await port.close()).received).toBe(report.total.count);
  expect(await fileOf(report, 'report.html')).toContain('Stopped early');
  expect(await fileOf(report, 'junit.xml')).toContain('stopped the load after');
}

const all = [
  {
    name: 'waits for a service that starts, measures what its target does, and logs requests',
    attempt: withFigures,
  },
  {
    name: 'lets the web UI change an interactive load, marks it, and says that there was no preflight',
    attempt: interactively,
  },
  { name: 'stops early for a threshold that says so, and ends with 99', attempt: stoppedByThreshold },
];

describe('options of a whole run', () => {
  for (const { name, attempt } of all)
    (attempt === stoppedByThreshold ? it : itWhole)(name, attempt, timeout);
});
