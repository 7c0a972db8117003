import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { timeFor } from './hurry.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const secondsOf = (signal: AbortSignal) => {
  let seconds = 0;
  for (; !signal.aborted && seconds < 60; seconds += 1) vi.advanceTimersByTime(1000);
  return seconds;
};

it('gives all of the time while nobody wants to leave', () => {
  expect(secondsOf(timeFor(20_000, new AbortController().signal))).toBe(20);
});

it('gives two seconds to who wants to leave, or wanted to before, and never more than there is', () => {
  const leave = new AbortController();
  const signal = timeFor(20_000, leave.signal);
  vi.advanceTimersByTime(3000);
  leave.abort();
  expect(secondsOf(signal)).toBe(2);
  expect(secondsOf(timeFor(20_000, leave.signal))).toBe(2);
  expect(secondsOf(timeFor(1000, leave.signal))).toBe(1);
});
