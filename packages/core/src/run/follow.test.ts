import { expect, it } from 'vitest';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import { followTest } from './follow.js';

/** The master's answers, one after the other; the last one stays. */
function masterWith(
  answers: readonly (readonly [count: number, endedAt?: number])[],
  onAsked: (times: number) => void = () => {},
): LocustMaster {
  let next = 0;
  const statistics = async () => {
    onAsked(next + 1);
    const [count, endedAt] = answers[Math.min(next++, answers.length - 1)]!;
    const total = { count, failures: 0, histogram: [], requestsPerSecond: [], failuresPerSecond: [] };
    const test = { startedAt: 100, load: { users: 1 }, ...(endedAt !== undefined && { endedAt }) };
    return { time: 100 + next, userCount: 1, workers: [], total, test } as unknown as MasterStatistics;
  };
  return { statistics } as unknown as LocustMaster;
}

it("waits at the end for the workers' last reports", async () => {
  const master = masterWith([[0], [40], [45, 102], [45, 102], [45, 102], [80, 102]]);
  const seen: number[] = [];
  const last = await followTest(master, { onSample: ({ totalRequests }) => seen.push(totalRequests) });
  expect(seen).toEqual([40]);
  expect(last.total.count).toBe(80);
});

it('leaves at once when it is told to, also while it waits', async () => {
  const controller = new AbortController();
  const master = masterWith([[0], [45, 102]], (times) => times === 3 && controller.abort());
  const following = followTest(master, { signal: controller.signal, onSample: () => {} });
  expect((await following).total.count).toBe(45);
});
