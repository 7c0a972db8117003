import { setTimeout as delay } from 'node:timers/promises';
import type { FleetHandle, FleetNode } from '../fleet/contract.js';
import { isLoadwrightError } from '../errors.js';
import type { AskOptions, LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { RunSeries } from './run-series.js';

/** While a load runs nobody waits long for one answer: the next question comes a second later. */
export const liveAnswer: AskOptions = { timeoutMilliseconds: 3000, retries: 0 };

/** How long a fleet may take to say how its nodes are, in milliseconds: it may have to ask elsewhere. */
const statusLimit = 5000;

/** What reads a test: the master, or one in its place. */
export type TestReader = Pick<LocustMaster, 'statistics' | 'series'>;

/**
 * Reads the statistics and, where they are of one's own test, what has come to its series.
 *
 * @param isOwn distinguishes it from one before or after it
 */
export async function readTest(
  master: TestReader,
  series: RunSeries,
  options: AskOptions,
  isOwn: (statistics: MasterStatistics) => boolean,
): Promise<{ statistics: MasterStatistics; isOwn: boolean }> {
  const statistics = await master.statistics(options);
  const own = isOwn(statistics);
  if (own) await series.read(master, options);
  return { statistics, isOwn: own };
}

/** The nodes of a fleet; none when it does not say so in time. */
export async function nodesOf(handle: Pick<FleetHandle, 'status'>): Promise<readonly FleetNode[]> {
  const controller = new AbortController();
  const limit = delay(statusLimit, [], { signal: controller.signal }).catch(() => []);
  try {
    return await Promise.race([handle.status(), limit]);
  } catch {
    return [];
  } finally {
    controller.abort();
  }
}

/** Why a master does not answer. */
export async function describeLostMaster(
  handle: Pick<FleetHandle, 'status'>,
  error: unknown,
): Promise<{ reason: string; isDead: boolean }> {
  const failed = (await nodesOf(handle)).find((node) => node.role === 'master' && node.state === 'failed');
  if (failed) return { reason: `The master was lost: ${failed.reason ?? 'no reason known'}`, isDead: true };
  const reason = isLoadwrightError(error) ? error.message : `The master was lost: ${String(error)}`;
  return { reason, isDead: isLoadwrightError(error) && !error.retryable };
}
