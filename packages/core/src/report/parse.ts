import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import type { JsonObject } from '../json.js';
import {
  exceptionSchema,
  failureSampleSchema,
  metricDefinitionSchema,
  testEventSchema,
} from '../locust/statistics-schema.js';
import { validate } from '../validation.js';
import type { RunReport } from './summary.js';
import { upgradeReport } from './upgrade.js';

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
/** A custom metric may have any value; a counter's rate is unknown for less than a second. */
const metric = z.union([
  z.looseObject({
    count,
    avg: z.number(),
    min: z.number(),
    med: z.number(),
    p90: z.number(),
    p95: z.number(),
    p99: z.number(),
    max: z.number(),
  }),
  z.looseObject({ rate: z.number().min(0).max(1), hits: count, total: count }),
  z.looseObject({ count: figure, rate: figure.nullable() }),
]);
const histogram = z.array(z.tuple([milliseconds, count]));

const requestSummary = z.looseObject({
  method: z.string(),
  name: z.string(),
  due: count.describe('became due, or were begun by a user'),
  sent: count,
  succeeded: count,
  failed: count,
  dropped: count.describe('never sent for want of room'),
  count: count.describe('ended: succeeded + failed'),
  failureRate: z.number().min(0).max(1).describe('failed ÷ ended'),
  requestsPerSecond: figure.nullable().describe('null when less than a second was judged'),
  retried: count.describe('sent again because the server had closed an idle connection'),
  ...latencies,
  service: z.looseObject(latencies).optional().describe('sent → answered; only with an arrival rate'),
  averageBytes: figure.describe("mean size of an answer's body, in bytes"),
  metrics: z.record(z.string(), metric).describe('what the target measured, by the name of the metric'),
});

const sample = z.looseObject({
  elapsedSeconds: figure.describe('seconds since the load began'),
  users: count,
  requestsPerSecond: figure,
  failuresPerSecond: figure,
  inFlight: count.nullable().describe('due or begun, and not ended'),
  oldestSeconds: figure.nullable().describe('age of the oldest of them'),
  p50: milliseconds.nullable(),
  p95: milliseconds.nullable(),
  p99: milliseconds.nullable(),
  workers: z.array(z.looseObject({ id: z.string(), state: z.string(), cpuPercent: figure })),
  totalRequests: count,
  totalFailures: count,
  lagP99: milliseconds.nullable().optional().describe("p99 of the workers' event-loop lag"),
  metrics: z
    .record(
      z.string(),
      z.union([
        z.looseObject({
          p50: z.number().nullable(),
          p95: z.number().nullable(),
          p99: z.number().nullable(),
        }),
        z.looseObject({ rate: z.number().nullable() }),
        z.looseObject({ perSecond: figure }),
      ]),
    )
    .optional()
    .describe('what the target measured'),
  open: z
    .looseObject({
      offeredPerSecond: figure,
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
  unit: z.string().describe('ms, requests/s, requests, the unit of a metric, or empty for a plain ratio'),
  isDefault: z.literal(true).optional().describe('nobody wrote it'),
  over: count.optional().describe('how many values were measured'),
  succeeded: count.optional().describe('how many of them are of requests that succeeded'),
});

const error = z.looseObject({
  method: z.string(),
  name: z.string(),
  kind: z.string().describe('timeout, status, check, …; unknown in reports of version 1'),
  error: z.string(),
  occurrences: count,
  hint: z.string().optional().describe('what to do about it'),
});

/** Loose, because a later version may add members without raising the version. */
const runReportSchema = z.looseObject({
  schemaVersion: z.literal(2),
  name: z.string(),
  runId: z.string(),
  verdict: z.enum(['PASS', 'FAIL', 'INVALID']),
  reasons: z.array(z.string()).describe('why the verdict is what it is'),
  problems: z
    .array(z.looseObject({ rule: z.string(), reason: z.string() }))
    .optional()
    .describe('INVALID only: why, with the rule behind each reason'),
  warnings: z
    .array(z.looseObject({ rule: z.string(), reason: z.string() }))
    .optional()
    .describe('rules that were broken and tolerated, and rules that only warn'),
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
    .describe('what the one request before the load showed'),
  interactive: z.literal(true).optional().describe('the load could be changed by hand'),
  startedAt: instant,
  endedAt: instant,
  loadSeconds: figure.describe('measured time in which requests became due'),
  warmUpSeconds: figure.optional().describe('left out of every figure but the series'),
  thresholds: z.array(threshold),
  total: requestSummary,
  requests: z.array(requestSummary).describe('by request name'),
  metrics: z.record(z.string(), metricDefinitionSchema).describe('what the metrics of requests are'),
  accounting: z
    .looseObject({
      due: count,
      sent: count,
      succeeded: count,
      failed: count,
      dropped: count,
      inFlight: count,
      holds: z.boolean().describe('the sums agree'),
    })
    .optional()
    .describe('what became of every request of the whole load'),
  errors: z.array(error),
  failureSamples: z.array(failureSampleSchema).describe('a few failures of each kind in full'),
  exceptions: z.array(exceptionSchema).describe('raised in the Locust file'),
  events: z.array(testEventSchema).describe('what was done to the test while it ran'),
  stalls: z
    .array(z.looseObject({ from: figure, to: figure, inFlight: count }))
    .describe('nothing was answered although requests were in flight; seconds since the load began'),
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
 * Reads a past run's `summary.json`, also one of version 1.
 *
 * @param json The parsed file.
 * @throws LoadwrightError `RESULTS_UNREADABLE`
 */
export function parseRunReport(json: unknown): RunReport {
  const version: unknown =
    typeof json === 'object' && json !== null && 'schemaVersion' in json ? json.schemaVersion : undefined;
  if (typeof version === 'number' && version > 2) {
    throw new LoadwrightError(
      'RESULTS_UNREADABLE',
      `schemaVersion: found ${version}, expected at most 2; these results come from a newer Loadwright.`,
      { hint: 'Upgrade with `npm install @loadwright/cli@latest`, then read them again.' },
    );
  }
  const options = {
    field: 'summary',
    code: 'RESULTS_UNREADABLE',
    hint: 'Give the summary.json of a run, as Loadwright wrote it.',
  } as const;
  return validate(runReportSchema, version === 1 ? upgradeReport(json, options) : json, options);
}

/** JSON Schema (draft 2020-12) of `summary.json`. */
export function runReportJsonSchema(): JsonObject {
  return z.toJSONSchema(runReportSchema) as JsonObject;
}
