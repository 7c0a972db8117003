import { expect, it, vi } from 'vitest';
import { masterWith } from '../../test/master-fixture.js';
import { endedTest, request, statistics, test } from '../../test/statistics-fixture.js';
import { followTest } from './follow.js';

// Waiting takes no time.
vi.mock('node:timers/promises', () => ({
  setTimeout: async (_: number, value: unknown, { signal }: { signal?: AbortSignal } = {}) => {
    await Promise.resolve();
    if (signal?.aborted) throw signal.reason;
    return value;
  },
}));

const total = (count: number) =>
  request(
    'Aggregated',
    Array.from({ length: count }, () => 5),
  );
const running = (count: number) => statistics({ time: 1001, test: test(), total: total(count) });
const ended = (count: number, time = 1011) =>
  statistics({ time, test: endedTest({ settledAt: undefined }), total: total(count) });
const settled = (count: number) => statistics({ time: 1012, test: endedTest(), total: total(count) });

it("waits at the end for requests in flight and the workers' last reports", async () => {
  const master = masterWith(running(0), running(40), ended(45), ended(60), settled(80));
  const seen: number[] = [];
  const last = await followTest(master, { onSample: ({ totalRequests }) => seen.push(totalRequests) });
  expect(seen).toEqual([40]);
  expect(last.total.succeeded).toBe(80);
});

it('does not wait for figures that never come', async () => {
  const last = await followTest(masterWith(running(0), ended(45, 1015), ended(50, 1021)), {
    onSample: () => {},
  });
  expect(last.total.succeeded).toBe(50);
});

it('leaves at once when it is told to, also while it waits', async () => {
  const controller = new AbortController();
  const master = masterWith(running(0), async () => {
    controller.abort();
    return ended(45);
  });
  const following = followTest(master, { signal: controller.signal, onSample: () => {} });
  expect((await following).total.succeeded).toBe(45);
});

it('does not follow a test that was started in the meantime', async () => {
  const other = statistics({ test: test({ number: 3 }) });
  expect(await followTest(masterWith(running(0), other), { onSample: () => {} })).toBe(other);
});
