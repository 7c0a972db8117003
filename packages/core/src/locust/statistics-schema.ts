import { z } from 'zod';
import type { MasterStatistics } from './statistics.js';

const count = z.number();
const pairs = z.array(z.tuple([z.number(), z.number()]));

const trend = z.object({
  count,
  sum: z.number(),
  minimum: z.number().nullable(),
  maximum: z.number(),
  histogram: pairs,
});

const request = z.object({
  method: z.string(),
  name: z.string(),
  due: count,
  sent: count,
  succeeded: count,
  failed: count,
  dropped: count,
  bytes: count,
  bytesSent: count.optional(),
  bytesReceived: count.optional(),
  codes: z.record(z.string(), count).optional(),
  trends: z.record(z.string(), trend),
  counters: z.record(z.string(), count),
  rates: z.record(z.string(), z.object({ hits: count, total: count })),
});

const loadPlan = z.object({
  version: z.literal(1),
  users: z.number(),
  spawnRate: z.number(),
  durationSeconds: z.number(),
  stages: z.array(z.object({ durationSeconds: z.number(), users: z.number() })).optional(),
  startUsers: z.number().optional(),
  arrivals: z
    .object({
      kind: z.enum(['constant', 'poisson', 'trace']),
      speed: z.number().optional(),
      maxInFlight: z.number(),
      startRate: z.number(),
      stages: z.array(z.object({ durationSeconds: z.number(), ratePerSecond: z.number() })),
    })
    .optional(),
  waitTime: z.object({ minimumSeconds: z.number(), maximumSeconds: z.number() }),
  payloadOrder: z.enum(['sequential', 'random']),
  gracefulStopSeconds: z.number().optional(),
  logRequests: z.number().optional(),
});

/** What `metrics` holds of a metric; also in the header of `series.jsonl.gz`. */
export const metricDefinitionSchema = z.object({
  kind: z.enum(['trend', 'counter', 'rate']),
  unit: z.string(),
  description: z.string(),
});

export const failureSampleSchema = z.object({
  method: z.string(),
  name: z.string(),
  kind: z.string(),
  error: z.string(),
  time: z.number(),
  status: z.number().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
  requestRow: z.number().optional(),
  requestId: z.string().optional(),
  seconds: z.number(),
});

export const exceptionSchema = z.object({ message: z.string(), count, nodes: z.array(z.string()) });

export const testEventSchema = z.object({
  time: z.number(),
  action: z.string(),
  accepted: z.boolean(),
  detail: z.string(),
  workers: z.number().optional(),
});

/** Checks what the bundle's runtime serves; the runtime may be older or newer than this package. */
export const masterStatisticsSchema = z.object({
  version: z.literal(2),
  state: z.string(),
  time: z.number(),
  userCount: count,
  workers: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      userCount: count,
      cpuPercent: z.number(),
      memoryBytes: z.number(),
      clockOffset: z.object({ seconds: z.number(), uncertaintySeconds: z.number() }).optional(),
      inFlight: count,
      oldestSeconds: z.number(),
    }),
  ),
  metrics: z.record(z.string(), metricDefinitionSchema),
  total: request,
  requests: z.array(request),
  errors: z.array(
    z.object({
      method: z.string(),
      name: z.string(),
      kind: z.string(),
      error: z.string(),
      occurrences: count,
    }),
  ),
  exceptions: z.array(exceptionSchema),
  failureSamples: z.array(failureSampleSchema),
  inFlight: z.object({ count, oldestSeconds: z.number() }),
  lag: pairs,
  counters: z.record(z.string(), count),
  events: z.array(testEventSchema),
  test: z
    .object({
      number: z.number(),
      startedAt: z.number(),
      endsAt: z.number().optional(),
      endedAt: z.number().optional(),
      settledAt: z.number().optional(),
      endedBy: z.enum(['duration', 'stop', 'workers-lost', 'other']).optional(),
      runId: z.string().optional(),
      load: loadPlan,
    })
    .optional(),
  setUp: z.object({
    done: z.boolean(),
    workers: z.array(z.object({ id: z.string(), text: z.string(), fraction: z.number() })),
  }),
  versionWarning: z.string().optional(),
  refusedReports: count,
  missingReports: count,
  locustVersion: z.string(),
  pythonVersion: z.string(),
}) satisfies z.ZodType<MasterStatistics>;
