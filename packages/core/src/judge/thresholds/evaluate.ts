import { sum } from '../../locust/histogram.js';
import type { RateStatistics, RequestStatistics, TrendStatistics } from '../../locust/statistics.js';
import type { ThresholdResult } from '../../results/summary.js';
import type { MeasuredStatistics } from './metrics.js';
import { metricOf, type Threshold } from './parse.js';

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
    const metric = metricOf(threshold);
    const requests = requestsOf(threshold, all);
    const measured = requests ? metric.measure({ requests, seconds }, threshold.aggregation) : null;
    return {
      metric: threshold.key,
      expression: threshold.expression,
      measured: measured ? measured.value : null,
      passed: measured !== null && compare[threshold.operator](measured.value, threshold.limit),
      unit: metric.unit(threshold.aggregation),
      ...(threshold.isDefault && { isDefault: true as const }),
      ...(measured?.over !== undefined && { over: measured.over }),
      ...(measured?.succeeded !== undefined && { succeeded: measured.succeeded }),
    };
  });
}

/** The requests that a threshold looks at; undefined when there was none of its name. */
export function requestsOf(
  threshold: Pick<Threshold, 'requestName'>,
  statistics: MeasuredStatistics,
): RequestStatistics | undefined {
  if (threshold.requestName === undefined) return statistics.total;
  const matching = statistics.requests.filter((request) => request.name === threshold.requestName);
  return matching.length > 1 ? matching.reduce(merge) : matching[0];
}

/** The same name with two methods (GET and POST) counts as one. */
function merge(left: RequestStatistics, right: RequestStatistics): RequestStatistics {
  return {
    ...left,
    due: left.due + right.due,
    sent: left.sent + right.sent,
    succeeded: left.succeeded + right.succeeded,
    failed: left.failed + right.failed,
    dropped: left.dropped + right.dropped,
    bytes: left.bytes + right.bytes,
    ...(left.codes && { codes: mergeRecords(left.codes, right.codes ?? {}, (one, other) => one + other) }),
    trends: mergeRecords(left.trends, right.trends, mergeTrends),
    counters: mergeRecords(left.counters, right.counters, (one, other) => one + other),
    rates: mergeRecords(left.rates, right.rates, mergeRates),
  };
}

function mergeRecords<Value>(
  left: Readonly<Record<string, Value>>,
  right: Readonly<Record<string, Value>>,
  merge: (left: Value, right: Value) => Value,
): Record<string, Value> {
  const merged: Record<string, Value> = { ...left };
  for (const [name, value] of Object.entries(right)) {
    const other = left[name];
    merged[name] = other === undefined ? value : merge(other, value);
  }
  return merged;
}

function mergeTrends(left: TrendStatistics, right: TrendStatistics): TrendStatistics {
  if (left.count === 0) return right;
  if (right.count === 0) return left;
  const minima = [left.minimum, right.minimum].filter((value) => value !== null);
  return {
    count: left.count + right.count,
    sum: left.sum + right.sum,
    minimum: minima.length > 0 ? Math.min(...minima) : null,
    maximum: Math.max(left.maximum, right.maximum),
    histogram: sum(left.histogram, right.histogram),
  };
}

function mergeRates(left: RateStatistics, right: RateStatistics): RateStatistics {
  return { hits: left.hits + right.hits, total: left.total + right.total };
}
