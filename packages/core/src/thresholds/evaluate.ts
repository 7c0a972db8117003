import { sum } from '../locust/histogram.js';
import type { RequestStatistics } from '../locust/statistics.js';
import type { ThresholdResult } from '../report/summary.js';
import { metrics, type MeasuredStatistics } from './metrics.js';
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
 * @param seconds Length of the judged load, for rates.
 */
export function evaluateThresholds(
  thresholds: readonly Threshold[],
  all: MeasuredStatistics,
  seconds: number,
): ThresholdResult[] {
  return thresholds.map((threshold) => {
    const metric = metrics[threshold.metric]!;
    const requests = requestsOf(threshold, all);
    const measured = requests ? metric.measure({ requests, all, seconds }, threshold.aggregation) : null;
    return {
      metric: threshold.key,
      expression: threshold.expression,
      measured,
      passed: measured !== null && compare[threshold.operator](measured, threshold.limit),
      unit: metric.unit(threshold.aggregation),
    };
  });
}

/** The requests that a threshold looks at; undefined when there was none of its name. */
export function requestsOf(
  threshold: Threshold,
  statistics: Pick<MeasuredStatistics, 'total' | 'requests'>,
): RequestStatistics | undefined {
  if (threshold.requestName === undefined) return statistics.total;
  const matching = statistics.requests.filter((request) => request.name === threshold.requestName);
  return matching.length > 1 ? matching.reduce(merge) : matching[0];
}

/** The same name with two methods (GET and POST) counts as one. */
function merge(left: RequestStatistics, right: RequestStatistics): RequestStatistics {
  const minima = [left.minimumMilliseconds, right.minimumMilliseconds].filter((value) => value !== null);
  return {
    ...left,
    count: left.count + right.count,
    failures: left.failures + right.failures,
    totalMilliseconds: left.totalMilliseconds + right.totalMilliseconds,
    minimumMilliseconds: minima.length > 0 ? Math.min(...minima) : null,
    maximumMilliseconds: Math.max(left.maximumMilliseconds, right.maximumMilliseconds),
    totalBytes: left.totalBytes + right.totalBytes,
    histogram: sum(left.histogram, right.histogram),
    ...(left.responseHistogram &&
      right.responseHistogram && { responseHistogram: sum(left.responseHistogram, right.responseHistogram) }),
  };
}
