import { describe, expect, it } from 'vitest';
import { isLoadwrightError } from '../errors.js';
import type { RequestStatistics } from '../locust/statistics.js';
import { evaluateThresholds } from './evaluate.js';
import { parseThresholds, requireMeasurable } from './parse.js';

function request(name: string, times: number[], failures = 0, method = 'POST'): RequestStatistics {
  const counts = new Map<number, number>();
  for (const time of times) counts.set(time, (counts.get(time) ?? 0) + 1);
  return {
    method,
    name,
    count: times.length,
    failures,
    totalMilliseconds: times.reduce((sum, time) => sum + time, 0),
    minimumMilliseconds: times.length > 0 ? Math.min(...times) : null,
    maximumMilliseconds: Math.max(0, ...times),
    totalBytes: 0,
    histogram: [...counts].sort(([first], [second]) => first - second),
    requestsPerSecond: [],
    failuresPerSecond: [],
  };
}

const oneToHundred = Array.from({ length: 100 }, (_, index) => index + 1);
const statistics = {
  total: request('Aggregated', [...oneToHundred, 500, 500], 2),
  requests: [request('predict', oneToHundred), request('other', [500], 2), request('other', [500], 0, 'GET')],
};

describe('thresholds that hold or break', () => {
  it.each([
    ['http_req_duration', 'p(95)<200', 97, true],
    ['http_req_duration{name:predict}', 'p(95)<95', 95, false],
    ['http_req_duration{name:predict}', 'p(95)<=95', 95, true],
    ['http_req_duration{ name : predict }', 'p(99.9) < 101', 100, true],
    ['http_req_duration{name:predict}', 'avg<50', 50.5, false],
    ['http_req_duration{name:predict}', 'med==50', 50, true],
    ['http_req_duration{name:predict}', 'min>=1', 1, true],
    ['http_req_duration', 'max<500', 500, false],
    ['http_req_failed', 'rate<0.01', 2 / 102, false],
    ['http_req_failed{name:predict}', 'rate<0.01', 0, true],
    ['http_req_failed{name:other}', 'rate<=1', 1, true],
    ['http_reqs', 'count>1000', 102, false],
    ['http_reqs{name:other}', 'count===2', 2, true],
    ['http_reqs', 'rate>10', 10.2, true],
    ['http_req_duration{name:nobody}', 'p(95)<200', null, false],
  ])('%s %s measures %s', (metric, expression, measured, passed) => {
    const [result] = evaluateThresholds(parseThresholds({ [metric]: [expression] }), statistics, 10);
    expect(result).toMatchObject({ metric, expression, passed });
    if (measured === null) expect(result?.measured).toBeNull();
    else expect(result?.measured).toBeCloseTo(measured, 9);
  });

  it('does not pass when there was no request at all', () => {
    const nothing = { total: request('Aggregated', []), requests: [] };
    const results = evaluateThresholds(
      parseThresholds({ http_req_duration: ['p(95)<200'], http_req_failed: ['rate<0.01'] }),
      nothing,
      10,
    );
    expect(results.map((result) => result.passed)).toEqual([false, false]);
  });
});

describe('thresholds that cannot be understood', () => {
  it.each([
    [
      'http_req_duratoin',
      'p(95)<200',
      /unknown metric "http_req_duratoin", expected one of http_req_duration/,
    ],
    ['toString', 'count<1', /unknown metric "toString"/],
    ['http_req_duration{status:200}', 'p(95)<200', /unknown tag "status", expected name/],
    ['http_req_duration', 'p95<200', /found "p95<200", expected an expression such as p\(95\)<200/],
    ['http_req_duration', 'p(95)<200ms', /found "p\(95\)<200ms".*milliseconds/],
    ['http_req_duration', 'rate<0.1', /found "rate", expected one of avg, min, max, med, p\(N\)/],
    ['http_req_failed', 'p(95)<1', /found "p\(95\)", expected one of rate/],
    ['http_req_duration', 'p(101)<1', /found p\(101\), expected a percentile above 0 and up to 100/],
    ['http_req_duration', '', /found ""/],
    [
      'http_req_connecting{name:predict}',
      'max<1',
      /found a request name, expected http_req_connecting alone/,
    ],
    ['dropped_iterations{name:predict}', 'count<1', /found a request name/],
  ])('%s: %s', (metric, expression, message) => {
    const error = (() => {
      try {
        parseThresholds({ [metric]: [expression] });
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(isLoadwrightError(error) && error.code).toBe('THRESHOLD_INVALID');
    expect((error as Error).message).toMatch(message);
  });

  it('names all of them at once', () => {
    expect(() => parseThresholds({ a: ['p(95)<1'], http_reqs: ['count'] })).toThrow(/"a"[\s\S]*http_reqs/);
  });
});

describe('thresholds of the open model', () => {
  const total = {
    ...request('Aggregated', oneToHundred),
    responseHistogram: [
      [10, 90],
      [2000, 10],
    ] as const,
  };
  const open = {
    total,
    requests: [],
    counters: { dropped: 20, arrivals: 120 },
    phases: {
      connect: [[3, 2]] as const,
      tls: [],
      wait: [
        [0.5, 50],
        [1, 50],
      ] as const,
    },
  };

  it.each([
    ['http_req_duration', 'p(95)<200', 2000],
    ['http_req_response', 'p(95)<200', 2000],
    ['http_req_response', 'avg<200', 209],
    ['http_req_response', 'min<200', 10],
    ['http_req_service', 'p(95)<200', 95],
    ['http_req_service', 'max<200', 100],
    ['http_req_connecting', 'p(98)<=0', 0],
    ['http_req_connecting', 'max<5', 3],
    ['http_req_tls_handshaking', 'max<5', 0],
    ['http_req_blocked', 'med<1', 0.5],
    ['dropped_iterations', 'count<1', 20],
    ['dropped_iterations', 'rate<1', 2],
  ])('%s %s measures %d', (metric, expression, measured) => {
    const [result] = evaluateThresholds(parseThresholds({ [metric]: [expression] }), open, 10);
    expect(result?.measured).toBe(measured);
  });

  it('measures no phase that the runtime does not tell', () => {
    const [result] = evaluateThresholds(parseThresholds({ http_req_blocked: ['max<1'] }), statistics, 10);
    expect(result).toMatchObject({ measured: null, passed: false });
  });

  it.each([
    ['http_req_response', 'p(95)<1'],
    ['dropped_iterations', 'count<1'],
  ])('%s needs one', (metric, expression) => {
    const thresholds = parseThresholds({ [metric]: [expression] });
    expect(() => requireMeasurable(thresholds, false)).toThrow(/nothing to measure/);
    expect(() => requireMeasurable(thresholds, true)).not.toThrow();
  });
});
