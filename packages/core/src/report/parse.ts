import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import type { JsonObject } from '../json.js';
import { validate } from '../validation.js';
import type { RunReport } from './summary.js';

const count = z.int().min(0);
const figure = z.number().min(0);
const instant = z.iso.datetime().describe('UTC, ISO 8601');
const milliseconds = figure.describe('milliseconds');

const latencies = {
  average: milliseconds,
  minimum: milliseconds,
  maximum: milliseconds,
  median: milliseconds,
  p90: milliseconds,
  p95: milliseconds,
  p99: milliseconds,
  p999: milliseconds.optional(),
};
const spread = z.looseObject({
  count,
  median: milliseconds,
  p95: milliseconds,
  p99: milliseconds,
  maximum: milliseconds,
});
const histogram = z.array(z.tuple([milliseconds, count]));

const requestSummary = z.looseObject({
  method: z.string(),
  name: z.string(),
  count,
  failures: count,
  failureRate: z.number().min(0).max(1).describe('failures ÷ requests'),
  requestsPerSecond: figure,
  ...latencies,
  service: z.looseObject(latencies).optional().describe('sent → answered; only with an arrival rate'),
  averageBytes: figure.describe("mean size of an answer's body, in bytes"),
});

const sample = z.looseObject({
  elapsedSeconds: figure.describe('seconds since the load began'),
  users: count,
  requestsPerSecond: figure,
  failuresPerSecond: figure,
  p50: milliseconds.nullable(),
  p95: milliseconds.nullable(),
  p99: milliseconds.nullable(),
  workers: z.array(z.looseObject({ id: z.string(), state: z.string(), cpuPercent: figure })),
  totalRequests: count,
  totalFailures: count,
  lagP99: milliseconds.nullable().optional().describe("p99 of the workers' event-loop lag"),
  open: z
    .looseObject({
      offeredPerSecond: figure,
      inFlight: count,
      late: count,
      dropped: count,
      service: z.looseObject({
        p50: milliseconds.nullable(),
        p95: milliseconds.nullable(),
        p99: milliseconds.nullable(),
      }),
    })
    .optional()
    .describe('only with an arrival rate'),
});

const threshold = z.looseObject({
  metric: z.string(),
  expression: z.string().describe('p(95)<200'),
  passed: z.boolean(),
  measured: z.number().nullable().describe('null when there was nothing to measure'),
  unit: z.string().describe('ms, requests/s, requests, or empty for a plain ratio'),
});

const error = z.looseObject({
  method: z.string(),
  name: z.string(),
  error: z.string(),
  occurrences: count,
  hint: z.string().optional().describe('what to do about it'),
});

/** Loose, because a later version may add members without raising the version. */
const runReportSchema = z.looseObject({
  schemaVersion: z.literal(1),
  name: z.string(),
  runId: z.string(),
  verdict: z.enum(['PASS', 'FAIL', 'INVALID']),
  reasons: z.array(z.string()).describe('why the verdict is what it is'),
  problems: z
    .array(z.looseObject({ rule: z.string(), reason: z.string() }))
    .optional()
    .describe('INVALID only: the reasons, with the rule behind each'),
  warnings: z
    .array(z.looseObject({ rule: z.string(), reason: z.string() }))
    .optional()
    .describe('rules that were broken and tolerated'),
  aborted: z.boolean(),
  target: z.looseObject({ kind: z.string(), host: z.string(), labels: z.record(z.string(), z.string()) }),
  fleet: z.looseObject({ kind: z.string(), workers: count }),
  preflight: z
    .union([
      z.looseObject({ skipped: z.literal(true) }),
      z.looseObject({
        skipped: z.never().optional(),
        summary: z.string(),
        seconds: figure,
        attempts: count,
        coldStartSeconds: figure.optional(),
      }),
    ])
    .optional()
    .describe('the one request before the load'),
  startedAt: instant,
  endedAt: instant,
  loadSeconds: figure.describe('measured length of the load'),
  warmUpSeconds: figure.optional().describe('left out of every figure but the series'),
  thresholds: z.array(threshold),
  total: requestSummary,
  requests: z.array(requestSummary).describe('by request name'),
  errors: z.array(error),
  counters: z.record(z.string(), count).optional().describe('what the target counts beside the requests'),
  arrivals: z
    .looseObject({ offered: count, late: count, dropped: count, mostInFlight: count })
    .optional()
    .describe('what became of the arrivals; only with an arrival rate'),
  generator: z
    .looseObject({
      lag: spread.optional().describe('how late the event loops of the workers turned'),
      phases: z
        .looseObject({ connect: spread.optional(), tls: spread.optional(), wait: spread.optional() })
        .optional(),
      retriedIdle: count,
    })
    .optional()
    .describe('how the load generator itself did'),
  series: z.array(sample),
  distribution: histogram.describe('times of all requests: pairs of milliseconds and count, sorted'),
  serviceDistribution: histogram.optional().describe('the same of service times; only with an arrival rate'),
  configuration: z.record(z.string(), z.json()).describe('resolved, secrets redacted'),
  bundleDigest: z.string(),
  versions: z.record(z.string(), z.string()),
  resultsDirectory: z.string(),
}) satisfies z.ZodType<RunReport>;

/**
 * Reads a past run's `summary.json`.
 *
 * @param json The parsed file.
 * @throws LoadwrightError `RESULTS_UNREADABLE`
 */
export function parseRunReport(json: unknown): RunReport {
  const version: unknown =
    typeof json === 'object' && json !== null && 'schemaVersion' in json ? json.schemaVersion : undefined;
  if (typeof version === 'number' && version > 1) {
    throw new LoadwrightError(
      'RESULTS_UNREADABLE',
      `schemaVersion: found ${version}, expected 1; these results come from a newer Loadwright.`,
      { hint: 'Upgrade with `npm install @loadwright/cli@latest`, then read them again.' },
    );
  }
  return validate(runReportSchema, json, {
    field: 'summary',
    code: 'RESULTS_UNREADABLE',
    hint: 'Give the summary.json of a run, as Loadwright wrote it.',
  });
}

/** JSON Schema (draft 2020-12) of `summary.json`. */
export function runReportJsonSchema(): JsonObject {
  return z.toJSONSchema(runReportSchema) as JsonObject;
}
