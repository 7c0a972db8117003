import type { RateStatistics } from '../locust/statistics.js';
import type { SeriesRow, SeriesTrend } from './rows.js';

/**
 * What has come to a row since it was read before. Counts and buckets are differences; minimum and maximum are those of the
 * whole row, within which the new values are.
 */
export function subtractRow(row: SeriesRow, before: SeriesRow | undefined): SeriesRow {
  if (!before) return row;
  return {
    ...row,
    due: row.due - before.due,
    sent: row.sent - before.sent,
    succeeded: row.succeeded - before.succeeded,
    failed: row.failed - before.failed,
    dropped: row.dropped - before.dropped,
    bytes: row.bytes - before.bytes,
    failures: subtractMembers(row.failures, before.failures, (one, other) => one - other),
    trends: subtractMembers(row.trends, before.trends, subtractTrend),
    counters: subtractMembers(row.counters ?? {}, before.counters ?? {}, (one, other) => one - other),
    rates: subtractMembers(row.rates ?? {}, before.rates ?? {}, subtractRate),
    ...(row.codes && { codes: subtractMembers(row.codes, before.codes ?? {}, (one, other) => one - other) }),
    ...subtractOptional(row, before),
  };
}

const optionalCounts = ['bytesSent', 'bytesReceived', 'ended', 'endedFailed'] as const;

const subtractOptional = (row: SeriesRow, before: SeriesRow): Partial<SeriesRow> =>
  Object.fromEntries(
    optionalCounts.flatMap((key) => (row[key] === undefined ? [] : [[key, row[key] - (before[key] ?? 0)]])),
  );

const subtractRate = (one: RateStatistics, other: RateStatistics): RateStatistics => ({
  hits: one.hits - other.hits,
  total: one.total - other.total,
});

function subtractTrend(trend: SeriesTrend, before: SeriesTrend): SeriesTrend {
  const known = new Map<number, number>();
  for (let at = 0; at < before.buckets.length; at += 2)
    known.set(before.buckets[at]!, before.buckets[at + 1]!);
  const buckets: number[] = [];
  for (let at = 0; at < trend.buckets.length; at += 2) {
    const bucket = trend.buckets[at]!;
    const count = trend.buckets[at + 1]! - (known.get(bucket) ?? 0);
    if (count !== 0) buckets.push(bucket, count);
  }
  return { ...trend, count: trend.count - before.count, sum: trend.sum - before.sum, buckets };
}

function subtractMembers<Value>(
  members: Readonly<Record<string, Value>>,
  before: Readonly<Record<string, Value>>,
  subtract: (one: Value, other: Value) => Value,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name,
      Object.hasOwn(before, name) ? subtract(value, before[name]!) : value,
    ]),
  );
}
