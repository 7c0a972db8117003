import { describe, expect, it } from 'vitest';
import {
  endedTest,
  request,
  row,
  rowOfRun,
  seriesTrend,
  seriesUpdate,
  stamp,
  statistics,
  test,
} from '../../test/statistics-fixture.js';
import type { ArrivalPlan } from '../load/plan.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { SeriesRow, SeriesSample } from '../series/rows.js';
import { figuresOf } from '../results/build-report.js';
import { judgeLoad, type MeasuredLoad } from './judged-load.js';
import { RunSeries } from '../measure/run-series.js';

const times = (count: number, milliseconds: number) => Array.from({ length: count }, () => milliseconds);

/** Ten seconds of 100 requests; those of the first two took 500 ms, all others 5 ms. */
const rows = Array.from({ length: 10 }, (_, second) => row(second, times(100, second < 2 ? 500 : 5)));
const all = request(
  'predict',
  rows.flatMap(({ second }) => times(100, second < 2 ? 500 : 5)),
);

function load(
  change: Partial<MeasuredLoad> & {
    rows?: readonly SeriesRow[];
    samples?: readonly SeriesSample[];
    statistics?: MasterStatistics;
  } = {},
): MeasuredLoad {
  const { rows: ownRows = rows, samples = [], ...rest } = change;
  const series = new RunSeries();
  series.add(seriesUpdate({ rows: ownRows, samples }));
  return {
    statistics: statistics({ test: endedTest(), total: { ...all, method: '' }, requests: [all] }),
    series,
    durationSeconds: 10,
    warmUpSeconds: 0,
    arrivals: undefined,
    ...rest,
  };
}

const figures = (change: Parameters<typeof load>[0] = {}, isOpenModel = false) =>
  figuresOf(judgeLoad(load(change)), isOpenModel);

describe('the judged window', () => {
  it('is everything without a warm-up', () => {
    const judged = judgeLoad(load());
    expect(judged.window).toEqual({ from: 0, to: 10 });
    expect(judged.samples).toHaveLength(10);
    expect(judged.books?.violations).toEqual([]);
    expect(figures().total).toMatchObject({ due: 1000, count: 1000, requestsPerSecond: 100, maximum: 500 });
    expect(figures()).not.toHaveProperty('warmUpSeconds');
  });

  it('leaves the warm-up out of figures, exactly, but neither of the series nor of the books', () => {
    const judged = judgeLoad(load({ warmUpSeconds: 2 }));
    expect(judged.window).toEqual({ from: 2, to: 10 });
    expect(judged.samples.map(({ elapsedSeconds }) => elapsedSeconds)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    const { total, ...others } = figures({ warmUpSeconds: 2 });
    expect(total).toMatchObject({ due: 800, count: 800, requestsPerSecond: 100, minimum: 5, maximum: 5 });
    expect(total.p95).toBe(5);
    expect(others).toMatchObject({
      warmUpSeconds: 2,
      loadSeconds: 10,
      accounting: { due: 1000, holds: true },
    });
    expect(others.series).toHaveLength(10);
  });

  it('has a request in the second in which it was due, however late it ended', () => {
    const hanging = row(1, [], {
      due: 3,
      failed: 3,
      failures: { unfinished: 3 },
      trends: { http_req_service: seriesTrend(times(3, 9000)) },
    });
    const { total } = figures({ rows: [hanging, row(5, [10])], warmUpSeconds: 2 });
    expect(total).toMatchObject({ due: 1, failed: 0, maximum: 10 });
  });

  it('is all of a load that ended before its warm-up did', () => {
    const stopped = statistics({ test: endedTest({ endedAt: 1001.5, endedBy: 'stop' }) });
    const { total, ...others } = figures({ statistics: stopped, rows: [row(0, [5])], warmUpSeconds: 4 });
    expect(total.count).toBe(1);
    expect(others).not.toHaveProperty('warmUpSeconds');
  });

  it('does not count the moment that a master needs to end a load', () => {
    const late = statistics({ test: endedTest({ endedAt: 1010.4 }) });
    expect(judgeLoad(load({ statistics: late }))).toMatchObject({
      window: { to: 10 },
      measuredSeconds: expect.closeTo(10.4, 6) as number,
    });
    const stopped = statistics({ test: endedTest({ endedAt: 1004.4, endedBy: 'stop' }) });
    expect(judgeLoad(load({ statistics: stopped })).window.to).toBeCloseTo(4.4, 6);
  });

  it('reaches to what was last seen of a load whose end nobody saw', () => {
    const lost = statistics({ test: test(), time: 1003 });
    expect(judgeLoad(load({ statistics: lost, samples: [stamp(4)] })).window.to).toBe(4);
  });

  it.each([0.4, 0])('has no rate for %d s', (length) => {
    const short = statistics({ test: endedTest({ endedAt: 1000 + length, endedBy: 'stop' }) });
    const { total, series } = figures({ statistics: short, rows: length > 0 ? [row(0, [5])] : [] });
    expect(total.requestsPerSecond).toBeNull();
    expect(series).toEqual([]);
  });

  it('is nothing of a master that never answered', () => {
    const { total, accounting } = figures({ statistics: undefined, rows: [] });
    expect(total).toMatchObject({ due: 0, requestsPerSecond: null });
    expect(accounting).toBeUndefined();
  });
});

describe('the series of a report', () => {
  it('has what ended in a second, and what the master stamped at its end', () => {
    const { series } = figures({
      rows: [
        row(0, [5, 7], { failed: 1, succeeded: 1, failures: { status: 1 } }),
        rowOfRun(0, { ended: 1, endedFailed: 0 }),
        rowOfRun(3, { ended: 1, endedFailed: 1 }),
      ],
      samples: [stamp(1, { inFlight: 1, oldestSeconds: 0.9, users: 4 }), stamp(2, { inFlight: 1 })],
    });
    expect(
      series
        .map(({ requestsPerSecond, failuresPerSecond }) => [requestsPerSecond, failuresPerSecond])
        .slice(0, 5),
    ).toEqual([
      [1, 0],
      [0, 0],
      [0, 0],
      [1, 1],
      [0, 0],
    ]);
    expect(series[0]).toMatchObject({
      elapsedSeconds: 1,
      users: 4,
      inFlight: 1,
      oldestSeconds: 0.9,
      p50: expect.closeTo(5, 1) as number,
    });
    expect(series.at(-1)).toMatchObject({ totalRequests: 2, totalFailures: 1, p50: null });
    expect(series[0]).not.toHaveProperty('metrics');
  });

  it('shows a stall, which the report names', () => {
    const hanging = { due: 1, succeeded: 0, failed: 1, failures: { unfinished: 1 } };
    const trends = { http_req_service: seriesTrend([9000]) };
    const { series, stalls } = figures({
      rows: [
        rowOfRun(0, { ended: 50 }),
        row(0, times(50, 5)),
        row(1, [], { ...hanging, trends }),
        rowOfRun(11, { ended: 1, endedFailed: 1 }),
      ],
      samples: Array.from({ length: 10 }, (_, index) => stamp(index + 1, { inFlight: index > 0 ? 1 : 0 })),
    });
    expect(stalls).toEqual([{ from: 1, to: 10, inFlight: 1 }]);
    expect(series[8]).toMatchObject({ requestsPerSecond: 0, inFlight: 1 });
  });

  it('has what the target measured', () => {
    const metrics = {
      http_req_service: { kind: 'trend', unit: 'ms', description: '' },
      loop_lag: { kind: 'trend', unit: 'ms', description: '' },
      first_token: { kind: 'trend', unit: 'ms', description: '' },
      tokens: { kind: 'counter', unit: 'tokens', description: '' },
      cached: { kind: 'rate', unit: '', description: '' },
    } as const;
    const {
      series,
      requests,
      total,
      metrics: shown,
    } = figures({
      statistics: statistics({ test: endedTest(), metrics }),
      rows: [
        row(0, [5], {
          trends: { first_token: seriesTrend([2]) },
          counters: { tokens: 30 },
          rates: { cached: { hits: 1, total: 2 } },
        }),
        rowOfRun(1, { counters: { tokens: 10, misses: 3, late: 4 } }),
      ],
    });
    expect(series[0]?.metrics).toEqual({
      first_token: { p50: 2, p95: 2, p99: 2 },
      tokens: { perSecond: 30 },
      cached: { rate: 0.5 },
    });
    expect(Object.keys(shown)).toEqual(['first_token', 'tokens', 'cached']);
    expect(requests[0]?.metrics).toEqual({
      first_token: { count: 1, avg: 2, min: 2, med: 2, p90: 2, p95: 2, p99: 2, max: 2 },
      tokens: { count: 30, rate: 3 },
      cached: { rate: 0.5, hits: 1, total: 2 },
    });
    expect(total.metrics['tokens']).toEqual({ count: 40, rate: 4 });
  });
});

it('tells response and service times, arrivals and the generator apart', () => {
  const arrivals: ArrivalPlan = {
    kind: 'constant',
    maxInFlight: 5,
    startRate: 101,
    stages: [{ durationSeconds: 10, ratePerSecond: 101 }],
  };
  const open = rows.map((each) => ({
    ...each,
    trends: { ...each.trends, http_req_response: seriesTrend(times(100, each.second < 1 ? 2100 : 6)) },
  }));
  const run = rowOfRun(3, {
    due: 4,
    dropped: 4,
    counters: { late: 9, retried_idle: 2, cache_hits: 500 },
    trends: {
      loop_lag: seriesTrend([...times(99, 0.2), 4]),
      http_req_connecting: seriesTrend(times(4, 1.5)),
    },
  });
  const samples = [stamp(1, { inFlight: 3 }), stamp(2, { inFlight: 7 })];
  const found = figures({ arrivals, rows: [...open, run], samples }, true);
  expect(found.total).toMatchObject({
    due: 1004,
    dropped: 4,
    retried: 2,
    p95: 2100,
    service: { p99: 500, maximum: 500 },
  });
  expect(found.arrivals).toEqual({ offered: 1004, dropped: 4, late: 9, mostInFlight: 7 });
  expect(found.counters).toEqual({ cache_hits: 500 });
  expect(found.generator).toMatchObject({
    retriedIdle: 2,
    lag: { count: 100, maximum: 4 },
    phases: { connect: { count: 4, p99: 1.5 } },
  });
  expect(found.generator?.phases).not.toHaveProperty('tls');
  expect(found.distribution.map(([, count]) => count)).toEqual([900, 100]);
  expect(found.serviceDistribution?.map(([, count]) => count)).toEqual([800, 200]);
  expect(found.series[3]?.open).toMatchObject({ offeredPerSecond: 101, late: 9, dropped: 4 });
});
