import { describe, expect, it } from 'vitest';
import { loadProfileSchema, type LoadProfileInput } from './profile.js';
import { resolveLoad } from './resolve.js';

const resolve = (load: LoadProfileInput) => resolveLoad(loadProfileSchema.parse(load), 'sequential');
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
    });
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

  it.each<[string, unknown, string]>([
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
