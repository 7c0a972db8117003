import { describe, expect, it } from 'vitest';
import { realisticReport } from '../../test/report-fixture.js';
import { request, trend } from '../../test/statistics-fixture.js';
import type { Sample } from './sample-contract.js';
import { findStalls, stallLimit } from './stalls.js';

const [template] = realisticReport({ samples: 1 }).series;

/** One sample a second: requests that ended, and in flight. */
const samples = (...seconds: readonly (readonly [ended: number, inFlight: number])[]): Sample[] =>
  seconds.map(([requestsPerSecond, inFlight], second) => ({
    ...template!,
    elapsedSeconds: second + 1,
    requestsPerSecond,
    inFlight,
  }));

const times = <Value>(count: number, value: Value) => Array.from({ length: count }, () => value);

describe('a stall', () => {
  it('is a time without an answer, although requests are in flight', () => {
    const series = samples(...times(3, [10, 2] as const), ...times(6, [0, 8] as const), [1, 9], [0, 7]);
    expect(findStalls(series, 5)).toEqual([{ from: 3, to: 9, inFlight: 8 }]);
  });

  it('may last to the end', () => {
    expect(findStalls(samples([10, 2], ...times(7, [0, 3] as const)), 5)).toEqual([
      { from: 1, to: 8, inFlight: 3 },
    ]);
  });

  it('is none for less than the limit', () => {
    expect(findStalls(samples([10, 2], ...times(5, [0, 3] as const), [1, 1]), 5)).toEqual([]);
  });

  it('is none while nobody waits', () => {
    expect(findStalls(samples([10, 2], ...times(9, [0, 0] as const), [1, 1]), 5)).toEqual([]);
  });

  it('can come twice', () => {
    const stall = times(6, [0, 3] as const);
    expect(findStalls(samples(...stall, [5, 1], ...stall), 5)).toHaveLength(2);
  });
});

describe('the limit', () => {
  const total = (values: readonly number[]) =>
    request('Aggregated', [], { trends: { http_req_service: trend(values) } });

  it('is five times the p99, and at least 5 s', () => {
    expect(stallLimit(total(times(100, 20)), {})).toBe(5);
    expect(stallLimit(total(times(100, 3000)), {})).toBe(15);
    expect(stallLimit(total([]), {})).toBe(5);
  });

  it('is that of answers: what hangs does not make its own stall look usual', () => {
    const values = [...times(97, 20), ...times(3, 15_000)];
    expect(stallLimit(total(values), {})).toBe(75);
    expect(stallLimit(total(values), { unfinished: 2, timeout: 1 })).toBe(5);
  });
});
