import { describe, expect, it } from 'vitest';
import { warmUpSeconds } from './length.js';
import { type LoadProfileInput } from './profile.js';
import { loadProfileSchema } from './profile-schema.js';
import { resolveLoad } from './resolve.js';

const resolve = (load: LoadProfileInput) => resolveLoad(loadProfileSchema.parse(load), 'sequential', 3);
const stagesOf = (load: LoadProfileInput) =>
  resolve(load).stages?.map((stage) => [stage.durationSeconds, stage.users]);

describe('load profiles', () => {
  it('constant load has no stages: Locust’s own options control it', () => {
    expect(resolve({ users: 200, spawnRate: 10, duration: '5m' })).toEqual({
      version: 1,
      users: 200,
      spawnRate: 10,
      durationSeconds: 300,
      waitTime: { minimumSeconds: 0, maximumSeconds: 0 },
      payloadOrder: 'sequential',
      gracefulStopSeconds: 30,
    });
  });

  it('hands on how long requests in flight may take at the end, and how many are logged', () => {
    const load = { users: 1, duration: '1m' };
    expect(resolve(load)).not.toHaveProperty('logRequests');
    expect(resolve({ ...load, gracefulStop: '1500ms', logRequests: '0.5%' })).toMatchObject({
      gracefulStopSeconds: 1.5,
      logRequests: 0.005,
    });
    expect(resolve({ arrivalRate: '1/s', duration: '1m', gracefulStop: '0s' }).gracefulStopSeconds).toBe(0);
  });

  it('starts all users within a second by default', () => {
    expect(resolve({ users: 7, duration: '1m' }).spawnRate).toBe(7);
  });

  it('ramp: a line, then a hold', () => {
    const plan = resolve({ profile: 'ramp', from: 10, users: 100, duration: '1m', hold: '30s' });
    expect(plan).toMatchObject({ startUsers: 10, users: 100, durationSeconds: 90 });
    expect(plan.stages).toEqual([
      { durationSeconds: 60, users: 100 },
      { durationSeconds: 30, users: 100 },
    ]);
  });

  it('stages: as written', () => {
    expect(
      stagesOf({
        stages: [
          { duration: '10s', users: 5 },
          { duration: '0s', users: 50 },
        ],
      }),
    ).toEqual([
      [10, 5],
      [0, 50],
    ]);
  });

  it('step: a staircase of equal steps', () => {
    expect(stagesOf({ profile: 'step', users: 10, steps: 4, duration: '40s' })).toEqual([
      [0, 3],
      [10, 3],
      [0, 5],
      [10, 5],
      [0, 8],
      [10, 8],
      [0, 10],
      [10, 10],
    ]);
  });

  it('spike: the peak is the middle fifth', () => {
    expect(stagesOf({ profile: 'spike', users: 10, peakUsers: 100, duration: '100s' })).toEqual([
      [0, 10],
      [40, 10],
      [0, 100],
      [20, 100],
      [0, 10],
      [40, 10],
    ]);
  });

  it('soak: an hour, a minute of it to ramp', () => {
    expect(resolve({ profile: 'soak', users: 10 }).durationSeconds).toBe(3600);
    expect(stagesOf({ profile: 'soak', users: 10 })).toEqual([
      [60, 10],
      [3540, 10],
    ]);
  });

  it('reads pauses between requests', () => {
    expect(resolve({ users: 1, duration: '1s', waitTime: { min: '50ms', max: '150ms' } }).waitTime).toEqual({
      minimumSeconds: 0.05,
      maximumSeconds: 0.15,
    });
  });

  it('arrivals: one user a worker, and a rate of all of them', () => {
    expect(resolve({ arrivalRate: '30000/m', duration: '1m' })).toEqual({
      version: 1,
      users: 3,
      spawnRate: 3,
      durationSeconds: 60,
      waitTime: { minimumSeconds: 0, maximumSeconds: 0 },
      payloadOrder: 'sequential',
      gracefulStopSeconds: 30,
      arrivals: {
        kind: 'constant',
        maxInFlight: 10_000,
        startRate: 500,
        stages: [{ durationSeconds: 60, ratePerSecond: 500 }],
      },
    });
  });

  it('arrival-stages: from nothing, as written', () => {
    const plan = resolve({
      stages: [
        { duration: '10s', arrivalRate: '100/s' },
        { duration: '0s', arrivalRate: '0/s' },
      ],
      arrivals: 'poisson',
      maxInFlight: 50,
    });
    expect(plan).toMatchObject({ durationSeconds: 10, users: 3 });
    expect(plan.stages).toBeUndefined();
    expect(plan.arrivals).toEqual({
      kind: 'poisson',
      maxInFlight: 50,
      startRate: 0,
      stages: [
        { durationSeconds: 10, ratePerSecond: 100 },
        { durationSeconds: 0, ratePerSecond: 0 },
      ],
    });
  });

  it.each<[string, LoadProfileInput, number]>([
    ['users at once', { users: 5, duration: '1m' }, 0],
    ['a slow start', { users: 200, spawnRate: 10, duration: '1m' }, 20],
    ['a start that takes the whole load', { users: 200, spawnRate: 1, duration: '1m' }, 0],
    ['a ramp with a hold', { profile: 'ramp', users: 5, duration: '10s', hold: '5s' }, 10],
    ['a ramp and nothing else', { profile: 'ramp', users: 5, duration: '10s' }, 0],
    ['a soak', { profile: 'soak', users: 5 }, 60],
    ['a staircase', { profile: 'step', users: 5, duration: '10s' }, 0],
    ['arrivals', { arrivalRate: '5/s', duration: '10s' }, 0],
    ['what is written', { arrivalRate: '5/s', duration: '10s', warmUp: '4s' }, 4],
    ['nothing, if that is written', { profile: 'soak', users: 5, warmUp: '0s' }, 0],
    ['whole seconds, rounded up', { arrivalRate: '5/s', duration: '10s', warmUp: '1500ms' }, 2],
    ['whole seconds of a ramp', { users: 5, spawnRate: 2, duration: '10s' }, 3],
    ['a ramp that leaves less than a second', { users: 5, spawnRate: 1, duration: '5500ms' }, 0],
  ])('does not judge the warm-up: %s', (_name, load, seconds) => {
    expect(warmUpSeconds(loadProfileSchema.parse(load))).toBe(seconds);
  });

  it.each<[unknown, RegExp]>([
    [
      { users: 5, arrivalRate: '5/s', duration: '1m' },
      /^found users together with arrivalRate, expected one model/,
    ],
    [
      {
        stages: [
          { duration: '1s', users: 1 },
          { duration: '1s', arrivalRate: '1/s' },
        ],
      },
      /stages\[\]\.users together with stages\[\]\.arrivalRate/,
    ],
    [
      { profile: 'constant', arrivalRate: '5/s', duration: '1m' },
      /arrivalRate with profile constant, which has users/,
    ],
    [
      { profile: 'arrivals', users: 5, duration: '1m' },
      /users with profile arrivals, which has arrivals and no users/,
    ],
    [{ arrivalRate: '5/s', duration: '1m', waitTime: '1s' }, /found waitTime together with arrivalRate/],
  ])('refuses a mixture of the models with one message: %j', (load, message) => {
    const issues = loadProfileSchema.safeParse(load).error?.issues ?? [];
    expect(issues).toHaveLength(1);
    expect(issues[0]?.message).toMatch(message);
  });

  it.each<[string, unknown, string]>([
    ['a number as arrival rate', { arrivalRate: 500, duration: '1s' }, 'arrivalRate'],
    ['a rate without a unit', { arrivalRate: '500', duration: '1s' }, 'arrivalRate'],
    ['a rate of nothing', { arrivalRate: '0/s', duration: '1s' }, 'arrivalRate'],
    ['an unknown distribution', { arrivalRate: '1/s', duration: '1s', arrivals: 'normal' }, 'arrivals'],
    ['no room for a request', { arrivalRate: '1/s', duration: '1s', maxInFlight: 0 }, 'maxInFlight'],
    ['stages of no rate', { stages: [{ duration: '1s', arrivalRate: '0/s' }] }, 'stages'],
    ['a warm-up of everything', { arrivalRate: '1/s', duration: '9s', warmUp: '9s' }, 'warmUp'],
    ['a warm-up that leaves less than a second', { users: 1, duration: '3s', warmUp: '2100ms' }, 'warmUp'],
    ['a share that is none', { users: 1, duration: '3s', logRequests: '101%' }, 'logRequests'],
    ['no users', { users: 0, duration: '1s' }, 'users'],
    ['a number as duration', { users: 1, duration: 5 }, 'duration'],
    ['a peak below the base', { profile: 'spike', users: 10, peakUsers: 5, duration: '1m' }, 'peakUsers'],
    ['a peak longer than the test', spike('2m'), 'peakDuration'],
    ['more steps than users', { profile: 'step', users: 2, steps: 3, duration: '1m' }, 'steps'],
    ['a ramp longer than the soak', { profile: 'soak', users: 1, duration: '30s' }, 'rampDuration'],
    ['stages without length', { stages: [{ duration: '0s', users: 1 }] }, 'stages'],
    ['stages without users', { stages: [{ duration: '1s', users: 0 }] }, 'stages'],
    [
      'a pause that ends before it begins',
      { users: 1, duration: '1s', waitTime: { min: '2s', max: '1s' } },
      'waitTime',
    ],
    ['an unknown profile', { profile: 'wave', users: 1, duration: '1s' }, 'profile'],
  ])('refuses %s', (_name, load, field) => {
    const result = loadProfileSchema.safeParse(load);
    expect(result.error?.issues[0]?.path[0]).toBe(field);
  });
});

function spike(peakDuration: string) {
  return { profile: 'spike', users: 10, peakUsers: 50, duration: '1m', peakDuration };
}
