import type { MasterStatistics } from '../locust/statistics.js';
import { windowOf } from '../locust/window.js';
import type { Sample } from './events.js';
import type { Observation } from './watch.js';

/** The part of a load that figures, thresholds and rules look at: all of it after the warm-up. */
export interface JudgedLoad {
  /** Undefined when the master never answered. */
  readonly statistics: MasterStatistics | undefined;
  readonly samples: readonly Sample[];
  /** In seconds since the load began. */
  readonly window: { readonly from: number; readonly to: number };
}

/** The longest that a worker's report lags behind, in seconds: it comes once a second, and travels. */
const reportLag = 1.5;

/**
 * Leaves the warm-up out. A load that ended before its warm-up did is judged as it is.
 *
 * The reading at the end of the warm-up is a little behind, by as much as the workers' reports were. So the judged
 * window begins when their own counts by second, which are known afterwards, reach the count of that reading.
 */
export function judgedLoad(observation: Observation, final: MasterStatistics | undefined): JudgedLoad {
  const { warmedUp, samples, loadSeconds, startedAt, rates } = observation;
  if (!warmedUp || !final) return { statistics: final, samples, window: { from: 0, to: loadSeconds } };
  const { elapsedSeconds } = warmedUp;
  const { count } = warmedUp.statistics.total;
  const moment = (rates.reached(count) ?? startedAt + elapsedSeconds) - startedAt;
  return {
    statistics: windowOf(final, warmedUp.statistics),
    samples: samples.filter((sample) => sample.elapsedSeconds > elapsedSeconds),
    // Within bounds, for the clocks of master and workers may differ.
    window: {
      from: Math.min(elapsedSeconds, Math.max(elapsedSeconds - reportLag, moment)),
      to: loadSeconds,
    },
  };
}
