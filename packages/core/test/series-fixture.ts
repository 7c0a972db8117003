import { bucketing, bucketOf } from '../src/series/bucketing.js';
import type { Series } from '../src/series/resample.js';
import type { SeriesRow, SeriesTrend } from '../src/series/rows.js';
import { uniformNumbers } from '../src/values/random.js';

/** A trend of values in its unit, counted as the runtime does. */
export function trendOf(values: readonly number[], unit = 'ms'): SeriesTrend {
  const counts = new Map<number, number>();
  for (const value of values) {
    const bucket = bucketOf(value, unit);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return {
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    minimum: values.length > 0 ? Math.min(...values) : null,
    maximum: Math.max(0, ...values),
    buckets: [...counts].sort(([first], [second]) => first - second).flat(),
  };
}

const empty = { sent: 0, succeeded: 0, failed: 0, dropped: 0, bytes: 0, failures: {}, trends: {} };

/** A name that every format must quote. */
export const awkwardName = 'batch, "large" {id} 100%';

/**
 * The series of a run of some seconds with two request names, failures, dropped requests and custom metrics.
 *
 * @param scale How many times 20 to 50 requests a name and second.
 */
export function makeSeries(
  seconds = 20,
  scale = 1,
): Series & { readonly times: ReadonlyMap<string, readonly number[]> } {
  const random = uniformNumbers(11);
  const rows: SeriesRow[] = [];
  const times = new Map<string, number[]>();
  for (let second = 0; second < seconds; second++) {
    for (const [name, median] of [
      ['predict', 42],
      [awkwardName, 180],
    ] as const) {
      const sent = scale * (20 + Math.floor(30 * random()));
      const values = Array.from({ length: sent }, () => median * Math.exp(1.2 * (random() - 0.3)));
      times.set(name, [...(times.get(name) ?? []), ...values]);
      const failed = Math.floor(random() * 4);
      const timeouts = Math.floor(failed / 2);
      rows.push({
        ...{ second, method: 'POST', name, due: sent, sent, failed, dropped: 0 },
        succeeded: sent - failed,
        ...{ bytes: sent * 106, bytesSent: sent * 310, bytesReceived: sent * 190 },
        codes: {
          200: sent - failed,
          ...(timeouts > 0 && { timeout: timeouts }),
          ...(failed > 0 && { 503: failed - timeouts }),
        },
        failures: {
          ...(timeouts > 0 && { timeout: timeouts }),
          ...(failed > 0 && { status: failed - timeouts }),
        },
        trends: {
          http_req_service: trendOf(values),
          tokens: trendOf(
            values.map((value) => Math.round(value * 3)),
            'tokens',
          ),
        },
        counters: { cache_hits: sent - 1 },
        rates: { is_complete: { hits: sent - 2, total: sent } },
      });
    }
    if (second % 5 === 0) rows.push({ ...empty, second, method: '', name: '', due: 2, dropped: 2 });
  }
  return {
    header: {
      version: 1,
      bucketing: bucketing,
      startedAt: '2026-08-14T09:30:00.250Z',
      runId: '20260814T093000Z-k3f9x2',
      metrics: {
        http_req_service: {
          kind: 'trend',
          unit: 'ms',
          description: 'from the first byte sent to the last received',
        },
        tokens: { kind: 'trend', unit: 'tokens', description: 'tokens of an answer' },
        cache_hits: { kind: 'counter', unit: '', description: 'answers from the cache' },
        is_complete: { kind: 'rate', unit: '', description: 'answers that came to an end' },
      },
    },
    rows,
    times,
  };
}

/** The sum of a count over all rows. */
export const totalOf = ({ rows }: Pick<Series, 'rows'>, pick: (row: SeriesRow) => number): number =>
  rows.reduce((sum, row) => sum + pick(row), 0);
