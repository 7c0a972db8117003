import type { TestEvent } from '../../locust/statistics.js';
import type { ValidityRule } from './rule.js';
import { formatLength } from '../../values/format.js';

/** What somebody can do to a test that changes what it measures. */
const changes: Readonly<Record<string, { readonly done: string; readonly tried: string }>> = {
  edit: { done: 'changed the load', tried: 'change the load' },
  reset: { done: 'reset the statistics', tried: 'reset the statistics' },
  stop: { done: 'stopped the load', tried: 'stop the load' },
  start: { done: 'started another load', tried: 'start another load' },
  scale: { done: 'changed the number of workers', tried: 'change the number of workers' },
};
/** What the load and its figures come through. */
const harmless = new Set(['start', 'scale']);

/** Why a load ended is reported once, where it ended: here is what else was done to it. */
export const events: ValidityRule = {
  summary: "somebody changed the load, or reset the statistics, in Locust's web UI",
  check: ({ statistics, interactive, length }) => {
    if (interactive || length.endedEarly) return [];
    return statistics.events
      .filter(({ action, accepted }) => accepted && action in changes && !harmless.has(action))
      .map((event) => describeEvent(event, length.startedAt));
  },
};

/** One sentence: what was done, and when. */
export function describeEvent({ time, action, accepted, detail }: TestEvent, startedAt: number): string {
  const when = `${formatLength(time - startedAt)} after its start`;
  const { done, tried } = changes[action] ?? { done: `did ${action}`, tried: `do ${action}` };
  const more = detail === '' ? '' : `: ${detail.replace(/\.$/, '')}`;
  return accepted
    ? `Somebody ${done} ${when}${more}.`
    : `Somebody tried to ${tried} ${when}, and was refused${more}.`;
}

/** What a request can fail by is a failure; what reaches this list has ended a user, or a task of it. */
export const exceptions: ValidityRule = {
  summary: 'the Locust file raised an exception that is no failure of a request',
  check: ({ statistics }) =>
    statistics.exceptions.map(({ message, count, nodes }) => {
      const where = nodes.length === 1 ? `on ${nodes[0]}` : `on ${nodes.length} workers`;
      return `The Locust file raised ${message.trim().replace(/\.$/, '')} (${count} × ${where}).`;
    }),
};

export const accounting: ValidityRule = {
  summary: 'a request has no outcome or two, or the sums of seconds, request names and total differ',
  check: ({ violations }) => [...violations],
};

/** The runtime closes such a connection. What came while another request was on its way was taken for the answer to that. */
export const unaskedAnswers: ValidityRule = {
  summary: 'the service sent an answer that no request had asked for',
  check: ({ statistics }) => {
    const count = statistics.total.counters['unasked'] ?? 0;
    if (count === 0) return [];
    return [
      `The service sent answers that no request had asked for, on ${count} ${count === 1 ? 'connection' : 'connections'}: others may have been ` +
        'counted for the wrong request. Find what answers a request twice: a handler of the service, or a proxy before it.',
    ];
  },
};

export const serviceCounts: ValidityRule = {
  summary: 'with `--observe`: the load counted more of something than the service itself did',
  check: ({ contradictions }) => [...contradictions],
};
