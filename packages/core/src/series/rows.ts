import { z } from 'zod';
import type { MetricDefinition, RateStatistics } from '../locust/statistics.js';
import { metricDefinitionSchema } from '../locust/statistics-schema.js';
import { bucketing } from './bucketing.js';

/** The values of a trend of one second, as a histogram that can be merged. */
export interface SeriesTrend {
  readonly count: number;
  /** In the metric's unit, as minimum and maximum. */
  readonly sum: number;
  readonly minimum: number | null;
  readonly maximum: number;
  /** Index and count of each bucket, one after the other: index, count, index, count. */
  readonly buckets: readonly number[];
}

/**
 * What became of the requests of one name that were due in one second. Method and name are empty for what has no name:
 * dropped requests, and the metrics of the run as a whole.
 */
export interface SeriesRow {
  /** Whole seconds since the worker's test began. */
  readonly second: number;
  readonly method: string;
  readonly name: string;
  readonly due: number;
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly dropped: number;
  readonly bytes: number;
  /** Of requests and of answers, heads included, without what TLS adds. Absent in series of earlier versions, as `codes`. */
  readonly bytesSent?: number | undefined;
  readonly bytesReceived?: number | undefined;
  /**
   * How the requests ended, each in one: by the status code of its answer or, where there was no whole answer, by the kind of its
   * failure; `other` for what is beyond 100 different ones.
   */
  readonly codes?: Readonly<Record<string, number>> | undefined;
  /** By kind of failure. */
  readonly failures: Readonly<Record<string, number>>;
  readonly trends: Readonly<Record<string, SeriesTrend>>;
  readonly counters?: Readonly<Record<string, number>> | undefined;
  readonly rates?: Readonly<Record<string, RateStatistics>> | undefined;
  /** Rows without a name only: requests of all names that ended in this second, whenever they were due. */
  readonly ended?: number | undefined;
  /** Those of them that failed. */
  readonly endedFailed?: number | undefined;
}

/** What the master saw in one second of the load, stamped by its own clock. */
export interface SeriesSample {
  /** Whole seconds since the load began: 1 at the end of the first. */
  readonly second: number;
  /** Unix time in seconds. */
  readonly time: number;
  readonly users: number;
  readonly inFlight: number;
  readonly oldestSeconds: number;
  readonly workers: readonly { readonly id: string; readonly state: string; readonly cpuPercent: number }[];
  /** In milliseconds. */
  readonly lagP99: number | null;
}

/** What `GET /loadwright/series?after=<revision>` answers: rows that changed since, and samples that came since. */
export interface SeriesUpdate {
  readonly revision: number;
  /** There is more than one answer holds: it comes after this revision. */
  readonly more: boolean;
  readonly bucketing: typeof bucketing;
  /** The number of the test that they belong to. */
  readonly test: number;
  readonly rows: readonly SeriesRow[];
  readonly samples: readonly SeriesSample[];
}

/** The first line of `series.jsonl.gz`. */
export interface SeriesHeader {
  readonly version: 1;
  readonly bucketing: typeof bucketing;
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  /** When the load began, by the master's clock; UTC, ISO 8601. */
  readonly startedAt: string;
  readonly runId: string;
}

const numbers = z.record(z.string(), z.number());

/** Checks a line of `series.jsonl.gz` after the first. */
export const seriesRowSchema = z.object({
  second: z.number(),
  method: z.string(),
  name: z.string(),
  due: z.number(),
  sent: z.number(),
  succeeded: z.number(),
  failed: z.number(),
  dropped: z.number(),
  bytes: z.number(),
  bytesSent: z.number().optional(),
  bytesReceived: z.number().optional(),
  codes: numbers.optional(),
  failures: numbers,
  trends: z.record(
    z.string(),
    z.object({
      count: z.number(),
      sum: z.number(),
      minimum: z.number().nullable(),
      maximum: z.number(),
      buckets: z.array(z.number()),
    }),
  ),
  counters: numbers.optional(),
  rates: z.record(z.string(), z.object({ hits: z.number(), total: z.number() })).optional(),
  ended: z.number().optional(),
  endedFailed: z.number().optional(),
}) satisfies z.ZodType<SeriesRow>;

/** Checks an answer of `GET /loadwright/series`. */
export const seriesUpdateSchema = z.object({
  revision: z.number(),
  more: z.boolean(),
  bucketing: z.literal(bucketing),
  test: z.number(),
  rows: z.array(seriesRowSchema),
  samples: z.array(
    z.object({
      second: z.number(),
      time: z.number(),
      users: z.number(),
      inFlight: z.number(),
      oldestSeconds: z.number(),
      workers: z.array(z.object({ id: z.string(), state: z.string(), cpuPercent: z.number() })),
      lagP99: z.number().nullable(),
    }),
  ),
}) satisfies z.ZodType<SeriesUpdate>;

/** Checks the first line of `series.jsonl.gz`. */
export const seriesHeaderSchema = z.object({
  version: z.literal(1),
  bucketing: z.literal(bucketing),
  metrics: z.record(z.string(), metricDefinitionSchema),
  startedAt: z.string(),
  runId: z.string(),
}) satisfies z.ZodType<SeriesHeader>;
