import { setTimeout as delay } from 'node:timers/promises';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';

/** How long the counts must stand still, in milliseconds: two reports of a worker, which come once a second. */
const quietMilliseconds = 2000;
const limitMilliseconds = 15_000;
const pollMilliseconds = 250;

/**
 * Stops the load and waits for the last statistics: Locust answers `/stop` before the workers' last reports arrive.
 */
export async function stopAndSettle(master: LocustMaster): Promise<MasterStatistics> {
  await master.stop();
  const begin = performance.now();
  let statistics = await master.statistics();
  let changedAt = begin;
  for (;;) {
    await delay(pollMilliseconds);
    const next = await master.statistics();
    const now = performance.now();
    if (next.total.count !== statistics.total.count) changedAt = now;
    statistics = next;
    if (now - changedAt >= quietMilliseconds || now - begin >= limitMilliseconds) return statistics;
  }
}
