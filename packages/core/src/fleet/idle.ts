import { formatDuration } from '../values/duration.js';
import { LoadwrightError } from '../errors.js';
import type { MasterStatistics } from '../locust/statistics.js';

/** Whether a load is running. */
export function isLoadRunning({ test, state }: MasterStatistics): boolean {
  return test ? test.endedAt === undefined : state === 'spawning' || state === 'running';
}

/**
 * A fleet carries out one load at a time.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when one is running.
 */
export function requireIdle(statistics: MasterStatistics, fleetId: string): void {
  if (!isLoadRunning(statistics)) return;
  const { test, time } = statistics;
  const left = test?.endsAt === undefined ? undefined : Math.max(0, Math.round(test.endsAt - time));
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet: a load is running on ${fleetId}${left === undefined ? '' : `, for another ${formatDuration(left)}`}`,
    {
      hint: 'End it first, or watch it.',
      next: [
        { action: 'stop-load', fleetId },
        { action: 'follow-load', fleetId },
      ],
    },
  );
}
