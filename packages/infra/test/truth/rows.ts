import { expect } from 'vitest';
import type { RunReport } from '@loadwright/core';
import type { TracedLocust } from './fleet-processes.js';
import type { Books, Scenario } from './liar.js';
import type { LoadKind } from './loads.js';

/** What a row's outcome is judged by. */
export interface Outcome {
  readonly report: RunReport;
  readonly books: Books;
}

/** One way to lie, and what a report must say of it. */
export interface Row {
  readonly name: string;
  /** What the server does, which may depend on when the load is at its height. */
  readonly server?: Scenario | ((load: LoadKind) => Scenario);
  /** Options of the target besides its URL; a row with some has a fleet of its own. */
  readonly target?: {
    readonly workMilliseconds?: number;
    readonly payloads?: readonly unknown[];
  };
  readonly thresholds?: Record<string, readonly string[]>;
  /** Answers are waited for as long as they take, during the load and after it: a late machine changes no outcome. */
  readonly isPatient?: true;
  /** Length of the load in seconds. */
  readonly seconds?: number;
  /** Done to the processes of the fleet, which is then one of its own; in seconds since the first sample. */
  readonly disturb?: { readonly at: number; readonly by: (processes: TracedLocust) => void }[];
  /** Some of a worker's last reports never come. */
  readonly losesReports?: true;
  /** The verdict of a machine that is quiet enough. */
  readonly verdict: RunReport['verdict'];
  /** The cause, and the books. */
  readonly right: (outcome: Outcome) => void;
}

export const timeoutSeconds = 2;
export const gracefulStopSeconds = 1;
/** Both of them where a row is patient. No run takes as long: it ends with its last answer. */
export const patienceSeconds = 20;

/** What becomes of requests that are not answered in time: by the time-out, or by the end of the grace period. */
const unanswered = ['timeout', 'unfinished'];

export const rows: readonly Row[] = [
  {
    name: 'hangs 1 %',
    server: { rules: [{ every: 100, do: 'hang' }] },
    thresholds: { http_req_failed: ['rate<0.002'], http_req_duration: ['max<900'] },
    verdict: 'FAIL',
    right({ report, books }) {
      expect(books.hung).toBeGreaterThan(0);
      failedWith(report, unanswered, books.hung);
      broken(report, ['http_req_failed', 'http_req_duration']);
    },
  },
  {
    name: 'hangs for ever from the middle on',
    server: { rules: [{ from: 2, do: 'hang' }] },
    verdict: 'FAIL',
    right({ report, books }) {
      failedWith(report, unanswered, books.hung);
      broken(report, ['http_req_failed']);
      expect(report.thresholds[0]).toMatchObject({ isDefault: true });
      // The last requests were not answered for at least the grace period: the percentiles show it.
      expect(report.total.maximum).toBeGreaterThan(gracefulStopSeconds * 1000);
      expect(Math.max(...report.series.map(({ inFlight }) => inFlight ?? 0))).toBeGreaterThan(5);
    },
  },
  {
    name: 'answers after the end',
    // Stages begin without users, and end with fewer and fewer: seen from the first request they are earlier.
    server: (load) => ({
      rules: [
        load === 'stages' ? { from: 2.4, do: 'answer', at: 3.4 } : { from: 3.4, do: 'answer', at: 4.4 },
      ],
    }),
    isPatient: true,
    thresholds: { http_req_duration: ['max<900'] },
    verdict: 'FAIL',
    right({ report, books }) {
      expect(books.byRule[0]).toBeGreaterThan(0);
      expect(report.total).toMatchObject({ failed: 0, succeeded: books.received });
      expect(report.total.maximum).toBeGreaterThan(900);
      broken(report, ['http_req_duration']);
    },
  },
  {
    name: 'error inside 200',
    isPatient: true,
    server: { rules: [{ every: 4, do: 'answer', body: '{"error":{"message":"out of memory"}}' }] },
    verdict: 'FAIL',
    right({ report, books }) {
      failedWith(report, ['check'], books.byRule[0]!);
      broken(report, ['http_req_failed']);
      expect(report.failureSamples[0]).toMatchObject({ kind: 'check', status: 200 });
      expect(report.failureSamples[0]!.body).toContain('out of memory');
    },
  },
  {
    name: 'connection accepted and silent',
    server: { silentFrom: 0 },
    // Times of failures alone are no measurement of the service.
    verdict: 'INVALID',
    right({ report, books }) {
      expect(report.reasons[0]).toMatch(/^All \d+ requests failed/);
      expect(report.total.succeeded).toBe(0);
      failedWith(report, unanswered, books.received);
      broken(report, ['http_req_failed']);
    },
  },
  {
    name: '403 from the middle on',
    isPatient: true,
    server: { rules: [{ from: 2, do: 'answer', status: 403, body: '{"message":"Forbidden"}' }] },
    verdict: 'FAIL',
    right({ report, books }) {
      failedWith(report, ['status'], books.byRule[0]!);
      expect(report.errors.map(({ error }) => error)).toEqual(['HTTP 403']);
      broken(report, ['http_req_failed']);
    },
  },
  {
    name: 'answers slower than the time-out',
    server: { rules: [{ every: 5, do: 'answer', delay: (timeoutSeconds + 1.5) * 1000 }] },
    verdict: 'FAIL',
    right({ report, books }) {
      failedWith(report, unanswered, books.byRule[0]!);
      expect(report.errors.map(({ kind }) => kind)).toContain('timeout');
      broken(report, ['http_req_failed']);
    },
  },
  {
    name: 'answers with gzip always',
    isPatient: true,
    server: { rules: [{ do: 'answer', gzip: true }] },
    verdict: 'PASS',
    right({ report, books }) {
      expect(report.errors).toEqual([]);
      expect(report.total).toMatchObject({ failed: 0, succeeded: books.answered });
    },
  },
  {
    name: 'answers twice',
    isPatient: true,
    server: { rules: [{ every: 10, do: 'answer', twice: true }] },
    verdict: 'INVALID',
    right({ report, books }) {
      because(report, /no request had asked for, on \d+ connection/, ['unasked-answers']);
      expect(report.total).toMatchObject({ failed: 0, succeeded: books.received });
    },
  },
  {
    name: 'a payload that cannot be sent',
    isPatient: true,
    target: { payloads: [{ text: 'fine' }, { text: 'cut \ud83d' }, { text: 'fine, too' }, { text: 'last' }] },
    verdict: 'FAIL',
    right({ report, books }) {
      expect(report.total.succeeded).toBe(books.received);
      expect(report.total.failed).toBeGreaterThan(0);
      expect(report.total.failureRate).toBeCloseTo(1 / 4, 1);
      failedWith(report, ['payload'], report.total.failed);
      expect(report.failureSamples[0]).toMatchObject({ kind: 'payload', requestRow: 2 });
      broken(report, ['http_req_failed']);
    },
  },
  {
    name: 'a worker is stopped for 10 s',
    disturb: [
      { at: 1, by: (fleet) => fleet.signal('worker', 'SIGSTOP') },
      { at: 11, by: (fleet) => fleet.signal('worker', 'SIGCONT') },
    ],
    seconds: 6,
    losesReports: true,
    verdict: 'INVALID',
    right({ report }) {
      because(report, /worker/i, ['worker-lost', 'worker-stalled', 'event-loop-lag', 'worker-restarted']);
    },
  },
  {
    name: 'a worker is killed',
    disturb: [{ at: 1, by: (fleet) => fleet.signal('worker', 'SIGKILL') }],
    seconds: 5,
    losesReports: true,
    verdict: 'INVALID',
    right({ report }) {
      because(report, /worker.*(lost|SIGKILL)/i, ['worker-lost']);
    },
  },
  {
    name: 'the master is frozen',
    disturb: [
      { at: 1, by: (fleet) => fleet.signal('master', 'SIGSTOP') },
      { at: 6, by: (fleet) => fleet.signal('master', 'SIGCONT') },
    ],
    seconds: 6,
    verdict: 'INVALID',
    right({ report }) {
      because(report, /master/i, ['load-length', 'master-lost']);
    },
  },
  {
    name: 'the generator is starved',
    target: { workMilliseconds: 60 },
    verdict: 'INVALID',
    right({ report }) {
      because(report, /core|event loop|late|workers/i, ['generator-cpu', 'event-loop-lag', 'offered-rate']);
    },
  },
];

/** Every failure is of one of these kinds, and there are so many. */
function failedWith({ errors, total }: RunReport, kinds: readonly string[], count: number): void {
  expect([...new Set(errors.map(({ kind }) => kind))].filter((kind) => !kinds.includes(kind))).toEqual([]);
  expect(errors.reduce((sum, { occurrences }) => sum + occurrences, 0)).toBe(total.failed);
  expect(total.failed).toBe(count);
}

/** These metrics have a threshold that broke, and the reasons say so. */
function broken({ thresholds, reasons }: RunReport, metrics: readonly string[]): void {
  expect(thresholds.filter(({ passed }) => !passed).map(({ metric }) => metric)).toEqual(
    expect.arrayContaining([...metrics]),
  );
  for (const metric of metrics) expect(reasons.join('\n')).toContain(metric);
}

/** One of these rules says why the run is INVALID, in words that name the cause. */
function because(report: RunReport, cause: RegExp, rules: readonly string[]): void {
  const told = report.problems?.filter(({ rule }) => rules.includes(rule)) ?? [];
  expect(told.map(({ reason }) => reason).join('\n')).toMatch(cause);
  expect(report.reasons).toEqual(expect.arrayContaining(told.map(({ reason }) => reason)));
}
