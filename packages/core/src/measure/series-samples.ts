import { meanRate } from '../load/arrival-rate.js';
import type { ArrivalPlan } from '../load/plan.js';
import { percentileOf } from '../locust/trend.js';
import type { MetricDefinition, RequestStatistics, TrendStatistics } from '../locust/statistics.js';
import { RowSum } from '../series/merge.js';
import type { SeriesRow, SeriesSample } from '../series/rows.js';
import { isBuiltIn } from './built-in-metrics.js';
import type { MetricPoint, Sample } from './sample-contract.js';

/** What {@link samplesOf} needs to know. */
export interface SampledSeries {
  /** In the order of their seconds. */
  readonly rows: Iterable<SeriesRow>;
  readonly samples: readonly SeriesSample[];
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  /** Measured length of the load. */
  readonly loadSeconds: number;
  readonly arrivals: ArrivalPlan | undefined;
}

/** What floating point and two clocks may take from a whole second. */
const tolerance = 0.1;

/** The time series of a report: one sample for each whole second of the load. A second that is not whole has no rate. */
export function samplesOf({ rows, samples, metrics, loadSeconds, arrivals }: SampledSeries): Sample[] {
  const stamps = new Map(samples.map((sample) => [sample.second, sample]));
  const series: Sample[] = [];
  let stamp: SeriesSample | undefined = samples[0];
  let [totalRequests, totalFailures, late, dropped] = [0, 0, 0, 0];
  for (const [second, own] of bySecond(rows, Math.floor(loadSeconds + tolerance))) {
    const sum = new RowSum();
    for (const row of own) sum.add(row);
    const statistics = sum.statistics({ method: '', name: '' }, metrics);
    const ended = endedIn(own);
    // A second that the master could not stamp is a hole, which has a rule of its own.
    stamp = stamps.get(second + 1) ?? stamp;
    totalRequests += ended.requests;
    totalFailures += ended.failures;
    late += statistics.counters['late'] ?? 0;
    dropped += statistics.dropped;
    const service = statistics.trends['http_req_service'];
    const points = pointsOf(statistics, metrics);
    const firstByte = statistics.trends['http_req_first_byte'];
    series.push({
      elapsedSeconds: second + 1,
      users: stamp?.users ?? 0,
      requestsPerSecond: ended.requests,
      failuresPerSecond: ended.failures,
      inFlight: stamp?.inFlight ?? 0,
      oldestSeconds: stamp?.oldestSeconds ?? 0,
      ...percentiles(statistics.trends['http_req_response'] ?? service),
      workers: stamp?.workers ?? [],
      totalRequests,
      totalFailures,
      lagP99: stamp?.lagP99 ?? null,
      bytesPerSecond: statistics.bytes,
      ...(statistics.bytesSent !== undefined && { bytesSentPerSecond: statistics.bytesSent }),
      ...(statistics.bytesReceived !== undefined && { bytesReceivedPerSecond: statistics.bytesReceived }),
      ...(statistics.codes && Object.keys(statistics.codes).length > 0 && { codes: statistics.codes }),
      ...(firstByte && { firstByte: percentiles(firstByte) }),
      ...(Object.keys(sum.failures).length > 0 && { failureKinds: { ...sum.failures } }),
      ...(Object.keys(points).length > 0 && { metrics: points }),
      ...(arrivals && {
        open: {
          offeredPerSecond: meanRate(arrivals, second, second + 1),
          late,
          dropped,
          service: percentiles(service),
        },
      }),
    });
  }
  return series;
}

/** The rows of each second before an end. */
function* bySecond(
  rows: Iterable<SeriesRow>,
  end: number,
): Generator<readonly [second: number, rows: readonly SeriesRow[]], undefined> {
  let [second, own]: [number, SeriesRow[]] = [0, []];
  for (const row of rows) {
    for (; second < Math.min(row.second, end); second++, own = []) yield [second, own];
    if (second === end) return undefined;
    own.push(row);
  }
  for (; second < end; second++, own = []) yield [second, own];
  return undefined;
}

/** How many requests ended in a second, whenever they were due. */
function endedIn(rows: readonly SeriesRow[]): { requests: number; failures: number } {
  const add = (pick: (row: SeriesRow) => number | undefined) =>
    rows.reduce((sum, row) => sum + (pick(row) ?? 0), 0);
  return { requests: add(({ ended }) => ended), failures: add(({ endedFailed }) => endedFailed) };
}

const percentiles = (trend: TrendStatistics | undefined) => ({
  p50: percentileOf(trend, 0.5),
  p95: percentileOf(trend, 0.95),
  p99: percentileOf(trend, 0.99),
});

function pointsOf(
  { trends, counters, rates }: RequestStatistics,
  metrics: Readonly<Record<string, MetricDefinition>>,
): Record<string, MetricPoint> {
  const own = Object.entries(metrics).filter(([name]) => !isBuiltIn(name));
  return Object.fromEntries(
    own.map(([name, { kind }]): [string, MetricPoint] => {
      if (kind === 'trend') return [name, percentiles(trends[name])];
      if (kind === 'counter') return [name, { perSecond: counters[name] ?? 0 }];
      const { hits = 0, total = 0 } = rates[name] ?? {};
      return [name, { rate: total === 0 ? null : hits / total }];
    }),
  );
}
