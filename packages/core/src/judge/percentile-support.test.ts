import { describe, expect, it } from 'vitest';
import { type LoadProfileInput } from '../load/profile.js';
import { loadProfileSchema } from '../load/profile-schema.js';
import { parseThresholds } from './thresholds/parse.js';
import { percentileSupport, requireSupport } from './percentile-support.js';

const supportOf = (load: LoadProfileInput, expression: string, metric = 'http_req_duration') =>
  percentileSupport(parseThresholds({ [metric]: [expression] }), loadProfileSchema.parse(load));

describe('percentiles that a load cannot support', () => {
  it.each<[string, LoadProfileInput, string, RegExp]>([
    [
      'a rate that is too low',
      { arrivalRate: '2/s', duration: '60s' },
      'p(99)<200',
      /^thresholds\["http_req_duration"\]: p\(99\)<200 needs at least 500 requests, and the load makes at most 121 in 1m; 4m8s would do\.$/,
    ],
    [
      'a rate whose warm-up is most of it',
      { arrivalRate: '10/s', duration: '30s', warmUp: '25s' },
      'p(95)<200',
      /at most 51 in 5s after the warm-up; 35s would do/,
    ],
    [
      'users that wait',
      { users: 5, duration: '20s', waitTime: '2s' },
      'p(95)<200',
      /needs at least 100 requests, and the load makes at most 54 in 20s/,
    ],
    [
      'stages that rise slowly',
      { stages: [{ duration: '10s', arrivalRate: '1/s' }] },
      'med<200',
      /needs at least 10 requests, and the load makes at most 6 in 10s; 17s would do/,
    ],
  ])('%s', (_name, load, expression, message) => {
    const support = supportOf(load, expression);
    expect(support).toEqual({ impossible: [expect.stringMatching(message)], unlikely: [] });
    expect(() => requireSupport(support)).toThrow(message);
  });

  it.each<[string, LoadProfileInput]>([
    ['users whose service must be fast', { users: 2, duration: '10s' }],
    ['users that wait a little', { users: 20, duration: '30s', waitTime: { min: '0s', max: '500ms' } }],
  ])('are warned of where they are unlikely: %s', (_name, load) => {
    const support = supportOf(load, 'p(99.9)<200');
    expect(support).toEqual({ impossible: [], unlikely: [expect.stringMatching(/makes about [\d,]+ in/)] });
    expect(() => requireSupport(support)).not.toThrow();
  });

  it('are none where the load has enough requests, for a maximum, or for a metric with values of its own', () => {
    const nothing = { impossible: [], unlikely: [] };
    expect(supportOf({ arrivalRate: '10/s', duration: '50s' }, 'p(99)<200')).toEqual(nothing);
    expect(supportOf({ arrivalRate: '1/s', duration: '1s' }, 'max<200')).toEqual(nothing);
    const declared = { tokens: { kind: 'trend', unit: 'tokens', description: '' } } as const;
    const thresholds = parseThresholds({ tokens: ['p(99)<200'] }, declared);
    const load = loadProfileSchema.parse({ arrivalRate: '1/s', duration: '1s' });
    expect(percentileSupport(thresholds, load)).toEqual(nothing);
  });

  it('may come by chance where arrivals do', () => {
    const load = { arrivalRate: '9/s', duration: '10s' };
    expect(supportOf(load, 'p(95)<200').impossible).toHaveLength(1);
    expect(supportOf({ ...load, arrivals: 'poisson' }, 'p(95)<200')).toMatchObject({ impossible: [] });
    expect(supportOf({ ...load, arrivals: 'poisson' }, 'p(95)<200').unlikely).toHaveLength(1);
  });
});
