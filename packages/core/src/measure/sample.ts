import { meanRate } from '../load/arrival-rate.js';
import type { ArrivalPlan } from '../load/plan.js';
import { difference, percentile, type Histogram } from '../locust/histogram.js';
import { endedRequests } from '../locust/outcomes.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { Sample } from './sample-contract.js';

/** Seconds over which the live rates are averaged: workers report once a second, not in step with the readings. */
const rateWindow = 3;

/**
 * A live sample: what came between two readings.
 *
 * @param previous Undefined for the first reading of a test.
 * @param elapsedSeconds Since the load began, by the master's clock.
 */
export function sampleOf(
  statistics: MasterStatistics,
  previous: MasterStatistics | undefined,
  elapsedSeconds: number,
  earlierSamples: readonly Sample[],
  arrivals: ArrivalPlan | undefined,
): Sample {
  const { total, inFlight } = statistics;
  const earlier = earlierSamples.at(-rateWindow);
  // A part of a second has no rate: what came in it counts for a whole one.
  const seconds = Math.max(elapsedSeconds - (earlier?.elapsedSeconds ?? 0), 1);
  const ended = endedRequests(total);
  const came = (name: string) =>
    difference(total.trends[name]?.histogram ?? [], previous?.total.trends[name]?.histogram ?? []);
  const service = percentiles(came('http_req_service'));
  const response = total.trends['http_req_response'] && percentiles(came('http_req_response'));
  return {
    elapsedSeconds,
    users: statistics.userCount,
    requestsPerSecond: Math.max(0, ended - (earlier?.totalRequests ?? 0)) / seconds,
    failuresPerSecond: Math.max(0, total.failed - (earlier?.totalFailures ?? 0)) / seconds,
    inFlight: inFlight.count,
    oldestSeconds: inFlight.oldestSeconds,
    ...(response ?? service),
    workers: statistics.workers.map(({ id, state, cpuPercent }) => ({ id, state, cpuPercent })),
    totalRequests: ended,
    totalFailures: total.failed,
    lagP99: percentile(difference(statistics.lag, previous?.lag ?? []), 0.99),
    ...(arrivals && {
      open: {
        offeredPerSecond: meanRate(arrivals, earlierSamples.at(-1)?.elapsedSeconds ?? 0, elapsedSeconds),
        late: statistics.counters['late'] ?? 0,
        dropped: total.dropped,
        service,
      },
    }),
  };
}

const percentiles = (histogram: Histogram) => ({
  p50: percentile(histogram, 0.5),
  p95: percentile(histogram, 0.95),
  p99: percentile(histogram, 0.99),
});
