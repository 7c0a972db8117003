import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import type { JsonObject } from '../values/json.js';
import {
  exceptionSchema,
  failureSampleSchema,
  metricDefinitionSchema,
  testEventSchema,
} from '../locust/statistics-schema.js';
import { validate } from '../validation/validate.js';
import { shareUnit } from '../values/format.js';
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
  name: z.string().describe('of the request; several requests may share one'),
  due: count.describe('became due, or were begun by a user'),
  sent: count.describe('their first byte was handed to the kernel'),
  succeeded: count.describe('answered as expected'),
  failed: count.describe('everything else that ended'),
  dropped: count.describe('never sent for want of room; with an arrival rate, in total only'),
  count: count.describe('ended: succeeded + failed'),
  failureRate: z.number().min(0).max(1).describe('failed ÷ ended'),
  requestsPerSecond: figure.nullable().describe('null when less than a second was judged'),
  retried: count.describe('sent again because the server had closed an idle connection'),
  ...latencies,
  service: z.looseObject(latencies).optional().describe('sent → answered; only with an arrival rate'),
  averageBytes: figure.describe("mean size of an answer's body, in bytes"),
  codes: z
    .record(z.string(), count)
    .optional()
    .describe('by the status code of the answer or, without a whole answer, by the kind of the failure'),
  metrics: z.record(z.string(), metric).describe('what the target measured, by the name of the metric'),
});

const sample = z.looseObject({
  elapsedSeconds: figure.describe('seconds since the load began'),
  users: count.describe('virtual users at the end of the second'),
  requestsPerSecond: figure.describe('requests that ended in this second'),
  failuresPerSecond: figure.describe('those of them that failed'),
  inFlight: count.nullable().describe('due or begun, and not ended'),
  oldestSeconds: figure.nullable().describe('age of the oldest of them'),
  p50: milliseconds.nullable().describe('of the requests that were due in this second; null for none'),
  p95: milliseconds.nullable().describe('the same'),
  p99: milliseconds.nullable().describe('the same'),
  workers: z
    .array(z.looseObject({ id: z.string(), state: z.string(), cpuPercent: figure }))
    .describe('each with its state and CPU in percent of one core'),
  totalRequests: count.describe('ended since the load began'),
  totalFailures: count.describe('failed since the load began'),
  marks: z
    .array(z.string())
    .optional()
    .describe('what happened to the service in this second, as charts mark it (--observe)'),
  bytesPerSecond: figure
    .optional()
    .describe('size of the answers to the requests that were due in this second'),
  bytesSentPerSecond: figure.optional().describe('bytes of requests, headers included'),
  bytesReceivedPerSecond: figure.optional().describe('bytes of answers, headers included'),
  codes: z
    .record(z.string(), count)
    .optional()
    .describe('of the requests that were due in this second: as in requests[]'),
  firstByte: z
    .looseObject({
      p50: milliseconds.nullable(),
      p95: milliseconds.nullable(),
      p99: milliseconds.nullable(),
    })
    .optional()
    .describe('time to the first byte of an answer, of the requests that were due in this second'),
  failureKinds: z
    .record(z.string(), count)
    .optional()
    .describe('those of the requests that were due in this second that failed, by kind'),
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

const requestSeries = z.looseObject({
  method: z.string(),
  name: z.string(),
  points: z.array(
    z.looseObject({
      elapsedSeconds: figure,
      requestsPerSecond: figure,
      failuresPerSecond: figure,
      codesPerSecond: z.record(z.string(), figure).optional(),
      p50: milliseconds.nullable(),
      p95: milliseconds.nullable(),
      p99: milliseconds.nullable(),
    }),
  ),
});

const observed = z.looseObject({
  readings: z.looseObject({ good: count, failed: count }),
  figures: z.array(
    z.looseObject({
      name: z.string(),
      part: z.string().optional().describe('of the service: the name of a variant'),
      unit: z.string(),
      description: z.string(),
      full: z.number().optional().describe('the value at which the resource is used up'),
      points: z
        .array(z.tuple([z.number(), figure, z.number()]))
        .describe('beginning in seconds since the load began, length in seconds, value'),
    }),
  ),
  events: z.array(
    z.looseObject({
      elapsedSeconds: z.number(),
      text: z.string(),
      mark: z.string().optional().describe('what marks it in the charts and in the series'),
    }),
  ),
  notes: z.array(z.string()).describe('what could not be observed'),
  comparison: z
    .looseObject({
      counts: z.array(
        z.looseObject({
          name: z.string().describe('what was counted'),
          part: z.string().optional().describe('by which part of the service'),
          load: z.number().describe('what the load counted'),
          service: z.number().describe('what the service counted meanwhile'),
        }),
      ),
      differences: z.array(z.string()).describe('what differs and may'),
      contradictions: z.array(z.string()).describe('what the load counted and cannot be'),
    })
    .optional()
    .describe('counts of the service beside those of the load'),
  latency: z
    .looseObject({
      milliseconds: z.number().describe('mean of a request, as the load measured it: the parts add up to it'),
      parts: z.array(
        z.looseObject({
          name: z.string().describe('client, network, and the parts of the service'),
          milliseconds: z.number(),
          source: z
            .enum(['load', 'service', 'rest'])
            .describe('measured by the load, reported by the service, or what these leave over'),
          description: z.string(),
        }),
      ),
      requests: z.looseObject({ load: count, service: z.number() }).describe('how many the means are of'),
      notes: z.array(z.string()).describe('what keeps them from being the same requests'),
    })
    .optional()
    .describe('where the mean time of a request went'),
});

const threshold = z.looseObject({
  metric: z.string().describe('with its tag if it has one'),
  expression: z.string().describe('p(95)<200'),
  passed: z.boolean().describe('false also for what could not be measured'),
  measured: z.number().nullable().describe('null when there was nothing to measure'),
  unit: z
    .string()
    .describe('ms, requests/s, requests, the unit of a metric, share (0 to 1), or empty for a plain number'),
  isDefault: z.literal(true).optional().describe('nobody wrote it'),
  over: count.optional().describe('how many values were measured'),
  succeeded: count.optional().describe('how many of them are of requests that succeeded'),
  stoppedAfterSeconds: figure
    .optional()
    .describe('after so many seconds of load it did not hold, and stopped the load'),
});

const error = z.looseObject({
  method: z.string(),
  name: z.string().describe('of the request'),
  kind: z.string().describe('timeout, status, check, …; unknown in reports of version 1'),
  error: z.string().describe('the reason'),
  occurrences: count.describe('how many requests failed so'),
  hint: z.string().optional().describe('what to do about it'),
});

/** Loose, because a later version may add members without raising the version. */
const runReportSchema = z.looseObject({
  schemaVersion: z.literal(2).describe('raised when the meaning of a member changes'),
  name: z.string().describe('the test'),
  runId: z.string().describe('this run of it'),
  verdict: z.enum(['PASS', 'FAIL', 'INVALID']).describe('PASS, FAIL or INVALID'),
  reasons: z
    .array(z.string())
    .describe('why the verdict is what it is, one sentence each; of INVALID first why, then what broke'),
  problems: z
    .array(z.looseObject({ rule: z.string(), reason: z.string() }))
    .optional()
    .describe('INVALID only: why, with the rule behind each reason'),
  warnings: z
    .array(z.looseObject({ rule: z.string(), reason: z.string() }))
    .optional()
    .describe('rules that were broken and tolerated, and rules that only warn'),
  aborted: z.boolean().describe('the user stopped the run'),
  target: z
    .looseObject({ kind: z.string(), host: z.string(), labels: z.record(z.string(), z.string()) })
    .describe('what was tested'),
  fleet: z
    .looseObject({ kind: z.string(), id: z.string().optional(), workers: count })
    .describe('where the load came from'),
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
    .describe('what the one request before the load showed, with the cold start it waited for, or skipped'),
  interactive: z.literal(true).optional().describe('the load could be changed by hand'),
  startedAt: instant,
  endedAt: instant,
  loadSeconds: figure.describe('measured time in which requests became due'),
  warmUpSeconds: figure
    .optional()
    .describe('part of it at the start that is in no figure but series and accounting; absent: none'),
  thresholds: z.array(threshold).describe('every threshold, with what was measured'),
  total: requestSummary.describe('the judged requests together'),
  requests: z.array(requestSummary).describe('the same by request name'),
  metrics: z
    .record(z.string(), metricDefinitionSchema)
    .describe('kind, unit and description of each metric that the target has'),
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
    .describe('due = succeeded + failed + dropped, of the whole load; holds says whether the sums agree'),
  errors: z.array(error).describe('failures by kind, name and reason'),
  failureSamples: z.array(failureSampleSchema).describe('a few failures of each kind in full'),
  exceptions: z.array(exceptionSchema).describe('raised in the Python files, and no outcome of a request'),
  events: z.array(testEventSchema).describe('what was done to the test while it ran'),
  stalls: z
    .array(z.looseObject({ from: figure, to: figure, inFlight: count }))
    .describe('nothing was answered although requests were in flight; seconds since the load began'),
  counters: z.record(z.string(), count).optional().describe('what the target counts beside the requests'),
  families: z
    .array(z.string())
    .optional()
    .describe('families of counters by node or the like, of which members have counted'),
  skews: z
    .record(
      z.string(),
      z.looseObject({
        members: count,
        mean: figure,
        largest: z.looseObject({ name: z.string(), count }),
        skew: figure,
      }),
    )
    .optional()
    .describe(
      'of counters by node or the like: how many there are, their mean, the largest, and largest ÷ mean',
    ),
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
  observed: observed.optional().describe('what the service reported of itself during the load (--observe)'),
  series: z.array(sample).describe('one sample a second'),
  requestSeries: z
    .array(requestSeries)
    .optional()
    .describe('the load by request name: of the six most frequent, in at most 300 intervals'),
  distribution: histogram.describe('times of all requests: pairs of milliseconds and count, sorted'),
  serviceDistribution: histogram.optional().describe('the same of service times; only with an arrival rate'),
  configuration: z.record(z.string(), z.json()).describe('the configuration, resolved, secrets redacted'),
  bundleDigest: z.string().describe('SHA-256 over the bundle: the same input gives the same digest'),
  payloadsDigest: z.string().optional().describe('SHA-256 of the payloads; absent when there are none'),
  versions: z.record(z.string(), z.string()).describe('of Loadwright, Node, Locust and Python'),
  resultsDirectory: z.string().describe('where this folder was at the time of the run'),
  unwritten: z
    .array(z.string())
    .optional()
    .describe('files of the results that the disk did not take; absent: all were written'),
}) satisfies z.ZodType<RunReport>;

const summaryHint = 'Give the summary.json of a run, as Loadwright wrote it.';

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
  if (version === undefined) {
    throw new LoadwrightError(
      'RESULTS_UNREADABLE',
      'schemaVersion: missing, expected 1 or 2; this is no summary of a run.',
      { hint: summaryHint },
    );
  }
  const options = {
    field: 'summary',
    code: 'RESULTS_UNREADABLE',
    hint: summaryHint,
  } as const;
  const report = validate(runReportSchema, version === 1 ? upgradeReport(json, options) : json, options);
  return { ...report, thresholds: report.thresholds.map(nameShare) };
}

/** In earlier reports a share had no unit, as a plain number has none; of these a rate is `/s` at least. */
function nameShare<T extends z.output<typeof threshold>>(result: T): T {
  return result.unit === '' && result.expression.startsWith('rate') ? { ...result, unit: shareUnit } : result;
}

/** JSON Schema (draft 2020-12) of `summary.json`. */
export function runReportJsonSchema(): JsonObject {
  return z.toJSONSchema(runReportSchema) as JsonObject;
}
