import { difference } from '../locust/histogram.js';
import type { MasterStatistics, RequestStatistics, TrendStatistics } from '../locust/statistics.js';
import type { RunSeries } from '../measure/run-series.js';
import { sumOfRows } from '../series/merge.js';
import type { ThresholdResult } from '../results/summary.js';
import { formatLength, formatMeasured } from '../values/format.js';
import { evaluateThresholds, requestsOf } from './thresholds/evaluate.js';
import { metricOf, type Threshold } from './thresholds/parse.js';
import type { MeasuredStatistics } from './thresholds/metrics.js';
import { valuesNeeded } from './thresholds/samples.js';

/** Which threshold stopped a load. */
export interface EarlyStop {
  readonly threshold: Threshold;
  /** Since the load began, by the master's clock. */
  readonly afterSeconds: number;
  readonly measured: number;
  readonly unit: string;
}

/**
 * Holds the thresholds against what has been measured so far, while a load goes on; those with `abortOnFail` stop it. What
 * was not measured yet stops nothing, and a percentile stops nothing before it has as many values as it needs at the end: a
 * load is not stopped for figures that its verdict could not rest on.
 */
export class EarlyStopCheck {
  readonly #thresholds: readonly Threshold[];
  readonly #warmUpSeconds: number;
  readonly #series: RunSeries;

  constructor(thresholds: readonly Threshold[], series: RunSeries, warmUpSeconds: number) {
    this.#thresholds = thresholds;
    this.#series = series;
    this.#warmUpSeconds = warmUpSeconds;
  }

  /**
   * @returns what each says so far, none within the warm-up, and the first that is to stop the load: undefined when it may
   * go on.
   */
  look(statistics: MasterStatistics): {
    readonly results: readonly ThresholdResult[];
    readonly stop: EarlyStop | undefined;
  } {
    if (this.#thresholds.length === 0 || !statistics.test) return { results: [], stop: undefined };
    const afterSeconds = statistics.time - statistics.test.startedAt;
    const seconds = afterSeconds - this.#warmUpSeconds;
    if (seconds <= 0) return { results: [], stop: undefined };
    const judged = this.#withoutWarmUp(statistics);
    const results = evaluateThresholds(this.#thresholds, judged, seconds);
    const at = this.#thresholds.findIndex((threshold, index) => {
      const { passed, measured } = results[index]!;
      const isDue = threshold.abort !== undefined && threshold.abort.delaySeconds <= seconds;
      return isDue && !passed && measured !== null && isSupported(threshold, judged);
    });
    if (at < 0) return { results, stop: undefined };
    const { measured, unit } = results[at]!;
    return { results, stop: { threshold: this.#thresholds[at]!, afterSeconds, measured: measured!, unit } };
  }

  /**
   * The figures since the warm-up. Its seconds are taken off, not the others added up: they are few, and the others of a
   * long load would take longer than a second. Their smallest and greatest values are then known by their bucket only,
   * within 0.4 %.
   */
  #withoutWarmUp({ total, requests, metrics }: MasterStatistics): MeasuredStatistics {
    if (this.#warmUpSeconds === 0) return { total, requests };
    const warmUp = sumOfRows(this.#series.rowsBefore(this.#warmUpSeconds), metrics);
    return {
      total: minus(total, warmUp.total),
      requests: requests.map((own) => {
        const earlier = warmUp.requests.find(
          ({ method, name }) => method === own.method && name === own.name,
        );
        return earlier ? minus(own, earlier) : own;
      }),
    };
  }
}

/** One sentence, which becomes the reason of the verdict. */
export function describeEarlyStop({ threshold, afterSeconds, measured, unit }: EarlyStop): string {
  const value = formatMeasured(measured, unit);
  return `Stopped early: after ${formatLength(afterSeconds)} ${threshold.key}: ${threshold.expression} did not hold, measured ${value}.`;
}

function isSupported(threshold: Threshold, judged: MeasuredStatistics): boolean {
  const needed = valuesNeeded(threshold);
  const requests = requestsOf(threshold, judged);
  const count = (requests && metricOf(threshold).trend?.(requests)?.count) ?? 0;
  return needed === undefined || count >= needed;
}

function minus(all: RequestStatistics, part: RequestStatistics): RequestStatistics {
  // The seconds are read a moment after the totals: what ended in between must not make a figure negative.
  const left = (one: number, other = 0) => Math.max(0, one - other);
  const each = <Value>(own: Readonly<Record<string, Value>>, take: (value: Value, name: string) => Value) =>
    Object.fromEntries(Object.entries(own).map(([name, value]) => [name, take(value, name)]));
  return {
    ...all,
    due: left(all.due, part.due),
    sent: left(all.sent, part.sent),
    succeeded: left(all.succeeded, part.succeeded),
    failed: left(all.failed, part.failed),
    dropped: left(all.dropped, part.dropped),
    bytes: left(all.bytes, part.bytes),
    ...(all.codes && { codes: each(all.codes, (count, code) => left(count, part.codes?.[code])) }),
    trends: each(all.trends, (trend, name) => trendMinus(trend, part.trends[name])),
    counters: each(all.counters, (count, name) => left(count, part.counters[name])),
    rates: each(all.rates, ({ hits, total }, name) => ({
      hits: left(hits, part.rates[name]?.hits),
      total: left(total, part.rates[name]?.total),
    })),
  };
}

function trendMinus(all: TrendStatistics, part: TrendStatistics | undefined): TrendStatistics {
  if (!part || part.count === 0) return all;
  const histogram = difference(all.histogram, part.histogram);
  return {
    count: Math.max(0, all.count - part.count),
    sum: Math.max(0, all.sum - part.sum),
    minimum: histogram[0]?.[0] ?? null,
    maximum: Math.min(all.maximum, histogram.at(-1)?.[0] ?? 0),
    histogram,
  };
}
