import type { ArrivalPlan } from '../load/plan.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { RequestSeries, Stall } from '../results/summary.js';
import { sumOfRows } from '../series/merge.js';
import type { SeriesRow, SeriesSample } from '../series/rows.js';
import { checkBooks, type Books } from '../measure/accounting.js';
import type { Sample } from '../measure/sample-contract.js';
import type { RunSeries } from '../measure/run-series.js';
import { samplesOf } from '../measure/series-samples.js';
import { requestSeriesOf } from '../measure/request-series.js';
import { findStalls, stallLimit } from '../measure/stalls.js';

/** A load, as its figures, thresholds and rules look at it. */
export interface JudgedLoad {
  /**
   * The last statistics, in which the figures of requests, the counters and the lag are those of the judged window:
   * errors, samples of failures and events are of the whole load. Undefined when the master never answered.
   */
  readonly statistics: MasterStatistics | undefined;
  /** Of the judged window, by kind. */
  readonly failures: Readonly<Record<string, number>>;
  /** The judged window, in seconds since the load began. */
  readonly window: { readonly from: number; readonly to: number };
  /** The whole load, a sample for each whole second. */
  readonly series: readonly Sample[];
  /** The whole load by request name. */
  readonly byName: readonly RequestSeries[];
  /** Those in the judged window. */
  readonly samples: readonly Sample[];
  /** What the master stamped. */
  readonly stamps: readonly SeriesSample[];
  /** How long requests were made, by the master's clock, in seconds. */
  readonly measuredSeconds: number;
  /** Of the whole load. */
  readonly books: Books | undefined;
  readonly stalls: readonly Stall[];
}

/** What a load is judged by. */
export interface MeasuredLoad {
  /** The last statistics. */
  readonly statistics: MasterStatistics | undefined;
  readonly series: RunSeries;
  readonly durationSeconds: number;
  /** Whole seconds. */
  readonly warmUpSeconds: number;
  readonly arrivals: ArrivalPlan | undefined;
}

/**
 * Adds up the seconds after the warm-up: exact, because a request belongs to the second in which it was due. A load that
 * ended before its warm-up did is judged as it is; it is INVALID anyway.
 */
export function judgeLoad(load: MeasuredLoad): JudgedLoad {
  const { statistics, series, arrivals } = load;
  const { rows, samples: stamps } = series;
  const measuredSeconds = lengthOf(statistics, stamps);
  const { test, metrics = {} } = statistics ?? {};
  // A master that ends a load in time needs a moment for it, in which nothing is due any more.
  const to = test?.endedBy === 'duration' ? Math.min(measuredSeconds, load.durationSeconds) : measuredSeconds;
  const from = load.warmUpSeconds < to ? load.warmUpSeconds : 0;
  const { total, requests, failures } = sumOfRows(since(rows, from), metrics);
  const sampled = samplesOf({ rows, samples: stamps, metrics, loadSeconds: to, arrivals });
  return {
    statistics: statistics && {
      ...statistics,
      total,
      requests,
      counters: total.counters,
      lag: total.trends['loop_lag']?.histogram ?? [],
    },
    failures,
    window: { from, to },
    series: sampled,
    byName: requestSeriesOf({ rows, requests, metrics, loadSeconds: to }),
    samples: sampled.filter(({ elapsedSeconds }) => elapsedSeconds > from),
    stamps,
    measuredSeconds,
    books: statistics && checkBooks(statistics, rows),
    stalls: findStalls(sampled, stallLimit(total, failures)),
  };
}

function* since(rows: Iterable<SeriesRow>, from: number): Generator<SeriesRow, undefined> {
  for (const row of rows) if (row.second >= from) yield row;
  return undefined;
}

/** Until no request began any more; of a load whose end nobody saw until the last that was seen of it. */
function lengthOf(statistics: MasterStatistics | undefined, stamps: readonly SeriesSample[]): number {
  const { test, time } = statistics ?? {};
  if (!test) return 0;
  const end = test.endedAt ?? Math.max(time ?? 0, stamps.at(-1)?.time ?? 0);
  return Math.max(0, end - test.startedAt);
}
