import type {
  MasterStatistics,
  RequestStatistics,
  TestStatistics,
  TrendStatistics,
} from '../src/locust/statistics.js';
import { bucketOf } from '../src/series/bucketing.js';
import type { SeriesRow, SeriesSample, SeriesTrend, SeriesUpdate } from '../src/series/rows.js';

/** The load of {@link test}. */
const load = {
  version: 1,
  users: 1,
  spawnRate: 1,
  durationSeconds: 10,
  waitTime: { minimumSeconds: 0, maximumSeconds: 0 },
  payloadOrder: 'sequential',
} as const;

/** A test that began at Unix second 1000. */
export const test = (change: Partial<TestStatistics> = {}): TestStatistics => ({
  number: 2,
  startedAt: 1000,
  load,
  ...change,
});

/** A test of ten seconds that has ended as it should. */
export const endedTest = (change: Partial<TestStatistics> = {}): TestStatistics =>
  test({ endsAt: 1010, endedAt: 1010, settledAt: 1010.5, endedBy: 'duration', ...change });

/** A distribution of times, or of values of another unit. */
export function trend(values: readonly number[]): TrendStatistics {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return {
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    minimum: values.length > 0 ? Math.min(...values) : null,
    maximum: Math.max(0, ...values),
    histogram: [...counts].sort(([first], [second]) => first - second),
  };
}

/** Requests of one name that succeeded, unless the change says otherwise. */
export function request(
  name: string,
  times: readonly number[],
  change: Partial<RequestStatistics> = {},
): RequestStatistics {
  const { length } = times;
  return {
    method: 'POST',
    name,
    due: length,
    sent: length,
    succeeded: length,
    failed: 0,
    dropped: 0,
    bytes: 0,
    trends: length > 0 ? { http_req_service: trend(times) } : {},
    counters: {},
    rates: {},
    ...change,
  };
}

/** Statistics of a master without a test. */
export function statistics(change: Partial<MasterStatistics> = {}): MasterStatistics {
  return {
    version: 2,
    state: 'ready',
    time: 1000,
    userCount: 0,
    workers: [],
    metrics: { http_req_service: { kind: 'trend', unit: 'ms', description: '' } },
    total: request('Aggregated', [], { method: '' }),
    requests: [],
    errors: [],
    exceptions: [],
    failureSamples: [],
    inFlight: { count: 0, oldestSeconds: 0 },
    lag: [],
    counters: {},
    events: [],
    refusedReports: 0,
    missingReports: 0,
    setUp: { done: true, workers: [] },
    locustVersion: '2.47.0',
    pythonVersion: '3.12.0',
    ...change,
  };
}

/** A worker that is there. */
export const worker = (id: string, state = 'running'): MasterStatistics['workers'][number] => ({
  id,
  state,
  userCount: 1,
  cpuPercent: 10,
  memoryBytes: 1,
  inFlight: 0,
  oldestSeconds: 0,
});

/** The values of a trend of one second. */
export function seriesTrend(values: readonly number[], unit = 'ms'): SeriesTrend {
  const counts = new Map<number, number>();
  for (const value of values) {
    const bucket = bucketOf(value, unit);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  const { count, sum, minimum, maximum } = trend(values);
  return { count, sum, minimum, maximum, buckets: [...counts].sort(([one], [other]) => one - other).flat() };
}

/** Requests that were due in one second, and succeeded unless the change says otherwise. */
export function row(
  second: number,
  times: readonly number[] = [],
  change: Partial<SeriesRow> = {},
): SeriesRow {
  const { length } = times;
  return {
    second,
    method: 'POST',
    name: 'predict',
    due: length,
    sent: length,
    succeeded: length,
    failed: 0,
    dropped: 0,
    bytes: 0,
    failures: {},
    trends: length > 0 ? { http_req_service: seriesTrend(times) } : {},
    ...change,
  };
}

/** What belongs to no request. */
export const rowOfRun = (second: number, change: Partial<SeriesRow> = {}): SeriesRow =>
  row(second, [], { method: '', name: '', ...change });

/** What the master stamped at the end of a second. */
export const stamp = (second: number, change: Partial<SeriesSample> = {}): SeriesSample => ({
  second,
  time: 1000 + second,
  users: 1,
  inFlight: 0,
  oldestSeconds: 0,
  workers: [],
  lagP99: null,
  ...change,
});

/** An answer of the master, of {@link test}. */
export const seriesUpdate = (change: Partial<SeriesUpdate> = {}): SeriesUpdate => ({
  revision: 1,
  more: false,
  bucketing: 'microunits-8bit',
  test: 2,
  rows: [],
  samples: [],
  ...change,
});
