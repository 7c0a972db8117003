import { percentile } from '../locust/histogram.js';
import type { RateStatistics } from '../locust/statistics.js';
import { bucketMiddle } from './bucketing.js';
import type { SeriesHeader, SeriesRow, SeriesTrend } from './rows.js';

/** The series of a run: what `readSeries` reads. */
export interface Series {
  readonly header: SeriesHeader;
  readonly rows: readonly SeriesRow[];
}

/** Adds up two trends. Nothing is lost: the buckets of both are the same. */
export function mergeTrends(left: SeriesTrend, right: SeriesTrend): SeriesTrend {
  if (left.minimum === null || right.minimum === null) return left.minimum === null ? right : left;
  return {
    count: left.count + right.count,
    sum: left.sum + right.sum,
    minimum: Math.min(left.minimum, right.minimum),
    maximum: Math.max(left.maximum, right.maximum),
    buckets: mergeBuckets(left.buckets, right.buckets),
  };
}

function mergeBuckets(left: readonly number[], right: readonly number[]): number[] {
  const merged: number[] = [];
  let atLeft = 0;
  let atRight = 0;
  while (atLeft < left.length || atRight < right.length) {
    const leftIndex = left[atLeft] ?? Infinity;
    const rightIndex = right[atRight] ?? Infinity;
    let count = 0;
    if (leftIndex <= rightIndex) {
      count += left[atLeft + 1]!;
      atLeft += 2;
    }
    if (rightIndex <= leftIndex) {
      count += right[atRight + 1]!;
      atRight += 2;
    }
    merged.push(Math.min(leftIndex, rightIndex), count);
  }
  return merged;
}

/** Adds up what two rows count; second, method and name are those of the first. */
function mergeRows(left: SeriesRow, right: SeriesRow): SeriesRow {
  const add = (one: number, other: number) => one + other;
  const addRates = (one: RateStatistics, other: RateStatistics) => ({
    hits: one.hits + other.hits,
    total: one.total + other.total,
  });
  return {
    second: left.second,
    method: left.method,
    name: left.name,
    due: left.due + right.due,
    sent: left.sent + right.sent,
    succeeded: left.succeeded + right.succeeded,
    failed: left.failed + right.failed,
    dropped: left.dropped + right.dropped,
    bytes: left.bytes + right.bytes,
    failures: mergeMembers(left.failures, right.failures, add),
    trends: mergeMembers(left.trends, right.trends, mergeTrends),
    counters: mergeMembers(left.counters ?? {}, right.counters ?? {}, add),
    rates: mergeMembers(left.rates ?? {}, right.rates ?? {}, addRates),
    ...addOptional('bytesSent', left, right),
    ...addOptional('bytesReceived', left, right),
    ...((left.codes ?? right.codes) && { codes: mergeMembers(left.codes ?? {}, right.codes ?? {}, add) }),
    ...addOptional('ended', left, right),
    ...addOptional('endedFailed', left, right),
  };
}

type OptionalCount = 'bytesSent' | 'bytesReceived' | 'ended' | 'endedFailed';

function addOptional(key: OptionalCount, left: SeriesRow, right: SeriesRow) {
  if (left[key] === undefined && right[key] === undefined) return {};
  return { [key]: (left[key] ?? 0) + (right[key] ?? 0) };
}

function mergeMembers<Value>(
  left: Readonly<Record<string, Value>>,
  right: Readonly<Record<string, Value>>,
  merge: (left: Value, right: Value) => Value,
): Record<string, Value> {
  const merged = new Map(Object.entries(left));
  for (const [name, value] of Object.entries(right)) {
    const before = merged.get(name);
    merged.set(name, before === undefined ? value : merge(before, value));
  }
  return Object.fromEntries(merged);
}

/** Rows added up by request name. */
export class RowsByName {
  readonly #rows = new Map<string, SeriesRow>();

  add(row: SeriesRow): void {
    const key = JSON.stringify([row.method, row.name]);
    const before = this.#rows.get(key);
    this.#rows.set(key, before ? mergeRows(before, row) : row);
  }

  get rows(): SeriesRow[] {
    return [...this.#rows.values()];
  }
}

/** How rows are put together. */
export interface ResampleOptions {
  /** Whole seconds that make one row. `Infinity`: all of them. */
  readonly everySeconds: number;
  /** Whole seconds at the start that are left out, for instance the warm-up. Default: none. */
  readonly skipSeconds?: number;
}

/**
 * Puts neighbouring seconds together: one row for each interval and request name. The `second` of a row is where its
 * interval begins.
 */
export function resample({ rows }: Pick<Series, 'rows'>, options: ResampleOptions): SeriesRow[] {
  const { everySeconds, skipSeconds = 0 } = options;
  const merged = new Map<string, SeriesRow>();
  for (const row of rows) {
    if (row.second < skipSeconds) continue;
    const passed = row.second - skipSeconds;
    const second = skipSeconds + (everySeconds === Infinity ? 0 : passed - (passed % everySeconds));
    const key = JSON.stringify([second, row.method, row.name]);
    const before = merged.get(key);
    merged.set(key, before === undefined ? { ...row, second } : mergeRows(before, row));
  }
  return [...merged.values()].sort(
    (first, second) =>
      first.second - second.second ||
      compareText(first.name, second.name) ||
      compareText(first.method, second.method),
  );
}

const compareText = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

/**
 * The values of a trend and how often each occurred, in the metric's unit, sorted: within 0.4 % of the exact ones, and
 * never outside of what was measured.
 */
export function histogramOf(trend: SeriesTrend, unit: string): [value: number, count: number][] {
  const { minimum, maximum, buckets } = trend;
  const values: [number, number][] = [];
  for (let at = 0; at < buckets.length; at += 2) {
    const middle = bucketMiddle(buckets[at]!, unit);
    values.push([Math.min(maximum, Math.max(minimum ?? middle, middle)), buckets[at + 1]!]);
  }
  return values;
}

/**
 * Percentile of a trend by the nearest-rank method, in the metric's unit.
 *
 * @param fraction 0 to 1.
 * @returns Null for no values.
 */
export const trendPercentile = (trend: SeriesTrend, fraction: number, unit: string): number | null =>
  percentile(histogramOf(trend, unit), fraction);
