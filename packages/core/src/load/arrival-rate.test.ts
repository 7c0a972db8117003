import { describe, expect, it } from 'vitest';
import { arrivalsBetween, meanRate } from './arrival-rate.js';
import type { ArrivalPlan } from './plan.js';

/** Up to 100/s in ten seconds, a jump to 200/s, five seconds of it. */
const plan: ArrivalPlan = {
  kind: 'constant',
  maxInFlight: 1,
  startRate: 0,
  stages: [
    { durationSeconds: 10, ratePerSecond: 100 },
    { durationSeconds: 0, ratePerSecond: 200 },
    { durationSeconds: 5, ratePerSecond: 200 },
  ],
};

describe('meanRate', () => {
  it.each([
    [0, 1, 5],
    [4, 6, 50],
    [14, 15.2, 200],
    [15, 16, 0],
  ])('%d to %d', (from, to, rate) => expect(meanRate(plan, from, to)).toBe(rate));
});

describe('arrivalsBetween', () => {
  it.each([
    [0, 10, 500],
    [5, 10, 375],
    [9, 11, 295],
    [0, 60, 1500],
    [7, 7, 0],
    [9, 3, 0],
  ])('%d to %d', (from, to, count) => expect(arrivalsBetween(plan, from, to)).toBe(count));
});
