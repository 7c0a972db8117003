import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { masterWith, silence, type Answer } from '../../test/master-fixture.js';
import { endedTest, request, statistics, test, worker } from '../../test/statistics-fixture.js';
import type { FleetNode } from '../fleet/contract.js';
import { LoadwrightError } from '../errors.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { Sample } from './sample-contract.js';
import { RunSeries } from './run-series.js';
import { watch, type WatchOptions } from './watch.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

// `node:timers/promises` has timers of its own, which vitest does not replace.
vi.mock('node:timers/promises', () => ({
  setTimeout: (milliseconds: number, value: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const abort = () => reject(signal?.reason as Error);
      if (signal?.aborted) return abort();
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve(value);
      }, milliseconds);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        abort();
      });
    }),
}));

const both = [worker('a'), worker('b')];
const before = statistics({ workers: [worker('a', 'ready'), worker('b', 'ready')] });
const reading = (change: Partial<MasterStatistics> = {}) =>
  statistics({ state: 'running', time: 1001, workers: both, test: test(), ...change });
const ended = reading({ state: 'ready', test: endedTest() });

/** Watches a load of ten seconds; time passes by itself. */
async function watching(
  answers: readonly Answer[],
  change: Partial<WatchOptions> & { nodes?: readonly FleetNode[] | (() => readonly FleetNode[]) } = {},
) {
  const { nodes = [], ...options } = change;
  const samples: Sample[] = [];
  const silences: string[] = [];
  const begin = performance.now();
  const result = watch(
    masterWith(...answers),
    { expectedWorkers: 2, status: async () => (typeof nodes === 'function' ? nodes() : nodes) },
    new RunSeries(),
    {
      runId: 'run-1',
      before,
      durationSeconds: 10,
      arrivals: undefined,
      signal: new AbortController().signal,
      onSample: (sample) => samples.push(sample),
      onSilence: (message) => silences.push(message),
      ...options,
    },
  );
  let isDone = false;
  void result.finally(() => (isDone = true)).catch(() => {});
  while (!isDone) await vi.advanceTimersByTimeAsync(100);
  return { ...(await result), samples, silences, seconds: (performance.now() - begin) / 1000 };
}

describe('a load that is watched', () => {
  it('is over when the master says so, and has a sample for each reading before', async () => {
    const total = (count: number) =>
      request(
        'Aggregated',
        Array.from({ length: count }, () => 5),
      );
    const inFlight = { count: 3, oldestSeconds: 0.4 };
    const found = await watching([
      reading({ total: total(10), inFlight }),
      reading({ total: total(30), time: 1002 }),
      ended,
    ]);
    expect(found).toMatchObject({ problems: [], aborted: false, statistics: ended });
    expect(found.samples).toMatchObject([
      { requestsPerSecond: 10, totalRequests: 10, inFlight: 3, oldestSeconds: 0.4, elapsedSeconds: 1 },
      { requestsPerSecond: 15, totalRequests: 30, elapsedSeconds: 2 },
    ]);
  });

  it('has the status codes and the bytes of each second, averaged as its rate is', async () => {
    const total = (change: object) => request('Aggregated', [5], change);
    const found = await watching([
      reading({ total: total({ codes: { 200: 10 }, bytesSent: 1000, bytesReceived: 500 }) }),
      reading({ total: total({ codes: { 200: 30 }, bytesSent: 3000, bytesReceived: 1500 }), time: 1002 }),
      reading({ total: total({ codes: { 200: 30, timeout: 3 }, bytesSent: 3300 }), time: 1003 }),
      reading({ total: total({ codes: { 200: 40, timeout: 6 }, bytesSent: 4000 }), time: 1004 }),
      ended,
    ]);
    expect(found.samples.map(({ codes }) => codes)).toEqual([
      { 200: 10 },
      { 200: 15 },
      { 200: 10, timeout: 1 },
      { 200: 10, timeout: 2 },
    ]);
    expect(found.samples.map(({ bytesSentPerSecond }) => bytesSentPerSecond)).toEqual([
      1000, 1500, 1100, 1000,
    ]);
    const [first] = found.samples;
    expect(first).toMatchObject({ bytesReceivedPerSecond: 500 });
    // A runtime of an earlier version counts neither.
    const [without] = (await watching([reading(), ended])).samples;
    expect(without!.codes).toBeUndefined();
    expect(without!.bytesSentPerSecond).toBeUndefined();
  });

  it('is left a few seconds after its time when the master does not end it', async () => {
    const found = await watching([reading()]);
    expect(found).toMatchObject({ problems: [], aborted: false });
    expect(found.seconds).toBeGreaterThan(14);
    expect(found.seconds).toBeLessThan(17);
  });

  it('has no rate for a part of a second, and never a negative one', async () => {
    const total = request('Aggregated', [5, 5, 5, 5]);
    const found = await watching([reading({ total, time: 1000.01 }), reading({ time: 1000.02 }), ended]);
    expect(found.samples.map(({ requestsPerSecond }) => requestsPerSecond)).toEqual([4, 0]);
  });

  it('ends at once when the caller wants so', async () => {
    const controller = new AbortController();
    const onSample = () => controller.abort();
    const found = await watching([reading()], { signal: controller.signal, onSample });
    expect(found).toMatchObject({ aborted: true, problems: [] });
    expect(found.seconds).toBeLessThan(2);
  });

  it('ends when a threshold is to end it, after its sample', async () => {
    const stop = { threshold: {} as never, afterSeconds: 2, measured: 1, unit: 'share' };
    const stopEarly = ({ time }: MasterStatistics) => (time >= 1002 ? stop : undefined);
    const found = await watching([reading(), reading({ time: 1002 })], { stopEarly });
    expect(found).toMatchObject({ aborted: false, problems: [], stoppedEarly: stop });
    expect(found.samples).toHaveLength(2);
  });

  it('reads what it missed while the command slept', async () => {
    // Its machine was asleep for longer than the load lasted.
    const found = await watching([ended]);
    expect(found).toMatchObject({ statistics: ended, problems: [], samples: [] });
  });
});

describe('a load that is not as it should be', () => {
  it.each<[string, MasterStatistics, string]>([
    ['is lost', reading({ workers: [worker('a', 'missing'), worker('b')] }), 'A worker was lost: a.'],
    ['was replaced', reading({ workers: [worker('c'), worker('b')] }), 'A worker was lost: a.'],
  ])('is left when a worker %s', async (_name, second, reason) => {
    const found = await watching([reading(), second]);
    expect(found.problems).toEqual([{ rule: 'worker-lost', reason }]);
  });

  it('goes on with fewer workers, or more, when there are to be so many', async () => {
    const scale = (workers: number) => ({
      ...{ time: 1001, action: 'scale', accepted: true, detail: 'by a test', workers },
    });
    const found = await watching([
      reading({ events: [scale(3)] }),
      reading({ events: [scale(3)], workers: [...both, worker('c')], time: 1002 }),
      reading({ events: [scale(3), scale(1)], workers: [worker('c')], time: 1003 }),
      ended,
    ]);
    expect(found.problems).toEqual([]);
    const lost = await watching([reading({ events: [scale(1)], workers: [worker('a', 'missing')] })]);
    expect(lost.problems).toEqual([{ rule: 'worker-lost', reason: 'A worker was lost: 0 of 1 answer.' }]);
  });

  it('is left when a node fails, with its own words', async () => {
    const nodes = [{ name: 'worker-1', role: 'worker', state: 'failed', reason: 'no memory' }] as const;
    const found = await watching([reading()], { nodes });
    expect(found.problems).toEqual([{ rule: 'worker-lost', reason: 'worker-1 was lost: no memory' }]);
  });

  it.each([
    ['says that it leaves', reading({ workers: [worker('b')], time: 1002 })],
    ['was the last', reading({ test: { ...endedTest(), endedBy: 'workers-lost' }, workers: [], time: 1002 })],
  ])('is left with the reason that is known a moment after a worker %s', async (_, second) => {
    let begin = Infinity;
    const nodes = (): readonly FleetNode[] => {
      const node = { name: 'worker-1', role: 'worker', instance: 'i-1' } as const;
      return performance.now() - begin < 1700
        ? [{ ...node, state: 'running' }]
        : [{ ...node, state: 'failed', reason: 'a spot interruption notice' }];
    };
    const onSample = () => (begin = performance.now());
    const found = await watching([reading(), second], { nodes, onSample });
    const reason = 'worker-1 was lost: a spot interruption notice';
    expect(found.problems).toEqual([{ rule: 'worker-lost', reason }]);
    expect(found.seconds).toBeLessThan(5);
  });

  it('is left without a reason when nobody knows one', async () => {
    const nodes = [{ name: 'worker-1', role: 'worker', state: 'running', instance: 'i-1' }] as const;
    const found = await watching([reading(), reading({ workers: [worker('b')] })], { nodes });
    expect(found.problems).toEqual([{ rule: 'worker-lost', reason: 'A worker was lost: a.' }]);
    expect(found.seconds).toBeLessThan(6);
  });

  it('is left at once when the master is dead', async () => {
    const nodes = [{ name: 'master', role: 'master', state: 'failed', reason: 'signal SIGKILL' }] as const;
    const found = await watching(['silence'], { nodes });
    expect(found.problems).toEqual([{ rule: 'master-lost', reason: 'The master was lost: signal SIGKILL' }]);
    expect(found.seconds).toBeLessThan(2);
  });

  it('is left when the master stays silent, and says so meanwhile', async () => {
    const found = await watching([reading(), 'silence']);
    expect(found.problems).toEqual([{ rule: 'master-lost', reason: silence.message }]);
    expect(found.statistics).toEqual(reading());
    expect(found.silences[0]).toBe('The master has not answered for 1 s.');
    expect(found.seconds).toBeLessThan(15);
  });

  it('goes on when the master answers again', async () => {
    const found = await watching([reading(), 'silence', 'silence', reading(), ended]);
    expect(found.problems).toEqual([]);
    expect(found.samples).toHaveLength(2);
  });

  it('is left when the answer is not understood', async () => {
    const wrong = async () => {
      throw new LoadwrightError('MASTER_PROTOCOL', 'not understood');
    };
    const found = await watching([wrong]);
    expect(found.problems).toEqual([{ rule: 'master-lost', reason: 'not understood' }]);
  });

  it('is not that of somebody else', async () => {
    const found = await watching([reading(), reading({ test: test({ number: 3 }) })]);
    expect(found.problems).toEqual([
      { rule: 'stopped', reason: expect.stringMatching(/^Another load was started on the fleet/) as string },
    ]);
    expect(found.statistics).toEqual(reading());
  });

  it.each<[string, Partial<WatchOptions>, MasterStatistics]>([
    ['the one before it', { before: statistics({ test: test() }) }, reading()],
    ['one of another run', {}, reading({ test: test({ runId: 'run-2' }) })],
    ['none', {}, reading({ test: undefined })],
  ])('has not begun while there is %s', async (_name, options, answer) => {
    const found = await watching([answer], options);
    expect(found.problems).toEqual([
      { rule: 'stopped', reason: expect.stringMatching(/^The load had not begun after \d+ s/) as string },
    ]);
    expect(found.statistics).toBeUndefined();
    expect(found.seconds).toBeLessThan(8);
  });
});
