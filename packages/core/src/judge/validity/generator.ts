import { percentile } from '../../locust/histogram.js';
import type { TestEvent } from '../../locust/statistics.js';
import { type ValidityRule } from './rule.js';
import { formatFigure, formatLength, formatMeasured, formatRatio } from '../../values/format.js';

/**
 * Percent of one core: a worker is one thread. Above about this much it sends late, whatever the service does; Locust
 * itself warns at 90 % (`CPU_WARNING_THRESHOLD` in locust/runners.py).
 */
const cpuLimit = 90;
/** A short peak, as when all connections are made at once, does not spoil percentiles up to p95. */
const cpuShare = 0.05;

/** One process after the other: a single overloaded worker spoils the tail of all. */
export const generatorCpu: ValidityRule = {
  summary: 'a worker used more than 90 % of its core in more than 5 % of the samples',
  check: ({ samples }) => {
    const byWorker = new Map<string, { count: number; busy: number; most: number }>();
    for (const { id, state, cpuPercent } of samples.flatMap(({ workers }) => workers)) {
      if (state === 'missing') continue;
      const own = byWorker.get(id) ?? { count: 0, busy: 0, most: 0 };
      own.count += 1;
      if (cpuPercent > cpuLimit) own.busy += 1;
      own.most = Math.max(own.most, cpuPercent);
      byWorker.set(id, own);
    }
    return [...byWorker].flatMap(([id, { count, busy, most }]) => {
      if (busy <= count * cpuShare) return [];
      return [
        `Worker ${id} used more than ${cpuLimit} % of its core in ${busy} of ${count} samples ` +
          `(${formatRatio(busy / count)}), up to ${formatFigure(most)} %: use more workers.`,
      ];
    });
  },
};

/** A tenth of the 100 ms that people notice: beyond, the generator's own delay shows in the figures. */
const lagLimit = 10;

export const eventLoopLag: ValidityRule = {
  summary: "the p99 of the workers' event-loop lag was above 10 ms",
  check: ({ statistics }) => {
    const p99 = percentile(statistics.lag, 0.99);
    if (p99 === null || p99 <= lagLimit) return [];
    return [
      `The workers' event loops were late: p99 ${formatMeasured(p99, 'ms')}, at most ${lagLimit} ms are allowed. ` +
        'They have too much to do, or something else keeps their machine busy: use more workers or machines.',
    ];
  },
};

/** Locust gives every process an id of its own, so one that was not there before has taken the place of another. */
export const workerRestarted: ValidityRule = {
  summary: 'a worker joined after the load had begun, so one was restarted',
  check: ({ samples, workers, statistics }) => {
    const before = new Set(workers);
    const seen = new Set(samples.flatMap((sample) => sample.workers.map(({ id }) => id)));
    const wanted = addedBy(statistics.events, before.size);
    return [...seen]
      .filter((id) => !before.has(id))
      .slice(wanted)
      .map((id) => `Worker ${id} joined after the load had begun: another one was restarted.`);
  },
};

/** How many workers may join: each time that there are to be more, so many more. */
function addedBy(events: readonly TestEvent[], atFirst: number): number {
  let [expected, added] = [atFirst, 0];
  for (const { action, accepted, workers = expected } of events) {
    if (action !== 'scale' || !accepted) continue;
    added += Math.max(0, workers - expected);
    expected = workers;
  }
  return added;
}

/** The runtime measures it (`stillness.py`): one hole is too few values to show in a percentile of the lag. */
export const workerStalled: ValidityRule = {
  summary: 'a worker stood still for more than 3 s',
  check: ({ statistics, length }) =>
    statistics.events
      .filter(({ action }) => action === 'worker-stalled')
      .map(({ detail, time }) => {
        const after = formatLength(time - length.startedAt);
        return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}, as seen ${after} after the start: it sent and heard nothing meanwhile.`;
      }),
};

/** Numbers of connect(2), socket(2) and accept(2), as the runtime names failures of the network. */
const exhausted = /\b(EADDRNOTAVAIL|EADDRINUSE|EMFILE|ENFILE|ENOBUFS|ENOMEM)\b/;
const meanings: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'no local port was free',
  EADDRINUSE: 'no local port was free',
  EMFILE: 'too many open files in a worker (raise ulimit -n)',
  ENFILE: 'too many open files on the machine',
  ENOBUFS: 'no memory for sockets',
  ENOMEM: 'no memory for sockets',
};

export const resourcesExhausted: ValidityRule = {
  summary: 'a worker ran out of local ports, descriptors or memory for sockets',
  check: ({ statistics }) =>
    statistics.errors.flatMap(({ error, occurrences }) => {
      const name = exhausted.exec(error)?.[1];
      if (name === undefined) return [];
      return [
        `${occurrences} requests failed in the load generator with ${name}: ${meanings[name]}. Use more workers.`,
      ];
    }),
};
