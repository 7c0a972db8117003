import { endedRequests } from '../locust/outcomes.js';
import type { RequestStatistics, TrendStatistics } from '../locust/statistics.js';
import type { ServiceTimes } from '../target/observation-contract.js';
import { formatMilliseconds, formatNumber } from '../values/format.js';
import type { LatencyPart, LatencySplit } from './observed-service.js';

/** More of a difference than this share of the load's requests is worth a note. */
const tolerated = 0.02;

/**
 * Puts what the service says of its own time into what the load measured of its requests. Both are means, and what neither has
 * measured is what is left over.
 *
 * @param total of the judged load
 * @returns a sentence in place of a split that would not be true
 */
export function splitLatency(total: RequestStatistics, service: ServiceTimes): LatencySplit | string {
  const ended = endedRequests(total);
  const { http_req_service: sent, http_req_response: response, http_req_blocked: blocked } = total.trends;
  if (ended === 0 || !sent || sent.count === 0) return 'The time of requests was not split: none ended.';
  const inService = meanOf(sent);
  const wait = Math.max(0, response ? meanOf(response) - inService : (blocked?.sum ?? 0) / ended);
  const reported = service.parts.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  if (reported > inService) {
    return (
      `The time of requests was not split: the service reports ${formatMilliseconds(reported)} of them, and the load measured ` +
      `${formatMilliseconds(inService)}. Its means are of other requests too.`
    );
  }
  const parts: LatencyPart[] = [
    {
      ...{ name: 'client', milliseconds: wait, source: 'load' as const },
      description: response
        ? 'from when it was due until its first byte was sent: it waited for its turn, or for a connection'
        : 'until a connection was free or made',
    },
    {
      ...{ name: 'network', milliseconds: inService - reported, source: 'rest' as const },
      description:
        'both ways, with all that is not in the other parts: what the service does not count of its time',
    },
    ...service.parts.map((part) => ({ ...part, source: 'service' as const })),
  ];
  return {
    milliseconds: wait + inService,
    parts,
    requests: { load: ended, service: service.requests },
    notes: [...differentRequests(ended, service.requests), ...failedRequests(total.failed, ended)],
  };
}

function meanOf({ sum, count }: TrendStatistics): number {
  return sum / count;
}

function differentRequests(load: number, service: number): string[] {
  if (Math.abs(service - load) <= Math.max(1, tolerated * load)) return [];
  return [
    `The means of the service are of ${formatNumber(service)} requests, and those of the load of ${formatNumber(load)}: the service reports ` +
      'whole periods, which reach beyond the judged load, and of all its clients; refused requests may be in none.',
  ];
}

function failedRequests(failed: number, ended: number): string[] {
  if (failed <= tolerated * ended) return [];
  return [
    `${formatNumber(failed)} of the ${formatNumber(ended)} requests failed, and are in the mean of the load: what the service refuses it may not time.`,
  ];
}
