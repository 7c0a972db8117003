import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createLoadTest, type RunEvent } from '@loadwright/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { localFleet } from '../../src/local/index.js';
import { locust } from '../local/provision-request.js';
import { echo } from './echo-target.js';

let folder: string;
let server: ChildProcess;
let url: string;

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-stall-')));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', [...request, '-keyout', key, '-out', certificate, '-days', '2', ...subject], {
    stdio: 'ignore',
  });
  const script = fileURLToPath(new URL('./tls-server.mjs', import.meta.url));
  server = spawn(process.execPath, [script, key, certificate], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout!, 'data')) as [Buffer];
  url = `https://localhost:${port.toString().trim()}`;
  vi.stubEnv('SSL_CERT_FILE', certificate);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.kill('SIGKILL');
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

// At most 4 of 1,000 requests are on their way when the server stops, and truly take 2 s; 200 are due meanwhile and wait.
it('shows a stall of 2 s in the response times, not in the service times', { timeout: 180_000 }, async () => {
  let stall: Promise<void> | undefined;
  const stopForTwoSeconds = async () => {
    server.kill('SIGSTOP');
    await delay(2000);
    server.kill('SIGCONT');
  };
  const report = await createLoadTest({
    target: echo({ url }),
    workers: 2,
    load: { arrivalRate: '100/s', duration: '10s', maxInFlight: 4 },
    thresholds: { http_req_response: ['p(95)<1000'], http_req_service: ['p(95)<1000'] },
    baseDirectory: folder,
    environment: {},
  }).run({
    fleet: localFleet({ locust }),
    onProgress: (event: RunEvent) => {
      if (event.type === 'sample' && event.sample.elapsedSeconds > 2) stall ??= stopForTwoSeconds();
    },
  });
  await stall;
  expect(report.errors).toEqual([]);
  expect(report.total.p99).toBeGreaterThan(1700);
  expect(report.total.service!.p99).toBeLessThan(1000);
  expect(report.total.service!.maximum).toBeGreaterThan(1700);
  expect(report.thresholds.map(({ passed }) => passed)).toEqual([false, true, true]);
  expect(report.generator?.phases?.wait?.maximum).toBeGreaterThan(1700);
  // Those that were due in the stall were sent after it. A machine that is late at the end may drop the last, never as many.
  expect(report.arrivals!.dropped).toBeLessThan(200);
  expect(report.total.count + report.arrivals!.dropped).toBe(report.arrivals!.offered);
});
