import { setTimeout as delay } from 'node:timers/promises';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics, TestStatistics } from '../locust/statistics.js';
import type { Sample } from './events.js';
import { sampleOf } from './sample.js';
import { settle } from './settle.js';

/** Time between two readings, in milliseconds: workers report once a second. */
const interval = 1000;

/** How {@link followTest} tells what it sees. */
export interface FollowOptions {
  /** Ends the watching, not the load. */
  readonly signal?: AbortSignal;
  readonly onSample: (sample: Sample, test: TestStatistics) => void;
}

/**
 * Watches the test that a master carries out, whoever started it, until it ends. Changes nothing.
 *
 * @returns the last statistics, those of the workers' last reports included; `test` is absent, or has an `endedAt`, unless the signal ended the watching.
 * @throws LoadwrightError `MASTER_LOST` or `MASTER_PROTOCOL`
 */
export async function followTest(
  master: LocustMaster,
  { signal, onSample }: FollowOptions,
): Promise<MasterStatistics> {
  const samples: Sample[] = [];
  let statistics = await master.statistics();
  const startedAt = statistics.test?.startedAt;
  for (;;) {
    const { test, time } = statistics;
    // One that was started in the meantime is another one.
    if (!test || test.startedAt !== startedAt) return statistics;
    if (test.endedAt !== undefined) return settle(() => master.statistics({ since: time }), signal);
    const goesOn = await delay(interval, true, { signal }).catch(() => false);
    if (!goesOn) return statistics;
    const next = await master.statistics({ since: time });
    // After its end it has no users any more, and its time is over: that is no sample of it.
    if (next.test?.startedAt === startedAt && next.test.endedAt === undefined) {
      const sample = sampleOf(next, statistics, next.time - test.startedAt, samples, test.load.arrivals);
      samples.push(sample);
      onSample(sample, test);
    }
    statistics = next;
  }
}
