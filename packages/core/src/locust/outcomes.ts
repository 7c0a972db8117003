import type { RequestStatistics } from './statistics.js';

/** Requests that ended: succeeded and failed ones. */
export function endedRequests({
  succeeded,
  failed,
}: Pick<RequestStatistics, 'succeeded' | 'failed'>): number {
  return succeeded + failed;
}
