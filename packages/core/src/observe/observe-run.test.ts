import { expect, it } from 'vitest';
import type { TestStatistics } from '../locust/statistics.js';
import { spanOf } from './observe-run.js';

const began = new Date(5_000);
const test = { startedAt: 10 } as TestStatistics;

it.each([
  ['the last request has ended', { time: 25, test: { ...test, endedAt: 20, settledAt: 23 } }, 10_000, 23_000],
  ['that was not told', { time: 25, test: { ...test, endedAt: 20 } }, 10_000, 20_000],
  ['it goes on', { time: 25, test }, 10_000, 25_000],
  ['the load is not known', { time: 25 }, 5_000, expect.any(Number)],
  ['nothing is known', undefined, 5_000, expect.any(Number)],
])('a service has to do with a load until its end: %s', (_, statistics, startedAt, endedAt) => {
  expect(spanOf(statistics, began)).toEqual({ startedAt, endedAt });
});
