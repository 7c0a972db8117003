import { percentileOf } from '../locust/trend.js';
import { endedRequests } from '../locust/outcomes.js';
import type { MetricDefinition, RequestStatistics } from '../locust/statistics.js';
import type { RequestSeries } from '../results/summary.js';
import { RowSum } from '../series/merge.js';
import type { SeriesRow } from '../series/rows.js';

/** More lines than this look the same in a chart. */
const mostNames = 6;
/** As many as a chart has room for. */
const mostPoints = 300;

/** What {@link requestSeriesOf} is made from. */
export interface NamedRows {
  readonly rows: Iterable<SeriesRow>;
  readonly requests: readonly RequestStatistics[];
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  /** Measured length of the load. */
  readonly loadSeconds: number;
}

/**
 * The load by request name: of the names with most requests, in intervals of whole seconds that are no more than a chart
 * has room for. The histograms of an interval are added up, so its percentiles are as exact as all others. Nothing for a
 * load of one name, which is that of all requests.
 */
export function requestSeriesOf({ rows, requests, metrics, loadSeconds }: NamedRows): RequestSeries[] {
  const length = Math.floor(loadSeconds);
  if (requests.length < 2 || length < 1) return [];
  const interval = Math.ceil(length / mostPoints);
  const chosen = [...requests]
    .sort((one, other) => endedRequests(other) - endedRequests(one))
    .slice(0, mostNames);
  const sums = new Map(
    chosen.map(({ method, name }) => [keyOf({ method, name }), new Map<number, RowSum>()]),
  );
  for (const row of rows) {
    if (row.second >= length) break;
    const own = sums.get(keyOf(row));
    if (!own) continue;
    const at = Math.floor(row.second / interval);
    const sum = own.get(at) ?? new RowSum();
    own.set(at, sum);
    sum.add(row);
  }
  return chosen.map(({ method, name }) => {
    const own = sums.get(keyOf({ method, name }))!;
    const points = Array.from({ length: Math.ceil(length / interval) }, (_, at) => {
      const end = Math.min(length, (at + 1) * interval);
      const seconds = end - at * interval;
      const statistics = own.get(at)?.statistics({ method, name }, metrics);
      const trend = statistics?.trends['http_req_response'] ?? statistics?.trends['http_req_service'];
      return {
        elapsedSeconds: end,
        requestsPerSecond: statistics ? endedRequests(statistics) / seconds : 0,
        failuresPerSecond: (statistics?.failed ?? 0) / seconds,
        ...(statistics?.codes && {
          codesPerSecond: Object.fromEntries(
            Object.entries(statistics.codes).map(([code, count]) => [code, count / seconds]),
          ),
        }),
        p50: percentileOf(trend, 0.5),
        p95: percentileOf(trend, 0.95),
        p99: percentileOf(trend, 0.99),
      };
    });
    return { method, name, points };
  });
}

const keyOf = ({ method, name }: { method: string; name: string }) => JSON.stringify([method, name]);
