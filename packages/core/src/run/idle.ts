import { formatDuration } from '../duration.js';
import { LoadwrightError } from '../errors.js';
import type { MasterStatistics } from '../locust/statistics.js';

/** Whether a load is under way. */
export function isLoaded({ test, state }: MasterStatistics): boolean {
  return test ? test.endedAt === undefined : state === 'spawning' || state === 'running';
}

/**
 * A fleet carries out one load at a time.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when one is under way.
 */
export function requireIdle(statistics: MasterStatistics, runId: string): void {
  if (!isLoaded(statistics)) return;
  const { test, time } = statistics;
  const left = test?.endsAt === undefined ? undefined : Math.max(0, Math.round(test.endsAt - time));
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `run: a load is under way on ${runId}${left === undefined ? '' : `, for another ${formatDuration(left)}`}`,
    { hint: `end it first: loadwright stop ${runId}, or watch it: loadwright attach ${runId}` },
  );
}
