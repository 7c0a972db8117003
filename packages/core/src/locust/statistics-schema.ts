import { z } from 'zod';
import type { MasterStatistics } from './statistics.js';

const pairs = z.array(z.tuple([z.number(), z.number()]));

const request = z.object({
  method: z.string(),
  name: z.string(),
  count: z.number(),
  failures: z.number(),
  totalMilliseconds: z.number(),
  minimumMilliseconds: z.number().nullable(),
  maximumMilliseconds: z.number(),
  totalBytes: z.number(),
  histogram: pairs,
  responseHistogram: pairs.optional(),
  requestsPerSecond: pairs,
  failuresPerSecond: pairs,
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
      kind: z.enum(['constant', 'poisson']),
      maxInFlight: z.number(),
      startRate: z.number(),
      stages: z.array(z.object({ durationSeconds: z.number(), ratePerSecond: z.number() })),
    })
    .optional(),
  waitTime: z.object({ minimumSeconds: z.number(), maximumSeconds: z.number() }),
  payloadOrder: z.enum(['sequential', 'random']),
});

/** Checks what the bundle's runtime serves; the runtime may be older or newer than this package. */
export const masterStatisticsSchema = z.object({
  version: z.literal(1),
  state: z.string(),
  time: z.number(),
  userCount: z.number(),
  workers: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      userCount: z.number(),
      cpuPercent: z.number(),
      memoryBytes: z.number(),
      clockOffset: z.object({ seconds: z.number(), uncertaintySeconds: z.number() }).optional(),
    }),
  ),
  total: request,
  requests: z.array(request),
  errors: z.array(
    z.object({ method: z.string(), name: z.string(), error: z.string(), occurrences: z.number() }),
  ),
  counters: z.record(z.string(), z.number()).optional(),
  phases: z.object({ connect: pairs.optional(), tls: pairs.optional(), wait: pairs.optional() }).optional(),
  lag: pairs.optional(),
  test: z
    .object({
      startedAt: z.number(),
      endsAt: z.number().optional(),
      endedAt: z.number().optional(),
      load: loadPlan,
    })
    .optional(),
  locustVersion: z.string(),
  pythonVersion: z.string(),
}) satisfies z.ZodType<MasterStatistics>;
