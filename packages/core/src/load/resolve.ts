import { secondsOf } from '../values/duration.js';
import { parseRate } from '../values/rate.js';
import { parseShare } from '../values/share.js';
import { totalSeconds } from './length.js';
import { validate } from '../validation/validate.js';
import type { ArrivalStage, LoadPlan, LoadStage, TestLoad } from './plan.js';
import { type LoadProfile, type LoadProfileInput } from './profile.js';
import { loadProfileSchema } from './profile-schema.js';

type OpenProfile = Extract<LoadProfile, { arrivals: unknown }>;
type StagedProfile = Exclude<LoadProfile, OpenProfile | { profile: 'constant' }>;

/**
 * Turns a named profile into what the Locust process carries out.
 *
 * @param workers Load-generating processes: with an arrival rate each has one user.
 */
export function resolveLoad(
  load: LoadProfile,
  payloadOrder: LoadPlan['payloadOrder'],
  workers: number,
): LoadPlan {
  const logRequests = parseShare(load.logRequests ?? '') ?? 0;
  const common = {
    version: 1 as const,
    durationSeconds: totalSeconds(load),
    payloadOrder,
    gracefulStopSeconds: secondsOf(load.gracefulStop),
    ...(logRequests > 0 && { logRequests }),
  };
  if ('arrivals' in load) {
    const stages = arrivalStagesOf(load);
    return {
      ...common,
      users: workers,
      spawnRate: workers,
      arrivals: {
        kind: load.arrivals,
        ...(load.profile === 'replay' && { speed: load.speed }),
        maxInFlight: load.maxInFlight,
        startRate: load.profile === 'arrivals' ? (stages[0]?.ratePerSecond ?? 0) : 0,
        stages,
      },
      waitTime: { minimumSeconds: 0, maximumSeconds: 0 },
    };
  }
  const waitTime = waitTimeOf(load.waitTime);
  if (load.profile === 'constant') {
    return { ...common, users: load.users, spawnRate: load.spawnRate ?? load.users, waitTime };
  }
  const stages = stagesOf(load);
  const startUsers = load.profile === 'ramp' ? load.from : 0;
  const peak = Math.max(startUsers, ...stages.map((stage) => stage.users));
  return {
    ...common,
    users: peak,
    spawnRate: peak,
    startUsers,
    stages,
    waitTime,
  };
}

/**
 * The load of one test on a deployed fleet, from what a user writes.
 *
 * @param workers Load-generating processes of that fleet.
 * @throws LoadwrightError `CONFIG_INVALID` that names all wrong fields.
 */
export function resolveTestLoad(load: LoadProfileInput, workers: number): TestLoad {
  const profile = validate(loadProfileSchema, load, { field: 'load' });
  const { payloadOrder: _, ...plan } = resolveLoad(profile, 'sequential', workers);
  return plan;
}

function waitTimeOf(wait: string | { min: string; max: string }): LoadPlan['waitTime'] {
  const { min, max } = typeof wait === 'string' ? { min: wait, max: wait } : wait;
  return { minimumSeconds: secondsOf(min), maximumSeconds: secondsOf(max) };
}

function arrivalStagesOf(load: OpenProfile): ArrivalStage[] {
  if (load.profile === 'replay') return [];
  const stage = (written: { duration: string; arrivalRate: string }) => ({
    durationSeconds: secondsOf(written.duration),
    ratePerSecond: parseRate(written.arrivalRate) ?? 0,
  });
  return load.profile === 'arrivals' ? [stage(load)] : load.stages.map(stage);
}

function stagesOf(load: StagedProfile): LoadStage[] {
  switch (load.profile) {
    case 'ramp':
      return [
        { durationSeconds: secondsOf(load.duration), users: load.users },
        { durationSeconds: secondsOf(load.hold), users: load.users },
      ];
    case 'stages':
      return load.stages.map((stage) => ({ durationSeconds: secondsOf(stage.duration), users: stage.users }));
    case 'step':
      return Array.from({ length: load.steps }, (_, index) => {
        const users = Math.round((load.users * (index + 1)) / load.steps);
        return hold(users, secondsOf(load.duration) / load.steps);
      }).flat();
    case 'spike': {
      const total = secondsOf(load.duration);
      const peak = load.peakDuration ? secondsOf(load.peakDuration) : total / 5;
      const base = (total - peak) / 2;
      return [hold(load.users, base), hold(load.peakUsers, peak), hold(load.users, base)].flat();
    }
    case 'soak': {
      const rampSeconds = secondsOf(load.rampDuration);
      return [
        { durationSeconds: rampSeconds, users: load.users },
        { durationSeconds: secondsOf(load.duration) - rampSeconds, users: load.users },
      ];
    }
  }
}

/** Jump to a number of users and stay there. */
function hold(users: number, durationSeconds: number): LoadStage[] {
  return [
    { durationSeconds: 0, users },
    { durationSeconds, users },
  ];
}
