import { percentile } from '../locust/histogram.js';
import type { RequestStatistics } from '../locust/statistics.js';

/** How a threshold folds the measurements into one number. `percentile` is 0 to 100, set for `p(N)` only. */
export interface Aggregation {
  readonly name: 'avg' | 'min' | 'max' | 'med' | 'p' | 'count' | 'rate';
  readonly percentile?: number;
}

interface Metric {
  /** What it measures, for the documentation. */
  readonly summary: string;
  readonly aggregations: readonly Aggregation['name'][];
  unit(aggregation: Aggregation): string;
  /** Null when there is nothing to measure. */
  measure(statistics: RequestStatistics, aggregation: Aggregation, loadSeconds: number): number | null;
}

/** The metrics of a threshold, with k6's names and meaning. */
export const metrics: Readonly<Record<string, Metric>> = {
  http_req_duration: {
    summary: 'response time of every request, failures included, in milliseconds',
    aggregations: ['avg', 'min', 'max', 'med', 'p'],
    unit: () => 'ms',
    measure: (statistics, aggregation) => {
      if (statistics.count === 0) return null;
      switch (aggregation.name) {
        case 'avg':
          return statistics.totalMilliseconds / statistics.count;
        case 'min':
          return statistics.minimumMilliseconds;
        case 'max':
          return statistics.maximumMilliseconds;
        case 'med':
          return percentile(statistics.histogram, 0.5);
        default:
          return percentile(statistics.histogram, (aggregation.percentile ?? 0) / 100);
      }
    },
  },
  http_req_failed: {
    summary: 'failed requests ÷ all requests, 0 to 1',
    aggregations: ['rate'],
    unit: () => '',
    measure: (statistics) => (statistics.count === 0 ? null : statistics.failures / statistics.count),
  },
  http_reqs: {
    summary: 'requests that ended: how many, and how many a second of the load',
    aggregations: ['count', 'rate'],
    unit: (aggregation) => (aggregation.name === 'rate' ? 'requests/s' : 'requests'),
    measure: (statistics, aggregation, loadSeconds) => {
      if (aggregation.name === 'count') return statistics.count;
      return loadSeconds > 0 ? statistics.count / loadSeconds : null;
    },
  },
};
