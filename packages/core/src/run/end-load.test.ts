import { describe, expect, it, vi } from 'vitest';
import { masterWith, type Answer } from '../../test/master-fixture.js';
import { endedTest, statistics, test } from '../../test/statistics-fixture.js';
import type { Problem } from '../results/summary.js';
import type { RunEvent } from './events.js';
import { endLoad, type EndOptions } from './end-load.js';
import { RunSeries } from '../measure/run-series.js';
import type { Observation } from '../measure/watch.js';

let clock = 0;
vi.spyOn(performance, 'now').mockImplementation(() => clock);
// Waiting takes no time, and the clock goes on by it.
vi.mock('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number, value: unknown, { signal }: { signal?: AbortSignal } = {}) => {
    await Promise.resolve();
    if (signal?.aborted) throw signal.reason;
    clock += milliseconds;
    return value;
  },
}));

const running = statistics({ state: 'running', test: test() });
const ending = statistics({
  test: endedTest({ settledAt: undefined }),
  inFlight: { count: 3, oldestSeconds: 2 },
});
const settled = statistics({ test: endedTest() });

async function ended(
  answers: readonly Answer[],
  observed: Partial<Observation>,
  change: Partial<EndOptions> = {},
) {
  const begin = clock;
  const events: Extract<RunEvent, { type: 'ending' }>[] = [];
  const master = masterWith(...answers);
  const observation = {
    before: statistics(),
    statistics: running,
    problems: [],
    aborted: false,
    ...observed,
  };
  const result = await endLoad(master, new RunSeries(), observation, {
    runId: 'run-1',
    graceSeconds: 30,
    signal: new AbortController().signal,
    onEnding: (event) => events.push(event),
    ...change,
  });
  const stops = master.stop.mock.calls.map(([options]) => options);
  return { ...result, events, stops, seconds: (clock - begin) / 1000 };
}

const problem = (rule: string): { problems: readonly Problem[] } => ({ problems: [{ rule, reason: rule }] });

describe('the end of a load', () => {
  it('is waited for, with progress, until all figures have come', async () => {
    const found = await ended([ending, ending, settled], { statistics: ending });
    expect(found).toMatchObject({ statistics: settled, problems: [], aborted: false, stops: [] });
    expect(found.events).toMatchObject([
      { inFlight: 3, oldestSeconds: 2, secondsLeft: 35 },
      { inFlight: 3, secondsLeft: 34.5 },
    ]);
  });

  it('is never waited for longer than the grace period and a few seconds', async () => {
    const found = await ended([ending], { statistics: ending });
    expect(found.seconds).toBeCloseTo(35, 0);
    expect(found.problems).toEqual([
      {
        rule: 'not-settled',
        reason: 'Not every worker handed over its last figures within 35 s after the end of the load.',
      },
    ]);
  });

  it('is brought about when the master has missed it', async () => {
    const found = await ended([running, ending, settled], {});
    expect(found).toMatchObject({ statistics: settled, problems: [] });
    expect(found.stops).toEqual([{ run: 'run-1', timeoutMilliseconds: 35_000 }]);
  });

  it.each<[string, Partial<Observation>]>([
    ['the caller wants to leave', { aborted: true }],
    ['a worker is lost', problem('worker-lost')],
    ['the load never began', { ...problem('stopped'), statistics: undefined }],
  ])('comes with a short grace period when %s', async (_name, observed) => {
    const found = await ended([running, settled], observed);
    expect(found).toMatchObject({ statistics: settled, problems: [], aborted: false });
    expect(found.stops).toEqual([{ run: 'run-1', graceSeconds: 5, timeoutMilliseconds: 10_000 }]);
  });

  it('gives requests in flight all of the grace period when a threshold has ended the load', async () => {
    const found = await ended([running, ending, settled], { stoppedEarly: {} as never });
    expect(found).toMatchObject({ statistics: settled, problems: [], aborted: false });
    expect(found.stops).toEqual([{ run: 'run-1', timeoutMilliseconds: 35_000 }]);
  });

  it('keeps a grace period that is shorter still', async () => {
    const found = await ended([running, settled], { aborted: true }, { graceSeconds: 2 });
    expect(found.stops).toMatchObject([{ graceSeconds: 2 }]);
  });

  it('is hastened when the caller loses patience', async () => {
    const controller = new AbortController();
    const hasty = async () => {
      controller.abort();
      return ending;
    };
    const found = await ended(
      [hasty, ending, settled],
      { statistics: ending },
      { signal: controller.signal },
    );
    expect(found).toMatchObject({ statistics: settled, aborted: true, problems: [] });
    expect(found.stops).toMatchObject([{ graceSeconds: 5 }]);
    expect(found.seconds).toBeLessThan(5);
  });

  it('of a load that could not be stopped is reported as that', async () => {
    const master = masterWith(running);
    master.stop.mockRejectedValue(new Error('HTTP 405.'));
    const begin = clock;
    const observation = { before: statistics(), statistics: running, problems: [], aborted: true };
    const { problems } = await endLoad(master, new RunSeries(), observation, {
      runId: 'run-1',
      graceSeconds: 30,
      signal: new AbortController().signal,
      onEnding: () => {},
    });
    expect(problems).toEqual([{ rule: 'not-stopped', reason: 'The load could not be stopped: HTTP 405.' }]);
    expect((clock - begin) / 1000).toBeLessThan(12);
  });

  it('of a load that goes on after the order to end is reported as that', async () => {
    const found = await ended([running], { aborted: true });
    expect(found.problems).toEqual([
      {
        rule: 'not-stopped',
        reason: 'The load could not be stopped: it went on for 10 s after the order to end.',
      },
    ]);
  });

  it('does not touch the load of somebody else', async () => {
    const found = await ended([statistics({ test: test({ number: 3 }) })], problem('stopped'));
    expect(found).toMatchObject({ statistics: running, stops: [], problems: [] });
  });

  it('is asked for once of a master that does not answer', async () => {
    const found = await ended(['silence'], problem('master-lost'));
    expect(found).toMatchObject({ statistics: running, problems: [], seconds: 0 });
    expect(found.stops).toEqual([{ run: 'run-1', graceSeconds: 0, timeoutMilliseconds: 5000 }]);
  });

  it('does not take the figures of the load before it for those of one that never began', async () => {
    const found = await ended([settled], { ...problem('stopped'), statistics: undefined, before: settled });
    expect(found.statistics).toBeUndefined();
  });

  it('does not take the figures of a load that came after it', async () => {
    const other = statistics({ test: endedTest({ number: 3 }) });
    const found = await ended([other], { statistics: ending });
    expect(found).toMatchObject({ statistics: ending, problems: [{ rule: 'not-settled' }] });
  });
});
