import type { MasterStatistics } from '../locust/statistics.js';
import type { Problem } from '../results/summary.js';
import { formatLength } from '../values/format.js';

/**
 * Why a load ended before its time, as the master says: somebody stopped it, workers went missing, or neither. Nothing
 * where it went on to its end, or where the run has ended it itself and says why.
 *
 * @param known What is known of its end already.
 */
export function endProblems(
  { test, events, exceptions }: Pick<MasterStatistics, 'test' | 'events' | 'exceptions'>,
  known: {
    readonly problems: readonly Problem[];
    readonly aborted: boolean;
    /** The run itself has stopped it for a threshold. */
    readonly stoppedEarly?: boolean;
  },
): Problem[] {
  if (!test) return [];
  const lost = known.problems.some(({ rule }) => rule === 'worker-lost')
    ? []
    : lostWorkers(test.startedAt, test.endedAt, events);
  if (known.aborted || known.problems.length > 0 || test.endedAt === undefined) return lost;
  const after = `after ${formatLength(test.endedAt - test.startedAt)}`;
  switch (test.endedBy) {
    case 'stop': {
      if (known.stoppedEarly) return lost;
      const stop = events.findLast(({ action, accepted }) => action === 'stop' && accepted);
      const who = stop?.detail ? ` (${stop.detail.replace(/\.$/, '')})` : '';
      return [...lost, { rule: 'stopped', reason: `The load was stopped from outside ${after}${who}.` }];
    }
    case 'workers-lost':
      return lost.length > 0
        ? lost
        : [{ rule: 'worker-lost', reason: `The load ended ${after}, because workers went missing.` }];
    case 'other': {
      const raised = exceptions[0] ? ` The Locust file raised ${exceptions[0].message.trim()}.` : '';
      return [...lost, { rule: 'stopped', reason: `The load ended by itself ${after}.${raised}` }];
    }
    default:
      return lost;
  }
}

/** After the end workers leave and come back. */
function lostWorkers(
  startedAt: number,
  endedAt: number | undefined,
  events: MasterStatistics['events'],
): Problem[] {
  return events
    .filter(({ action, time }) => action === 'worker-lost' && time <= (endedAt ?? Infinity))
    .map(({ time, detail }) => ({
      rule: 'worker-lost',
      reason: `A worker was lost after ${formatLength(time - startedAt)}: ${detail.replace(/\.$/, '')}.`,
    }));
}
