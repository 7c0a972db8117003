import { describe, expect, it, vi } from 'vitest';
import { masterWith } from '../../test/master-fixture.js';
import { statistics, worker } from '../../test/statistics-fixture.js';
import type { FleetNode } from './contract.js';
import { waitForWorkers } from './connect.js';

let clock = 0;
vi.spyOn(performance, 'now').mockImplementation(() => clock);
// Waiting takes no time, and the clock goes on by it.
vi.mock('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number, value: unknown) => {
    await Promise.resolve();
    clock += milliseconds;
    return value;
  },
}));

const handle = (nodes: readonly FleetNode[] = []) => ({ expectedWorkers: 2, status: async () => nodes });
const ready = statistics({ workers: [worker('a', 'ready'), worker('b', 'ready')] });
const one = statistics({ workers: [worker('a', 'ready')] });
const reading = (fraction: number, text = 'reading payloads') =>
  statistics({
    workers: [worker('a', 'ready'), worker('b', 'preparing')],
    setUp: { done: false, workers: [{ id: 'b', text, fraction }] },
  });

describe('waitForWorkers', () => {
  it('waits for all of them, and tells how many there are', async () => {
    const counts: number[] = [];
    const found = await waitForWorkers(masterWith(statistics(), one, one, ready), handle(), {
      onConnected: (workers) => counts.push(workers),
    });
    expect(found).toBe(ready);
    expect(counts).toEqual([0, 1, 2]);
  });

  it('waits as long as a worker gets on with its data, and tells how far it is', async () => {
    const begin = clock;
    const texts: string[] = [];
    const slow = Array.from({ length: 400 }, (_, index) => reading(index / 400));
    const found = await waitForWorkers(masterWith(...slow, ready), handle(), {
      onSetUp: (text) => texts.push(text),
    });
    expect(found).toBe(ready);
    expect(clock - begin).toBeGreaterThan(600_000);
    expect(texts.slice(0, 2)).toEqual(['reading payloads: 0 %', 'reading payloads: 10 %']);
    expect(texts).toHaveLength(10);
  });

  it.each([
    ['workers that do not come', one, /^1 of 2 workers were ready when nothing had happened for 120 s\.$/],
    [
      'a worker that gets no further',
      reading(0.42),
      /for 120 s, and the others got no further than reading payloads: 40 %\.$/,
    ],
  ])('does not wait for %s', async (_name, answer, message) => {
    const begin = clock;
    await expect(waitForWorkers(masterWith(answer), handle(), {})).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringMatching(message) as string,
    });
    expect(clock - begin).toBeLessThan(125_000);
  });

  it('does not wait when a node has ended, nor when the master does not answer', async () => {
    const nodes = [{ name: 'worker-1', role: 'worker', state: 'failed', reason: 'no memory' }] as const;
    await expect(waitForWorkers(masterWith(one), handle(nodes), {})).rejects.toThrow(
      'worker-1 ended before the load began: no memory',
    );
    await expect(waitForWorkers(masterWith('silence'), handle(), {})).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringContaining('does not answer') as string,
    });
  });
});
