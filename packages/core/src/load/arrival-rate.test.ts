import { describe, expect, it } from 'vitest';
import { arrivalsBetween, rateAt } from './arrival-rate.js';
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

describe('rateAt', () => {
  it.each([
    [0, 0],
    [5, 50],
    [10, 200],
    [15, 200],
    [16, 0],
  ])('second %d', (second, rate) => expect(rateAt(plan, second)).toBe(rate));
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
