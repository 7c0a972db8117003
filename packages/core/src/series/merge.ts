import type {
  MetricDefinition,
  RateStatistics,
  RequestStatistics,
  TrendStatistics,
} from '../locust/statistics.js';
import { bucketMiddle } from './bucketing.js';
import type { SeriesRow, SeriesTrend } from './rows.js';

type Metrics = Readonly<Record<string, Pick<MetricDefinition, 'unit'>>>;

interface TrendSum {
  count: number;
  sum: number;
  minimum: number | null;
  maximum: number;
  readonly buckets: Map<number, number>;
}

/** Adds rows up; exact, because histograms of the same buckets are. */
export class RowSum {
  /** Absent: no row has them. */
  readonly #later: { bytesSent?: number; bytesReceived?: number; codes?: Record<string, number> } = {};
  readonly #counts = { due: 0, sent: 0, succeeded: 0, failed: 0, dropped: 0, bytes: 0 };
  readonly #trends = new Map<string, TrendSum>();
  readonly #counters: Record<string, number> = {};
  readonly #rates: Record<string, RateStatistics> = {};
  /** By kind. */
  readonly failures: Record<string, number> = {};

  add(row: SeriesRow): void {
    for (const key of ['due', 'sent', 'succeeded', 'failed', 'dropped', 'bytes'] as const)
      this.#counts[key] += row[key];
    for (const key of ['bytesSent', 'bytesReceived'] as const)
      if (row[key] !== undefined) this.#later[key] = (this.#later[key] ?? 0) + row[key];
    if (row.codes) {
      const codes = (this.#later.codes ??= {});
      for (const [code, count] of Object.entries(row.codes)) codes[code] = (codes[code] ?? 0) + count;
    }
    for (const [kind, count] of Object.entries(row.failures))
      this.failures[kind] = (this.failures[kind] ?? 0) + count;
    for (const [name, trend] of Object.entries(row.trends)) this.#addTrend(name, trend);
    for (const [name, count] of Object.entries(row.counters ?? {}))
      this.#counters[name] = (this.#counters[name] ?? 0) + count;
    for (const [name, { hits, total }] of Object.entries(row.rates ?? {})) {
      const { hits: before = 0, total: totalBefore = 0 } = this.#rates[name] ?? {};
      this.#rates[name] = { hits: before + hits, total: totalBefore + total };
    }
  }

  #addTrend(name: string, trend: SeriesTrend): void {
    let own = this.#trends.get(name);
    if (!own) {
      own = { count: 0, sum: 0, minimum: null, maximum: 0, buckets: new Map() };
      this.#trends.set(name, own);
    }
    own.maximum = own.count === 0 ? trend.maximum : Math.max(own.maximum, trend.maximum);
    if (trend.minimum !== null) own.minimum = Math.min(own.minimum ?? trend.minimum, trend.minimum);
    own.count += trend.count;
    own.sum += trend.sum;
    for (let index = 0; index < trend.buckets.length; index += 2) {
      const bucket = trend.buckets[index]!;
      own.buckets.set(bucket, (own.buckets.get(bucket) ?? 0) + trend.buckets[index + 1]!);
    }
  }

  /** @param metrics Give the units of the histograms. */
  statistics({ method, name }: { method: string; name: string }, metrics: Metrics): RequestStatistics {
    return {
      method,
      name,
      ...this.#counts,
      ...this.#later,
      ...(this.#later.codes && { codes: { ...this.#later.codes } }),
      trends: Object.fromEntries(
        [...this.#trends].map(([metric, trend]) => [
          metric,
          statisticsOf(trend, metrics[metric]?.unit ?? 'ms'),
        ]),
      ),
      counters: { ...this.#counters },
      rates: { ...this.#rates },
    };
  }
}

function statisticsOf({ buckets, ...trend }: TrendSum, unit: string): TrendStatistics {
  const sorted = [...buckets].sort(([first], [second]) => first - second);
  return { ...trend, histogram: sorted.map(([bucket, count]) => [bucketMiddle(bucket, unit), count]) };
}

/** Rows added up: all together, and by name. Rows without a name are in the total only. */
export function sumOfRows(
  rows: Iterable<SeriesRow>,
  metrics: Metrics,
): { total: RequestStatistics; requests: RequestStatistics[]; failures: Readonly<Record<string, number>> } {
  const total = new RowSum();
  const byName = new Map<string, { method: string; name: string; sum: RowSum }>();
  for (const row of rows) {
    total.add(row);
    const { method, name } = row;
    if (method === '' && name === '') continue;
    const key = JSON.stringify([method, name]);
    const own = byName.get(key) ?? { method, name, sum: new RowSum() };
    byName.set(key, own);
    own.sum.add(row);
  }
  return {
    total: total.statistics({ method: '', name: 'Aggregated' }, metrics),
    requests: [...byName.values()].map(({ sum, ...key }) => sum.statistics(key, metrics)),
    failures: total.failures,
  };
}
