import { expect, it, vi } from 'vitest';
import type { FleetHandle } from '../fleet/contract.js';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import { RatesBySecond } from './rates.js';
import { stopAndSettle } from './settle.js';
import { watch } from './watch.js';

/** What a master says: its state, the requests so far, when its test began, and which workers answer. */
type Answer = readonly [state: string, count: number, startedAt: number, alive?: readonly string[]];

/** A master that gives one answer after the other; the last one stays. */
function masterWith(...answers: readonly Answer[]) {
  let next = 0;
  const stop = vi.fn(async () => {});
  const statistics = async () => statisticsOf(answers[Math.min(next++, answers.length - 1)]!);
  return { master: { statistics, stop } as unknown as LocustMaster, stop };
}

function statisticsOf([state, count, startedAt, alive = ['a', 'b']]: Answer): MasterStatistics {
  const total = { count, failures: 0, histogram: [], requestsPerSecond: [], failuresPerSecond: [] };
  const workers = ['a', 'b'].map((id) => ({ id, state: alive.includes(id) ? 'running' : 'missing' }));
  const test = { startedAt, load: { users: 1 } };
  return { time: startedAt, state, userCount: 1, workers, total, test } as unknown as MasterStatistics;
}

const handle = { expectedWorkers: 1, status: async () => [] } as unknown as FleetHandle;

const watching = (...answers: readonly Answer[]) =>
  watch(masterWith(...answers).master, handle, {
    before: statisticsOf(['ready', 0, 0]),
    durationSeconds: 60,
    warmUpSeconds: 0,
    arrivals: undefined,
    signal: new AbortController().signal,
    onSample: () => {},
  });

const reason = expect.stringMatching(/^The load was stopped from outside after \d+ s\.$/) as string;
const stopped = [{ rule: 'stopped', reason }];

it('notices a stop whose end a worker delays', async () => {
  const { problems, samples } = await watching(['running', 10, 100], ['stopping', 20, 100]);
  expect({ problems, samples: samples.length }).toEqual({ problems: stopped, samples: 2 });
});

it('notices that a worker is lost which had been replaced before the load', async () => {
  const { problems } = await watching(['running', 10, 100], ['running', 20, 100, ['b']]);
  expect(problems).toEqual([{ rule: 'worker-lost', reason: 'A worker was lost: a.' }]);
});

it('does not take the load of somebody else for its own', async () => {
  const { problems, statistics } = await watching(['running', 10, 100], ['running', 5, 101]);
  expect(problems).toEqual(stopped);
  expect(statistics?.total.count).toBe(10);
});

it('does not stop the load of somebody else', async () => {
  const { master, stop } = masterWith(['running', 5, 101]);
  const settling = stopAndSettle(master, new RatesBySecond(100), statisticsOf(['running', 10, 100]));
  await expect(settling).rejects.toThrow('another load has been started on the fleet');
  expect(stop).not.toHaveBeenCalled();
});

it('stops its own load, and reads its last statistics', async () => {
  const { master, stop } = masterWith(['running', 10, 100], ['stopped', 20, 100]);
  const own = statisticsOf(['running', 10, 100]);
  expect((await stopAndSettle(master, new RatesBySecond(100), own)).total.count).toBe(20);
  expect(stop).toHaveBeenCalledOnce();
});

it('stops a load of which nothing can be read', async () => {
  const { master, stop } = masterWith();
  const own = statisticsOf(['running', 10, 100]);
  await expect(stopAndSettle(master, new RatesBySecond(100), own)).rejects.toThrow();
  expect(stop).toHaveBeenCalledOnce();
});
