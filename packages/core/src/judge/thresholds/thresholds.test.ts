import { describe, expect, it } from 'vitest';
import { isLoadwrightError } from '../../errors.js';
import { request, trend } from '../../../test/statistics-fixture.js';
import { formatMeasured } from '../../values/format.js';
import { evaluateThresholds } from './evaluate.js';
import { parseThresholds, requireMeasurable, requireRequestNames } from './parse.js';

const oneToHundred = Array.from({ length: 100 }, (_, index) => index + 1);
const statistics = {
  total: request('Aggregated', [...oneToHundred, 500, 500], { succeeded: 100, failed: 2 }),
  requests: [
    request('predict', oneToHundred),
    request('other', [500], { succeeded: 0, failed: 1 }),
    request('other', [500], { method: 'GET', succeeded: 0, failed: 1 }),
    request('/items/{id}', [7, 7]),
  ],
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
    ['http_req_duration{name:/items/{id}}', 'max<8', 7, true],
    ['http_req_duration{name:nobody}', 'p(95)<200', null, false],
  ])('%s %s measures %s', (metric, expression, measured, passed) => {
    const [result] = evaluateThresholds(parseThresholds({ [metric]: [expression] }), statistics, 10);
    expect(result).toMatchObject({ metric, expression, passed });
    if (measured === null) expect(result?.measured).toBeNull();
    else expect(result?.measured).toBeCloseTo(measured, 9);
  });

  it('never measures beyond the maximum, where the middle of a bucket lies', () => {
    const constant = { ...trend([1000, 1000]), maximum: 1000, histogram: [[1002, 2]] as const };
    const total = request('Aggregated', [1000, 1000], { trends: { http_req_service: constant } });
    const thresholds = parseThresholds({ http_req_duration: ['p(99)<=1000', 'max<=1000'] });
    expect(
      evaluateThresholds(thresholds, { total, requests: [] }, 10).map(({ measured }) => measured),
    ).toEqual([1000, 1000, 0]);
  });

  it('has no rate for less than a second', () => {
    const thresholds = parseThresholds({ http_reqs: ['rate>0', 'count>0'], http_req_failed: [] });
    expect(evaluateThresholds(thresholds, statistics, 0.4)).toMatchObject([
      { measured: null, passed: false },
      { measured: 102, passed: true },
    ]);
  });

  it('tells over how many requests, and how many of them succeeded', () => {
    const thresholds = parseThresholds({ http_req_duration: ['p(95)<200'], http_req_failed: ['rate<1'] });
    expect(evaluateThresholds(thresholds, statistics, 10)).toMatchObject([
      { over: 102, succeeded: 100 },
      { over: 102 },
    ]);
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
  const slow = oneToHundred.map((time) => (time > 90 ? 2000 : 10));
  const total = request('Aggregated', oneToHundred, {
    due: 120,
    dropped: 20,
    trends: {
      http_req_service: trend(oneToHundred),
      http_req_response: trend(slow),
      http_req_connecting: trend([3, 3]),
      http_req_blocked: trend(oneToHundred.map((time) => (time > 50 ? 1 : 0.5))),
    },
  });
  const open = { total, requests: [] };

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

  it.each([
    ['http_req_response', 'p(95)<1'],
    ['dropped_iterations', 'count<1'],
  ])('%s needs one', (metric, expression) => {
    const thresholds = parseThresholds({ [metric]: [expression] });
    expect(() => requireMeasurable(thresholds, false)).toThrow(/nothing to measure/);
    expect(() => requireMeasurable(thresholds, true)).not.toThrow();
  });
});

describe('a threshold on a request name', () => {
  const thresholds = parseThresholds({
    'http_req_duration{name:predict}': ['p(95)<1'],
    'http_req_failed{name:/items/{id}}': ['rate<1'],
  });

  it('is refused where the load makes no request of that name', () => {
    expect(() => requireRequestNames(thresholds, ['predict', 'other'])).toThrow(
      /^thresholds\["http_req_failed\{name:\/items\/\{id\}\}"\]: no request of this load has that name, expected one of "predict", "other"$/,
    );
    expect(() => requireRequestNames(thresholds, ['predict', '/items/{id}'])).not.toThrow();
  });

  it('is let be where names are not known before the load', () => {
    expect(() => requireRequestNames(thresholds, undefined)).not.toThrow();
  });
});

describe('the default threshold', () => {
  const failed = { metric: 'http_req_failed', expression: 'rate<0.01' };

  it('is on failures, and marked', () => {
    const results = evaluateThresholds(parseThresholds({}), statistics, 10);
    expect(results).toMatchObject([{ ...failed, isDefault: true, passed: false, measured: 2 / 102 }]);
  });

  it('stays beside one on a name, which says nothing of the others', () => {
    const thresholds = parseThresholds({ 'http_req_failed{name:predict}': ['rate<0.5'] });
    expect(thresholds.map(({ key, isDefault }) => [key, isDefault])).toEqual([
      ['http_req_failed{name:predict}', undefined],
      ['http_req_failed', true],
    ]);
  });

  it.each([[[]], [['rate<0.5']]])('gives way to what is written: %j', (written) => {
    const thresholds = parseThresholds({ http_req_failed: written });
    expect(thresholds.map(({ expression }) => expression)).toEqual(written);
    expect(thresholds.some(({ isDefault }) => isDefault)).toBe(false);
  });
});

describe('thresholds on metrics whose names the load alone knows', () => {
  const declared = {
    'entry_node_*': { kind: 'counter', unit: '', description: 'answers by node' },
    'variant_*': { kind: 'trend', unit: 'ms', description: 'by variant' },
  } as const;
  const total = request('Aggregated', [1, 2], {
    trends: { variant_blue: trend(oneToHundred) },
    counters: { entry_node_a: 60 },
  });

  it.each([
    ['entry_node_a', 'count>50', 60, true],
    ['variant_blue', 'p(95)<100', 95, true],
    // A name that nothing was recorded of is no count of 0.
    ['entry_node_b', 'count<10', null, false],
    ['variant_green', 'avg<1000', null, false],
  ])('%s: %s', (metric, expression, measured, passed) => {
    const thresholds = parseThresholds({ [metric]: [expression] }, declared);
    expect(evaluateThresholds(thresholds, { total, requests: [] }, 10)[0]).toMatchObject({
      measured,
      passed,
    });
  });

  it.each([
    [
      'entry_node_10.0.0.1:4000',
      /expected a name of lower-case letters, digits and _: entry_node_10_0_0_1_4000/,
    ],
    ['entry_node_*', /expected a name .*: one of them, such as entry_node_/],
    ['entry_node_', /unknown metric|expected a name/],
    ['other_node_a', /unknown metric "other_node_a", expected one of .*entry_node_\*/],
  ])('refuses %s', (metric, message) => {
    expect(() => parseThresholds({ [metric]: ['count<1'] }, declared)).toThrow(message);
  });
});

describe('thresholds on what a target measures', () => {
  const declared = {
    time_to_first_token: { kind: 'trend', unit: 'ms', description: 'until the first token' },
    tokens: { kind: 'counter', unit: 'tokens', description: 'tokens of all answers' },
    cached: { kind: 'rate', unit: '', description: 'answers from the cache' },
  } as const;
  const total = request('Aggregated', [1, 2], {
    trends: { time_to_first_token: trend(oneToHundred) },
    counters: { tokens: 500 },
    rates: { cached: { hits: 3, total: 4 } },
  });
  const all = { total, requests: [{ ...total, name: 'chat' }] };

  it.each([
    ['time_to_first_token', 'p(95)<300', 95, 'ms'],
    ['time_to_first_token{name:chat}', 'avg<300', 50.5, 'ms'],
    ['tokens', 'count>100', 500, 'tokens'],
    ['tokens', 'rate>10', 50, 'tokens/s'],
    ['cached', 'rate>0.5', 0.75, 'share'],
  ])('%s: %s', (metric, expression, measured, unit) => {
    const [result] = evaluateThresholds(parseThresholds({ [metric]: [expression] }, declared), all, 10);
    expect(result).toMatchObject({ metric, measured, unit, passed: true });
  });

  it('reads shares in percent, and plain numbers as they are', () => {
    const plain = {
      hops: { kind: 'trend', unit: '', description: 'how often it was passed on' },
      hits: { kind: 'counter', unit: '', description: 'answers from the cache' },
      cached: { kind: 'rate', unit: '', description: 'share of them' },
    } as const;
    const values = request('Aggregated', [1], {
      ...{ trends: { hops: trend([1, 2, 3]) }, counters: { hits: 30 } },
      rates: { cached: { hits: 3, total: 4 } },
    });
    const read = (metric: string, aggregation: string) => {
      const thresholds = parseThresholds({ [metric]: [`${aggregation}>0`] }, plain);
      const [result] = evaluateThresholds(thresholds, { total: values, requests: [] }, 10);
      return formatMeasured(result!.measured, result!.unit);
    };
    expect(['avg', 'med', 'min', 'max', 'p(95)'].map((each) => read('hops', each))).toEqual([
      '2',
      '2',
      '1',
      '3',
      '3',
    ]);
    expect(['count', 'rate'].map((each) => read('hits', each))).toEqual(['30', '3 /s']);
    expect([read('cached', 'rate'), read('http_req_failed', 'rate')]).toEqual(['75 %', '0 %']);
  });

  it.each([
    ['cached', 'p(95)<1', /expected one of rate for cached/],
    ['tokens', 'avg<1', /expected one of count, rate for tokens/],
    ['others', 'avg<1', /unknown metric "others", expected one of .*time_to_first_token, tokens, cached/],
  ])('refuses %s: %s', (metric, expression, message) => {
    expect(() => parseThresholds({ [metric]: [expression] }, declared)).toThrow(message);
  });

  it('does not pass when it was never recorded', () => {
    const nothing = { total: request('Aggregated', [1]), requests: [] };
    const thresholds = parseThresholds({ time_to_first_token: ['p(95)<300'], cached: ['rate>0'] }, declared);
    const results = evaluateThresholds(thresholds, nothing, 10);
    expect(results.map(({ measured, passed }) => [measured, passed]).slice(0, 2)).toEqual([
      [null, false],
      [null, false],
    ]);
  });
});
