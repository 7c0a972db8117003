import type { Condition } from './contract.js';

/** A level as one condition sees it, turned so that larger is worse and 1 is the limit. */
export interface Point {
  readonly logRate: number;
  readonly mean: number;
  /** What was counted, in limits and bursts. */
  readonly weight: number;
  readonly overloaded: boolean;
}

/** Of a Poisson distribution, for a weight of 1. */
export function deviance(mean: number, expected: number): number {
  if (mean === 0) return 2 * expected;
  return expected === 0 ? Infinity : 2 * (mean * Math.log(mean / expected) - mean + expected);
}

/** Of conditions that break when the ratio falls, the ratio is turned over. */
export const orient = (share: number, { holds }: Condition) =>
  holds === 'below' ? share : 1 / Math.max(share, 1e-9);
