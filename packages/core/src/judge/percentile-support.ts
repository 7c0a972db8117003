import { formatDuration } from '../values/duration.js';
import { LoadwrightError } from '../errors.js';
import { arrivalsBetween } from '../load/arrival-rate.js';
import { totalSeconds, warmUpSeconds } from '../load/length.js';
import type { ArrivalPlan, LoadPlan } from '../load/plan.js';
import type { LoadProfile } from '../load/profile.js';
import { resolveLoad } from '../load/resolve.js';
import type { Threshold } from './thresholds/parse.js';
import { valuesNeeded } from './thresholds/samples.js';
import { formatNumber } from '../values/format.js';

/** No service answers faster: a round trip on one machine. In seconds. */
const bestServiceSeconds = 0.0001;
/** What many services take. In seconds. */
const usualServiceSeconds = 0.02;
/** As for the offered rate: three standard deviations, √n each, of how many arrivals come at random. */
const deviations = 3;

/** What a load can say of the percentiles that thresholds ask for, known before it. */
export interface PercentileSupport {
  /** Thresholds for which the load has too few requests however fast the service is, a sentence each. */
  readonly impossible: readonly string[];
  /** Those for which it probably has. */
  readonly unlikely: readonly string[];
}

/**
 * Compares how many requests the load can make with how many the percentiles need. One name among several has fewer than
 * that; how many is not known beforehand. A metric of the target may have several values a request.
 */
export function percentileSupport(thresholds: readonly Threshold[], load: LoadProfile): PercentileSupport {
  const impossible: string[] = [];
  const unlikely: string[] = [];
  const { most, usual } = requestsOf(load);
  for (const threshold of thresholds) {
    const needed = valuesNeeded(threshold);
    if (needed === undefined || threshold.declared) continue;
    if (most < needed) impossible.push(sentence(threshold, needed, most, 'at most', load));
    else if (usual < needed) unlikely.push(sentence(threshold, needed, usual, 'about', load));
  }
  return { impossible, unlikely };
}

/**
 * Refuses thresholds that the load cannot support.
 *
 * @throws LoadwrightError `THRESHOLD_INVALID`
 */
export function requireSupport({ impossible }: PercentileSupport): void {
  if (impossible.length === 0) return;
  throw new LoadwrightError('THRESHOLD_INVALID', impossible.join('\n'), {
    hint: 'Let the load last longer (load.duration, --duration), or ask for a lower percentile. Use --tolerate percentile-samples to judge by fewer requests.',
  });
}

/** How many requests the judged part of a load makes with the fastest service, and with a usual one. */
function requestsOf(load: LoadProfile): { most: number; usual: number } {
  const [from, to] = [warmUpSeconds(load), totalSeconds(load)];
  const plan = resolveLoad(load, 'sequential', 1);
  // How many requests a trace has is known when it is read; the judge counts those that there were.
  if (plan.arrivals?.kind === 'trace') return { most: Infinity, usual: Infinity };
  if (plan.arrivals) {
    const planned = arrivalsBetween(plan.arrivals, from, to);
    const chance = plan.arrivals.kind === 'poisson' ? deviations * Math.sqrt(planned) : 0;
    // One more: the first is due at once.
    return { most: Math.floor(planned + chance) + 1, usual: Math.floor(planned) + 1 };
  }
  const userSeconds = arrivalsBetween(usersOverTime(plan), from, to);
  const { minimumSeconds, maximumSeconds } = plan.waitTime;
  const requests = (seconds: number) => Math.floor(userSeconds / seconds) + plan.users;
  return {
    most: requests(minimumSeconds + bestServiceSeconds),
    usual: requests((minimumSeconds + maximumSeconds) / 2 + usualServiceSeconds),
  };
}

/** Users are to user-seconds what a rate is to requests. */
function usersOverTime({ users, spawnRate, durationSeconds, startUsers, stages }: LoadPlan): ArrivalPlan {
  const ramp = users / spawnRate;
  const constant = [
    // Within a second: how soon is not known beforehand.
    { durationSeconds: ramp > 1 ? ramp : 0, users },
    { durationSeconds, users },
  ];
  return {
    kind: 'constant',
    maxInFlight: 0,
    startRate: startUsers ?? 0,
    stages: (stages ?? constant).map(({ users: ratePerSecond, ...stage }) => ({ ...stage, ratePerSecond })),
  };
}

function sentence(
  { key, expression }: Threshold,
  needed: number,
  expected: number,
  bound: string,
  load: LoadProfile,
): string {
  const warmUp = warmUpSeconds(load);
  const judged = totalSeconds(load) - warmUp;
  const enough = formatDuration(Math.ceil(warmUp + (judged * needed) / Math.max(expected, 1)));
  const afterWarmUp = warmUp > 0 ? ' after the warm-up' : '';
  return (
    `thresholds["${key}"]: ${expression} needs at least ${formatNumber(needed)} requests, and the load makes ` +
    `${bound} ${formatNumber(expected)} in ${formatDuration(judged)}${afterWarmUp}; ${enough} would do.`
  );
}
