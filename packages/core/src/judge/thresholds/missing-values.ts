import { formatNumber, formatRatio } from '../../values/format.js';
import { requestsOf } from './evaluate.js';
import type { Measured, MeasuredStatistics, Metric } from './metrics.js';
import { metricOf, type Threshold } from './parse.js';

/** A hundredth: as many as may fail where nobody says otherwise. */
const mostMissing = 0.01;

/**
 * Thresholds that hold or break over a part of the requests alone: more than 1 % of those that succeeded have no value, such as
 * a chat without a token. What no request records, such as a figure of the run as a whole, belongs to none of them.
 *
 * @returns a sentence for each metric
 */
export function describeMissingValues(
  thresholds: readonly Threshold[],
  statistics: MeasuredStatistics,
): string[] {
  const sentences = thresholds.flatMap((threshold) => {
    const { trend } = metricOf(threshold);
    const requests = requestsOf(threshold, statistics);
    if (!trend || !requests) return [];
    const names = threshold.requestName === undefined ? statistics.requests : [requests];
    const values = names.reduce((sum, name) => sum + countOf(trend, name), 0);
    const { succeeded } = requests;
    const missing = succeeded - values;
    if (values === 0 || missing <= succeeded * mostMissing) return [];
    const { key, metric, requestName } = threshold;
    const advice =
      requestName === undefined && statistics.requests.some((name) => countOf(trend, name) === 0)
        ? `, or write the threshold on the request names that have one: ${metric}{name:…}`
        : '';
    return [
      `${key} was measured for ${formatNumber(values)} of ${formatNumber(succeeded)} requests that succeeded: of the others ` +
        `(${formatRatio(missing / succeeded)}) its threshold says nothing. Look whether their answers are empty${advice}.`,
    ];
  });
  return [...new Set(sentences)];
}

const countOf = (trend: NonNullable<Metric['trend']>, requests: Measured['requests']): number =>
  trend(requests)?.count ?? 0;
