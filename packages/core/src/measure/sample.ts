import { meanRate } from '../load/arrival-rate.js';
import type { ArrivalPlan } from '../load/plan.js';
import { difference, percentile, type Histogram } from '../locust/histogram.js';
import { endedRequests } from '../locust/outcomes.js';
import type { MasterStatistics, RequestStatistics } from '../locust/statistics.js';
import type { Sample } from './sample-contract.js';

/** Seconds over which the live rates are averaged: workers report once a second, not in step with the readings. */
const rateWindow = 3;

/** Makes the live samples of one test: of each reading, what came since those before it. */
export class LiveSamples {
  readonly #arrivals: ArrivalPlan | undefined;
  /** The last ones, oldest first. */
  readonly #readings: { readonly elapsedSeconds: number; readonly total: RequestStatistics }[] = [];

  /** @param arrivals Of a load with an arrival rate. */
  constructor(arrivals: ArrivalPlan | undefined) {
    this.#arrivals = arrivals;
  }

  /**
   * @param previous The reading before. Undefined: there was none.
   * @param elapsedSeconds Since the load began, by the master's clock.
   */
  next(statistics: MasterStatistics, previous: MasterStatistics | undefined, elapsedSeconds: number): Sample {
    const { total, inFlight } = statistics;
    const earlier = this.#readings.at(-rateWindow);
    const last = this.#readings.at(-1);
    this.#readings.push({ elapsedSeconds, total });
    if (this.#readings.length > rateWindow) this.#readings.shift();
    // A part of a second has no rate: what came in it counts for a whole one.
    const seconds = Math.max(elapsedSeconds - (earlier?.elapsedSeconds ?? 0), 1);
    const rate = (now: number, before = 0) => Math.max(0, now - before) / seconds;
    const ended = endedRequests(total);
    const came = (name: string) =>
      difference(total.trends[name]?.histogram ?? [], previous?.total.trends[name]?.histogram ?? []);
    const service = percentiles(came('http_req_service'));
    const response = total.trends['http_req_response'] && percentiles(came('http_req_response'));
    const codes = Object.entries(total.codes ?? {})
      .map(([code, count]) => [code, rate(count, earlier?.total.codes?.[code])] as const)
      .filter(([, perSecond]) => perSecond > 0);
    const { bytesSent, bytesReceived } = total;
    return {
      elapsedSeconds,
      users: statistics.userCount,
      requestsPerSecond: rate(ended, earlier && endedRequests(earlier.total)),
      failuresPerSecond: rate(total.failed, earlier?.total.failed),
      inFlight: inFlight.count,
      oldestSeconds: inFlight.oldestSeconds,
      ...(response ?? service),
      workers: statistics.workers.map(({ id, state, cpuPercent }) => ({ id, state, cpuPercent })),
      totalRequests: ended,
      totalFailures: total.failed,
      ...(bytesSent !== undefined && { bytesSentPerSecond: rate(bytesSent, earlier?.total.bytesSent) }),
      ...(bytesReceived !== undefined && {
        bytesReceivedPerSecond: rate(bytesReceived, earlier?.total.bytesReceived),
      }),
      ...(codes.length > 0 && { codes: Object.fromEntries(codes) }),
      lagP99: percentile(difference(statistics.lag, previous?.lag ?? []), 0.99),
      ...(this.#arrivals && {
        open: {
          offeredPerSecond: meanRate(this.#arrivals, last?.elapsedSeconds ?? 0, elapsedSeconds),
          late: statistics.counters['late'] ?? 0,
          dropped: total.dropped,
          service,
        },
      }),
    };
  }
}

const percentiles = (histogram: Histogram) => ({
  p50: percentile(histogram, 0.5),
  p95: percentile(histogram, 0.95),
  p99: percentile(histogram, 0.99),
});
