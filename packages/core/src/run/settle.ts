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
  const begin = performance.now();
  const read = async () => rates.add(await master.statistics({ since: rates.since }));
  let statistics = await read();
  let changedAt = begin;
  for (;;) {
    await delay(pollMilliseconds);
    const next = await read();
    const now = performance.now();
    if (next.total.count !== statistics.total.count) changedAt = now;
    statistics = next;
    if (now - changedAt >= quietMilliseconds || now - begin >= limitMilliseconds) return statistics;
  }
}
