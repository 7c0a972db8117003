import { describe, expect, it } from 'vitest';
import { request, trend } from '../../test/statistics-fixture.js';
import { parseTiers } from './objectives.js';

const times = Array.from({ length: 100 }, (_, index) => index + 1);
const total = request('Aggregated', times, {
  succeeded: 95,
  failed: 5,
  trends: { http_req_response: trend(times) },
});
const statistics = { total, requests: [request('predict', [7, 9])] };

describe('conditions of a calibration', () => {
  it.each([
    ['p(95)<91', 'latency', 0.05, 0.1],
    ['p(95)<=91', 'latency', 0.05, 0.09],
    ['med<51', 'latency', 0.5, 0.5],
    ['avg<80', 'latency', 80, 50.5],
    ['rate<0.01', 'errors', 0.01, 0.05],
    ['http_req_failed: rate<0.02', 'errors', 0.02, 0.05],
    ['http_req_response p(99)<100', 'latency', 0.01, 0.01],
    ['http_req_service{name:predict}: avg<8', 'latency', 8, 8],
    ['http_reqs rate>10', 'other', 10, 100],
  ])('%s is a ratio against a limit', (text, kind, limit, ratio) => {
    const [tier] = parseTiers([{ conditions: [text] }]);
    const [condition] = tier!.conditions;
    expect(condition).toMatchObject({ kind });
    expect(condition!.limit).toBeCloseTo(limit, 9);
    const { sum, weight } = condition!.tally(statistics);
    expect(sum / weight).toBeCloseTo(ratio, 9);
  });

  it('names a tier by its conditions, and reads what a target measures', () => {
    const declared = { cached: { kind: 'rate', unit: '', description: 'answers from the cache' } } as const;
    const tiers = parseTiers(
      [{ conditions: ['cached rate>0.5', 'p(95)<200'] }, { name: 'gold', conditions: ['p(95)<100'] }],
      declared,
    );
    expect(tiers.map(({ name }) => name)).toEqual(['cached rate>0.5, p(95)<200', 'gold']);
    expect(tiers[0]!.conditions[0]).toMatchObject({ holds: 'above', isShare: true, limit: 0.5 });
  });

  it.each([
    [[], /found none/],
    [[{ conditions: [] }], /found no condition/],
    [
      [{ conditions: ['max<200', 'p(95)==3', 'p95<2', 'p(100)<9'] }],
      /max alone|decides max[^]*==[^]*p95[^]*p\(100\)/,
    ],
  ])('refuses %j', (tiers, message) => {
    expect(() => parseTiers(tiers)).toThrow(message);
  });

  it('refuses a request name that the load does not have', () => {
    const tiers = [{ conditions: ['http_req_duration{name:predit} p(95)<200'] }];
    expect(() => parseTiers(tiers, {}, ['predict'])).toThrow(/objective .*expected one of "predict"/);
    expect(() => parseTiers(tiers)).not.toThrow();
  });
});
