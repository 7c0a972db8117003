import { whileWaiting } from '@loadwright/core/fleet';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tellingWaits, tellWaitsThrough } from './waits.js';

beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'setTimeout'] }),
);
afterEach(() => void vi.useRealTimers());

it('tells whom a command waits for, from time to time, where a view wants it told', async () => {
  const told: string[] = [];
  const seen: string[] = [];
  let answer = () => {};
  const asked = whileWaiting('ec2.example', () => new Promise<void>((resolve) => (answer = resolve)));
  const done = tellingWaits((line) => told.push(line), asked);
  vi.advanceTimersByTime(4900);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([expect.stringMatching(/^waiting for ec2\.example, 5s so far$/)]);
  const release = tellWaitsThrough((line) => seen.push(line));
  vi.advanceTimersByTime(20_000);
  release();
  expect([told.length, seen.length]).toEqual([1, 2]);
  answer();
  await done;
  vi.advanceTimersByTime(60_000);
  expect([told.length, seen.length]).toEqual([1, 2]);
});
