import type { MasterStatistics, RequestStatistics } from '../locust/statistics.js';
import type { ThresholdResult } from '../report/summary.js';
import { metrics } from './metrics.js';
import type { Threshold } from './parse.js';

const compare: Record<Threshold['operator'], (measured: number, limit: number) => boolean> = {
  '<': (measured, limit) => measured < limit,
  '<=': (measured, limit) => measured <= limit,
  '>': (measured, limit) => measured > limit,
  '>=': (measured, limit) => measured >= limit,
  '==': (measured, limit) => measured === limit,
  '!=': (measured, limit) => measured !== limit,
};

/**
 * Holds thresholds against what was measured. What could not be measured did not pass.
 *
 * @param loadSeconds Length of the load, for rates.
 */
export function evaluateThresholds(
  thresholds: readonly Threshold[],
  statistics: Pick<MasterStatistics, 'total' | 'requests'>,
  loadSeconds: number,
): ThresholdResult[] {
  return thresholds.map((threshold) => {
    const metric = metrics[threshold.metric]!;
    const observed = observedBy(threshold, statistics);
    const measured = observed ? metric.measure(observed, threshold.aggregation, loadSeconds) : null;
    return {
      metric: threshold.key,
      expression: threshold.expression,
      measured,
      passed: measured !== null && compare[threshold.operator](measured, threshold.limit),
      unit: metric.unit(threshold.aggregation),
    };
  });
}

function observedBy(
  threshold: Threshold,
  statistics: Pick<MasterStatistics, 'total' | 'requests'>,
): RequestStatistics | undefined {
  if (threshold.requestName === undefined) return statistics.total;
  const matching = statistics.requests.filter((request) => request.name === threshold.requestName);
  return matching.length > 1 ? matching.reduce(merge) : matching[0];
}

/** The same name with two methods (GET and POST) counts as one. */
function merge(left: RequestStatistics, right: RequestStatistics): RequestStatistics {
  const histogram = new Map(left.histogram);
  for (const [milliseconds, count] of right.histogram) {
    histogram.set(milliseconds, (histogram.get(milliseconds) ?? 0) + count);
  }
  const minima = [left.minimumMilliseconds, right.minimumMilliseconds].filter((value) => value !== null);
  return {
    ...left,
    count: left.count + right.count,
    failures: left.failures + right.failures,
    totalMilliseconds: left.totalMilliseconds + right.totalMilliseconds,
    minimumMilliseconds: minima.length > 0 ? Math.min(...minima) : null,
    maximumMilliseconds: Math.max(left.maximumMilliseconds, right.maximumMilliseconds),
    totalBytes: left.totalBytes + right.totalBytes,
    histogram: [...histogram].sort(([first], [second]) => first - second),
  };
}
