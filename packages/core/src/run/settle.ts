import { setTimeout as delay } from 'node:timers/promises';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { RatesBySecond } from './rates.js';

/** How long the counts must stand still, in milliseconds: two reports of a worker, which come once a second. */
const quietMilliseconds = 2000;
const limitMilliseconds = 15_000;
const pollMilliseconds = 250;

/**
 * Stops the load and waits for the last statistics: Locust answers `/stop` before the workers' last reports arrive.
 */
export async function stopAndSettle(master: LocustMaster, rates: RatesBySecond): Promise<MasterStatistics> {
  await master.stop();
  return settle(async () => rates.add(await master.statistics({ since: rates.since })));
}

/**
 * Waits, after the end of a load, until no worker reports any more.
 *
 * @param read reads the master's statistics
 * @param signal ends the waiting: what was read last is the answer
 */
export async function settle(
  read: () => Promise<MasterStatistics>,
  signal?: AbortSignal,
): Promise<MasterStatistics> {
  const begin = performance.now();
  let statistics = await read();
  let changedAt = begin;
  for (;;) {
    const goesOn = await delay(pollMilliseconds, true, { signal }).catch(() => false);
    if (!goesOn) return statistics;
    const next = await read();
    const now = performance.now();
    if (next.total.count !== statistics.total.count) changedAt = now;
    statistics = next;
    if (now - changedAt >= quietMilliseconds || now - begin >= limitMilliseconds) return statistics;
  }
}
