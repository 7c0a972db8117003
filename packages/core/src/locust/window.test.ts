import { describe, expect, it } from 'vitest';
import { windowOf } from './window.js';
import type { MasterStatistics, RequestStatistics } from './statistics.js';

function request(change: Partial<RequestStatistics>): RequestStatistics {
  return {
    method: 'POST',
    name: 'predict',
    count: 0,
    failures: 0,
    totalMilliseconds: 0,
    minimumMilliseconds: null,
    maximumMilliseconds: 0,
    totalBytes: 0,
    histogram: [],
    requestsPerSecond: [],
    failuresPerSecond: [],
    ...change,
  };
}

function reading(total: RequestStatistics, change: Partial<MasterStatistics> = {}): MasterStatistics {
  return {
    version: 1,
    state: 'running',
    time: 100,
    userCount: 1,
    workers: [],
    total,
    requests: [total],
    errors: [],
    locustVersion: '2.46.0',
    pythonVersion: '3.12.0',
    ...change,
  };
}

const earlier = request({
  count: 3,
  failures: 1,
  totalMilliseconds: 2010,
  minimumMilliseconds: 4.9,
  maximumMilliseconds: 2000,
  totalBytes: 30,
  histogram: [
    [5, 2],
    [2000, 1],
  ],
});
const later = request({
  count: 6,
  failures: 1,
  totalMilliseconds: 2040,
  minimumMilliseconds: 3.1,
  maximumMilliseconds: 2000,
  totalBytes: 60,
  histogram: [
    [3, 1],
    [5, 3],
    [22, 1],
    [2000, 1],
  ],
  requestsPerSecond: [
    [100, 2],
    [101, 4],
  ],
});

describe('windowOf', () => {
  it('subtracts what came before; a slow first second is gone from maximum and histogram', () => {
    expect(windowOf(reading(later), reading(earlier)).total).toMatchObject({
      count: 3,
      failures: 0,
      totalMilliseconds: 30,
      minimumMilliseconds: 3.1,
      maximumMilliseconds: 22,
      totalBytes: 30,
      histogram: [
        [3, 1],
        [5, 1],
        [22, 1],
      ],
    });
  });

  it('drops names and errors that did not occur again, and keeps new ones', () => {
    const error = (name: string, occurrences: number) => ({
      method: 'POST',
      name,
      error: 'HTTP 429',
      occurrences,
    });
    const window = windowOf(
      reading(later, {
        requests: [earlier, request({ name: 'new', count: 1 })],
        errors: [error('predict', 1), error('new', 2)],
        counters: { dropped: 5, retried_idle: 1 },
        lag: [[1, 10]],
        phases: { connect: [[2, 3]] },
      }),
      reading(earlier, {
        errors: [error('predict', 1)],
        counters: { dropped: 4 },
        lag: [[1, 4]],
        phases: { connect: [[2, 2]] },
      }),
    );
    expect(window.requests.map(({ name }) => name)).toEqual(['new']);
    expect(window.errors).toEqual([error('new', 2)]);
    expect(window.counters).toEqual({ dropped: 1, retried_idle: 1 });
    expect(window.lag).toEqual([[1, 6]]);
    expect(window.phases).toEqual({ connect: [[2, 1]], tls: [], wait: [] });
  });
});
