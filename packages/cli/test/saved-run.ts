import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunReport } from '@loadwright/core';
import { bucketing, bucketOf, writeSeries } from '@loadwright/core/report';
import { makeReport } from './report-fixture.js';

/**
 * Saves a run of 20 s in the results of a folder.
 *
 * @param middle The times are near it, in milliseconds.
 * @param failed Of the 50 requests of each second, with the status code 503.
 */
export async function saveRun(
  cwd: string,
  name: string,
  number: number,
  middle: number,
  change: Partial<RunReport> = {},
  failed = 0,
) {
  const runId = `202608010${number}0000-aaaaaaaa0${number}`;
  const startedAt = `2026-08-01T0${number}:00:00.000Z`;
  const directory = join(cwd, 'results', name, runId);
  await mkdir(directory, { recursive: true });
  const requests = change.requests ?? [{ ...makeReport().requests[0]!, name: 'cache' }];
  const report = makeReport({ name, runId, startedAt, loadSeconds: 20, ...change, requests });
  await writeFile(join(directory, 'summary.json'), JSON.stringify(report));
  const rows = Array.from({ length: 20 }, (_, second) => {
    const times = Array.from({ length: 50 }, (_, index) => middle * (1 + (index + (second % 5)) / 100));
    const buckets = new Map<number, number>();
    for (const time of times) buckets.set(bucketOf(time, 'ms'), (buckets.get(bucketOf(time, 'ms')) ?? 0) + 1);
    const trend = {
      ...{ count: 50, sum: times.reduce((sum, time) => sum + time, 0) },
      ...{ minimum: times[0]!, maximum: times.at(-1)! },
      buckets: [...buckets].sort(([one], [other]) => one - other).flat(),
    };
    return {
      ...{
        second,
        method: requests[0]!.method,
        name: requests[0]!.name,
        due: 50,
        sent: 50,
        succeeded: 50 - failed,
        failed,
      },
      codes: { 200: 50 - failed, ...(failed > 0 && { 503: failed }) },
      failures: { ...(failed > 0 && { status: failed }) },
      ...{ dropped: 0, bytes: 0, trends: { http_req_service: trend } },
    };
  });
  const metrics = { http_req_service: { kind: 'trend', unit: 'ms', description: 'service time' } } as const;
  await writeSeries(
    join(directory, 'series.jsonl.gz'),
    { version: 1, bucketing, metrics, startedAt, runId },
    rows,
  );
  return { runId, directory };
}
