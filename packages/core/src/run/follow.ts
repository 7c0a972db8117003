import { setTimeout as delay } from 'node:timers/promises';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics, TestStatistics } from '../locust/statistics.js';
import type { Sample } from '../measure/sample-contract.js';
import { LiveSamples } from '../measure/sample.js';

/** Time between two readings, in milliseconds: workers report once a second. */
const interval = 1000;
/** How long the workers' last figures may take after the grace period, in seconds. */
const arrivalSeconds = 10;

/** How {@link followTest} shows what it sees. */
export interface FollowOptions {
  /** Ends the watching, not the load. */
  readonly signal?: AbortSignal;
  readonly onSample: (sample: Sample, test: TestStatistics) => void;
}

/**
 * Watches the test that a master carries out, whoever started it, until it ends and its requests in flight have. Changes
 * nothing.
 *
 * @returns the last statistics, those of the workers' last reports included; `test` is absent, or has an `endedAt`, unless the signal ended the watching.
 * @throws LoadwrightError `MASTER_LOST` or `MASTER_PROTOCOL`
 */
export async function followTest(
  master: Pick<LocustMaster, 'statistics'>,
  { signal, onSample }: FollowOptions,
): Promise<MasterStatistics> {
  let statistics = await master.statistics();
  const number = statistics.test?.number;
  const samples = new LiveSamples(statistics.test?.load.arrivals);
  for (;;) {
    const { test } = statistics;
    // One that was started in the meantime is another one.
    if (!test || test.number !== number || isOver(test, statistics.time)) return statistics;
    const goesOn = await delay(interval, true, { signal }).catch(() => false);
    if (!goesOn) return statistics;
    const next = await master.statistics();
    // After its end it has no users any more, and its time is over: that is no sample of it.
    if (next.test?.number === number && next.test.endedAt === undefined) {
      onSample(samples.next(next, statistics, next.time - test.startedAt), test);
    }
    statistics = next;
  }
}

/** Settled, or so long ended that it never will be. */
function isOver({ endedAt, settledAt, load }: TestStatistics, time: number): boolean {
  if (endedAt === undefined) return false;
  return settledAt !== undefined || time > endedAt + (load.gracefulStopSeconds ?? 0) + arrivalSeconds;
}
