import { percentile, withoutGreatest } from '../locust/histogram.js';
import type { RequestStatistics } from '../locust/statistics.js';
import type { Stall } from '../results/summary.js';
import type { Sample } from './sample-contract.js';

/** So many times the p99 is no longer a slow answer. */
const timesOfP99 = 5;
/** Shorter than this nobody calls it a stall. */
const leastSeconds = 5;
/** Failures that last as long as somebody waits: they say nothing of how long an answer takes. */
const endless = ['timeout', 'unfinished'];

/**
 * Times in which no request ended although some were in flight, for longer than {@link stallLimit}.
 *
 * @param samples One a second.
 */
export function findStalls(samples: readonly Sample[], limitSeconds: number): Stall[] {
  const stalls: Stall[] = [];
  let from: number | undefined;
  let inFlight = 0;
  const close = (to: number) => {
    if (from !== undefined && to - from > limitSeconds) stalls.push({ from, to, inFlight });
    [from, inFlight] = [undefined, 0];
  };
  for (const sample of samples) {
    const waits = sample.requestsPerSecond === 0 && (sample.inFlight ?? 0) > 0;
    if (!waits) close(sample.elapsedSeconds - 1);
    else {
      from ??= sample.elapsedSeconds - 1;
      inFlight = Math.max(inFlight, sample.inFlight ?? 0);
    }
  }
  close(samples.at(-1)?.elapsedSeconds ?? 0);
  return stalls;
}

/**
 * From how many seconds without an answer on a service has stalled. Its p99 is that of answers: a request that hangs for
 * ever would otherwise make its own stall look usual.
 *
 * @param failures By kind.
 */
export function stallLimit(total: RequestStatistics, failures: Readonly<Record<string, number>>): number {
  const hanging = endless.reduce((sum, kind) => sum + (failures[kind] ?? 0), 0);
  const answered = withoutGreatest(total.trends['http_req_service']?.histogram ?? [], hanging);
  return Math.max(leastSeconds, (timesOfP99 * (percentile(answered, 0.99) ?? 0)) / 1000);
}
