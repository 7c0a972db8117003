import { meanRate } from '../load/arrival-rate.js';
import type { ArrivalPlan } from '../load/plan.js';
import { difference, percentile, type Histogram } from '../locust/histogram.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { Sample } from './events.js';

/** Seconds over which the live rates are averaged: workers report once a second, not in step with the readings. */
const rateWindow = 3;

/**
 * One point of the time series: what came between two readings.
 *
 * @param previous Undefined for the first reading of a test: Locust counts anew when a test starts.
 */
export function sampleOf(
  statistics: MasterStatistics,
  previous: MasterStatistics | undefined,
  elapsedSeconds: number,
  earlierSamples: readonly Sample[],
  arrivals: ArrivalPlan | undefined,
): Sample {
  const { total } = statistics;
  const earlier = earlierSamples.at(-rateWindow);
  const seconds = Math.max(elapsedSeconds - (earlier?.elapsedSeconds ?? 0), 1e-3);
  const serviceTimes = difference(total.histogram, previous?.total.histogram ?? []);
  const times = total.responseHistogram
    ? difference(total.responseHistogram, previous?.total.responseHistogram ?? [])
    : serviceTimes;
  return {
    elapsedSeconds,
    users: statistics.userCount,
    requestsPerSecond: (total.count - (earlier?.totalRequests ?? 0)) / seconds,
    failuresPerSecond: (total.failures - (earlier?.totalFailures ?? 0)) / seconds,
    ...percentiles(times),
    workers: statistics.workers.map(({ id, state, cpuPercent }) => ({ id, state, cpuPercent })),
    totalRequests: total.count,
    totalFailures: total.failures,
    ...(statistics.lag && { lagP99: percentile(difference(statistics.lag, previous?.lag ?? []), 0.99) }),
    ...(arrivals && {
      open: openSample(
        statistics,
        serviceTimes,
        meanRate(arrivals, earlierSamples.at(-1)?.elapsedSeconds ?? 0, elapsedSeconds),
      ),
    }),
  };
}

function openSample(
  { total, counters = {} }: MasterStatistics,
  serviceTimes: Histogram,
  offeredPerSecond: number,
): NonNullable<Sample['open']> {
  const { arrivals = 0, late = 0, dropped = 0 } = counters;
  return {
    offeredPerSecond,
    inFlight: Math.max(0, arrivals - dropped - total.count),
    late,
    dropped,
    service: percentiles(serviceTimes),
  };
}

const percentiles = (histogram: Histogram) => ({
  p50: percentile(histogram, 0.5),
  p95: percentile(histogram, 0.95),
  p99: percentile(histogram, 0.99),
});
