import type { Problem } from './summary.js';
import type { JudgedLoad } from '../judge/judged-load.js';
import { describeEvent } from '../judge/validity/test-rules.js';
import { describeMissingValues } from '../judge/thresholds/missing-values.js';
import type { Threshold } from '../judge/thresholds/parse.js';
import { formatRatio } from '../values/format.js';

/** From this share on, idle connections that the server closes are worth a change of its keep-alive. */
const retriedShare = 0.001;

/** What must be known beside a verdict, and never changes it. */
export function notesOf(
  { statistics, stalls }: JudgedLoad,
  isInteractive: boolean,
  thresholds: readonly Threshold[],
): Problem[] {
  if (!statistics) return [];
  const { events, test, total, versionWarning, refusedReports } = statistics;
  const note = (rule: string, reason: string): Problem => ({ rule, reason });
  const retried = total.counters['retried_idle'] ?? 0;
  return [
    ...stalls.map(({ from, to, inFlight }) =>
      note(
        'stall',
        `Nothing was answered from ${from} s to ${to} s of the load, with up to ${inFlight} requests in flight.`,
      ),
    ),
    ...(retried > total.sent * retriedShare
      ? [
          note(
            'retried',
            `${retried} of ${total.sent} requests (${formatRatio(retried / total.sent)}) were sent again, because the server ` +
              'had closed their idle connections: let it keep them longer than the load leaves them idle.',
          ),
        ]
      : []),
    ...describeMissingValues(thresholds, statistics).map((reason) => note('missing-values', reason)),
    ...(versionWarning === undefined ? [] : [note('locust-version', versionWarning)]),
    ...(refusedReports > 0
      ? [note('refused-reports', `The master refused ${refusedReports} reports that no worker of it sends.`)]
      : []),
    ...events
      .filter(({ action, accepted }) =>
        accepted ? action === 'scale' || (isInteractive && action !== 'start') : true,
      )
      .filter(({ action }) => !action.startsWith('worker-'))
      .map((event) => note('events', describeEvent(event, test?.startedAt ?? event.time))),
  ];
}
