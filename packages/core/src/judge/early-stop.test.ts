import { describe, expect, it } from 'vitest';
import {
  request,
  row,
  seriesUpdate,
  statistics,
  test as runningTest,
} from '../../test/statistics-fixture.js';
import type { MasterStatistics } from '../locust/statistics.js';
import { RunSeries } from '../measure/run-series.js';
import { isLoadwrightError } from '../errors.js';
import type { SeriesRow } from '../series/rows.js';
import { describeEarlyStop, EarlyStopCheck } from './early-stop.js';
import type { ThresholdsInput } from './thresholds/input.js';
import { parseThresholds } from './thresholds/parse.js';

const times = (count: number, milliseconds = 5) => Array.from({ length: count }, () => milliseconds);

/** So many seconds into a load, with so many requests, of which some failed. */
function reading(seconds: number, requests: ReturnType<typeof request>): MasterStatistics {
  return statistics({
    state: 'running',
    test: runningTest(),
    time: 1000 + seconds,
    total: { ...requests, method: '', name: 'Aggregated' },
    requests: [requests],
  });
}

function look(thresholds: ThresholdsInput, at: MasterStatistics, warmUp = 0, rows: SeriesRow[] = []) {
  const series = new RunSeries();
  series.add(seriesUpdate({ rows, samples: [] }));
  const { stop } = new EarlyStopCheck(parseThresholds(thresholds), series, warmUp).look(at);
  return stop && describeEarlyStop(stop);
}

const failing = { http_req_failed: [{ threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '10s' }] };
const halfFailed = request('predict', times(20), { succeeded: 10, failed: 10 });

describe('a threshold with abortOnFail', () => {
  it('stops the load once its delay is over, and says why', () => {
    expect(look(failing, reading(9.9, halfFailed))).toBeUndefined();
    expect(look(failing, reading(10, halfFailed))).toBe(
      'Stopped early: after 10 s http_req_failed: rate<0.1 did not hold, measured 50 %.',
    );
  });

  it.each<[string, ThresholdsInput, ReturnType<typeof request>]>([
    ['holds', failing, request('predict', times(20))],
    ['is without it', { http_req_failed: ['rate<0.1'] }, halfFailed],
    ['has it switched off', { http_req_failed: [{ threshold: 'rate<0.1', abortOnFail: false }] }, halfFailed],
    [
      'has nothing to measure yet',
      { 'http_req_failed{name:other}': [{ threshold: 'rate<0.1', abortOnFail: true }] },
      halfFailed,
    ],
    [
      'asks for a percentile of too few requests',
      { http_req_duration: [{ threshold: 'p(95)<1', abortOnFail: true }] },
      request('predict', times(99)),
    ],
  ])('lets the load go on while it %s', (_name, thresholds, requests) => {
    expect(look(thresholds, reading(20, requests))).toBeUndefined();
  });

  it('stops the load for a percentile that has as many requests as it needs', () => {
    const thresholds = { http_req_duration: [{ threshold: 'p(95)<1', abortOnFail: true }] };
    expect(look(thresholds, reading(20, request('predict', times(100))))).toBe(
      'Stopped early: after 20 s http_req_duration: p(95)<1 did not hold, measured 5 ms.',
    );
  });

  it('looks at the load after its warm-up, from which its delay counts', () => {
    // Slow and failing in the first two seconds, then neither.
    const warm = [
      row(0, times(50, 900), { succeeded: 0, failed: 50 }),
      row(1, times(50, 900), { succeeded: 0, failed: 50 }),
    ];
    const all = request('predict', [...times(100, 900), ...times(300, 5)], { succeeded: 300, failed: 100 });
    const quick = { http_req_duration: [{ threshold: 'p(99)<100', abortOnFail: true }] };
    expect(look({ ...failing, ...quick }, reading(30, all), 2, warm)).toBeUndefined();
    expect(look(failing, reading(30, all), 0, warm)).toMatch(/measured 25 %/);
    expect(look(failing, reading(11.9, all), 2, [])).toBeUndefined();
    expect(look(failing, reading(12, all), 2, [])).toMatch(/^Stopped early: after 12 s/);
  });
});

it('says what every threshold would say if the load ended now, and nothing within the warm-up', () => {
  const check = new EarlyStopCheck(parseThresholds({ http_reqs: ['count>100'] }), new RunSeries(), 5);
  expect(check.look(reading(4, halfFailed)).results).toEqual([]);
  expect(check.look(reading(6, halfFailed))).toMatchObject({
    results: [
      { metric: 'http_reqs', passed: false, measured: 20 },
      { metric: 'http_req_failed', passed: false, measured: 0.5, isDefault: true },
    ],
    stop: undefined,
  });
});

describe('a threshold that may not stop a load', () => {
  it.each([
    [{ threshold: 'count>100', abortOnFail: true }, /count>100 cannot have abortOnFail: a count begins at 0/],
    [{ threshold: 'count<100', delayAbortEval: '5s' }, /has delayAbortEval, and stops nothing without/],
  ])('%o is refused', (written, message) => {
    let found: unknown;
    try {
      parseThresholds({ http_reqs: [written] });
    } catch (error) {
      found = error;
    }
    expect(isLoadwrightError(found) && found.code).toBe('THRESHOLD_INVALID');
    expect((found as Error).message).toMatch(message);
  });
});
