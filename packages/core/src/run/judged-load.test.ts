import { expect, it } from 'vitest';
import { realisticReport } from '../../test/report-fixture.js';
import type { MasterStatistics } from '../locust/statistics.js';
import { figuresOf } from './build-report.js';
import { judgedLoad } from './judged-load.js';
import { RatesBySecond } from './rates.js';
import type { Observation } from './watch.js';

/** Ten seconds of 100 requests; those of the first two took 500 ms, all others 5 ms. */
function reading(seconds: number, change: Partial<MasterStatistics> = {}): MasterStatistics {
  const slow = Math.min(seconds, 2) * 100;
  const count = seconds * 100;
  const histogram = [
    [5, count - slow],
    [500, slow],
  ] as const;
  const total = {
    method: '',
    name: 'Aggregated',
    count,
    failures: 0,
    totalMilliseconds: slow * 500 + (count - slow) * 5,
    minimumMilliseconds: 5,
    maximumMilliseconds: 500,
    totalBytes: count * 10,
    histogram: histogram.filter(([, times]) => times > 0),
    requestsPerSecond: Array.from({ length: seconds }, (_, second) => [1000 + second, 100] as const),
    failuresPerSecond: [],
  };
  return {
    version: 1,
    state: 'running',
    time: 1000 + seconds,
    userCount: 1,
    workers: [],
    total,
    requests: [{ ...total, method: 'POST', name: 'predict' }],
    errors: [],
    locustVersion: '2.46.0',
    pythonVersion: '3.12.0',
    ...change,
  };
}

const rates = new RatesBySecond(1000);
rates.add(reading(10));

const observation: Observation = {
  samples: realisticReport({ samples: 10 }).series,
  before: reading(0, { time: 1000 }),
  statistics: reading(10),
  warmedUp: undefined,
  rates,
  startedAt: 1000,
  loadSeconds: 10,
  endedAt: new Date(0),
  problems: [],
  aborted: false,
};

it('judges everything without a warm-up', () => {
  const judged = judgedLoad(observation, reading(10));
  expect(judged.window).toEqual({ from: 0, to: 10 });
  expect(judged.samples).toHaveLength(10);
  const figures = figuresOf(judged, observation);
  expect(figures.total).toMatchObject({ count: 1000, requestsPerSecond: 100, p95: 500, maximum: 500 });
  expect(figures.warmUpSeconds).toBeUndefined();
});

it('leaves the warm-up out of figures, and counts its length as the workers do', () => {
  // Read after 3 s, when the workers had reported 2.5 s of it.
  const half = reading(2);
  const warm = {
    ...half,
    total: {
      ...half.total,
      count: 250,
      histogram: [
        [5, 50],
        [500, 200],
      ] as const,
    },
  };
  const warmedUp = { statistics: warm, elapsedSeconds: 3 };
  const judged = judgedLoad({ ...observation, warmedUp }, reading(10));
  expect(judged.window).toEqual({ from: 2.5, to: 10 });
  expect(judged.samples.map(({ elapsedSeconds }) => elapsedSeconds)).toEqual([4, 5, 6, 7, 8, 9, 10]);
  const figures = figuresOf(judged, { ...observation, warmedUp });
  expect(figures.total).toMatchObject({ count: 750, requestsPerSecond: 100, p95: 5, maximum: 5 });
  expect(figures.warmUpSeconds).toBe(2.5);
  expect(figures.series).toHaveLength(10);
});

it('does not trust clocks that differ', () => {
  const rates = new RatesBySecond(1000);
  const { total, ...rest } = reading(10);
  const requestsPerSecond = total.requestsPerSecond.map(([second, count]) => [second + 60, count] as const);
  rates.add({ ...rest, total: { ...total, requestsPerSecond } });
  const warmedUp = { statistics: reading(2), elapsedSeconds: 3 };
  expect(judgedLoad({ ...observation, warmedUp, rates }, reading(10)).window.from).toBe(3);
});

it('tells response and service times, arrivals and the generator apart', () => {
  const plain = reading(10);
  const open = {
    ...plain,
    total: {
      ...plain.total,
      responseHistogram: [
        [6, 900],
        [2100, 100],
      ] as const,
    },
    counters: { arrivals: 1010, dropped: 4, late: 9, retried_idle: 2, cache_hits: 500 },
    lag: [
      [0.2, 99],
      [4, 1],
    ] as const,
    phases: { connect: [[1.5, 4]] as const, tls: [] },
  };
  const figures = figuresOf(judgedLoad(observation, open), observation);
  expect(figures.total).toMatchObject({
    p95: 2100,
    median: 6,
    service: { median: 5, p99: 500, maximum: 500 },
  });
  expect(figures.arrivals).toEqual({ offered: 1010, dropped: 4, late: 9, mostInFlight: 0 });
  expect(figures.counters).toEqual({ cache_hits: 500 });
  expect(figures.generator).toMatchObject({
    retriedIdle: 2,
    lag: { count: 100, p99: 0.2, maximum: 4 },
    phases: { connect: { count: 4, p99: 1.5 } },
  });
  expect(figures.generator?.phases).not.toHaveProperty('tls');
  expect(figures.distribution).toEqual(open.total.responseHistogram);
  expect(figures.serviceDistribution).toEqual(open.total.histogram);
});
