import { setTimeout as delay } from 'node:timers/promises';
import { LoadwrightError } from '../errors.js';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { RatesBySecond } from './rates.js';

/** How long the counts must stand still, in milliseconds: two reports of a worker, which come once a second. */
const quietMilliseconds = 2000;
const limitMilliseconds = 15_000;
const pollMilliseconds = 250;

/**
 * Stops the load and waits for the last statistics: Locust answers `/stop` before the workers' last reports arrive.
 *
 * @param seen The statistics of the load that were read last.
 * @throws LoadwrightError `MASTER_PROTOCOL` when somebody has started another load since, which goes on.
 */
export async function stopAndSettle(
  master: LocustMaster,
  rates: RatesBySecond,
  seen: MasterStatistics | undefined,
): Promise<MasterStatistics> {
  const read = () => master.statistics({ since: rates.since });
  const requireOwn = (statistics: MasterStatistics | undefined) => {
    if (seen?.test && statistics && seen.test.startedAt !== statistics.test?.startedAt) {
      throw new LoadwrightError('MASTER_PROTOCOL', 'another load has been started on the fleet');
    }
  };
  // What cannot be read is stopped all the same: it may be the last word that the master hears.
  requireOwn(await read().catch(() => undefined));
  await master.stop();
  return settle(async () => {
    const statistics = await read();
    requireOwn(statistics);
    return rates.add(statistics);
  });
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
