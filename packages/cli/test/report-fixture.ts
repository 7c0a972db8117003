import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequestSummary, RunReport } from '@loadwright/core';

const figures: Omit<RequestSummary, 'method' | 'name'> = {
  due: 3184,
  sent: 3184,
  succeeded: 3172,
  failed: 12,
  dropped: 0,
  count: 3184,
  failureRate: 12 / 3184,
  requestsPerSecond: 159.2,
  retried: 0,
  average: 23.4,
  minimum: 20,
  maximum: 1240,
  median: 22,
  p90: 26,
  p95: 31,
  p99: 87,
  averageBytes: 106,
  metrics: {},
};

/** A report as a run of 20 seconds would give it. */
export function makeReport(changes: Partial<RunReport> = {}): RunReport {
  return {
    schemaVersion: 2,
    name: 'fraud',
    runId: '20260801T101112Z-a1b2c3',
    verdict: 'PASS',
    reasons: ['Both thresholds held.'],
    aborted: false,
    target: { kind: 'dht', host: 'http://127.0.0.1:4000', labels: { protocol: 'koorde' } },
    fleet: { kind: 'local', workers: 2 },
    startedAt: '2026-08-01T10:11:12.000Z',
    endedAt: '2026-08-01T10:11:40.000Z',
    loadSeconds: 20,
    thresholds: [
      { metric: 'http_req_duration', expression: 'p(95)<200', passed: true, measured: 31, unit: 'ms' },
      { metric: 'http_req_failed', expression: 'rate<0.01', passed: true, measured: 0.00377, unit: 'share' },
    ],
    total: { method: '', name: 'Aggregated', ...figures },
    requests: [{ method: 'GET', name: 'cache', ...figures }],
    metrics: {},
    accounting: { due: 3184, sent: 3184, succeeded: 3172, failed: 12, dropped: 0, inFlight: 0, holds: true },
    errors: [
      {
        method: 'GET',
        name: 'cache',
        kind: 'status',
        error: 'HTTP 503',
        occurrences: 12,
        hint: 'the service had no room for more requests',
      },
    ],
    failureSamples: [],
    exceptions: [],
    events: [],
    stalls: [],
    series: [],
    distribution: [
      [22, 3172],
      [1240, 12],
    ],
    configuration: { name: 'fraud' },
    bundleDigest: 'ab'.repeat(32),
    versions: { locust: '2.47.0' },
    resultsDirectory: '/results/fraud/20260801T101112Z-a1b2c3',
    ...changes,
  };
}

/** Writes a report where a run would have written it. */
export async function saveReport(results: string, report: RunReport): Promise<string> {
  const directory = join(results, report.name, report.runId);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'summary.json'), JSON.stringify(report));
  await writeFile(join(directory, 'report.html'), '<!doctype html>');
  return directory;
}
