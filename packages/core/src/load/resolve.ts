import { parseDuration } from '../duration.js';
import type { LoadPlan, LoadStage } from './plan.js';
import type { LoadProfile } from './profile.js';

const seconds = (text: string) => parseDuration(text) ?? 0;

/** Turns a named profile into what the Locust process carries out. */
export function resolveLoad(load: LoadProfile, payloadOrder: LoadPlan['payloadOrder']): LoadPlan {
  const wait = typeof load.waitTime === 'string' ? { min: load.waitTime, max: load.waitTime } : load.waitTime;
  const common = {
    version: 1 as const,
    waitTime: { minimumSeconds: seconds(wait.min), maximumSeconds: seconds(wait.max) },
    payloadOrder,
  };
  if (load.profile === 'constant') {
    return {
      ...common,
      users: load.users,
      spawnRate: load.spawnRate ?? load.users,
      durationSeconds: seconds(load.duration),
    };
  }
  const stages = stagesOf(load);
  const startUsers = load.profile === 'ramp' ? load.from : 0;
  const peak = Math.max(startUsers, ...stages.map((stage) => stage.users));
  return {
    ...common,
    users: peak,
    spawnRate: peak,
    durationSeconds: stages.reduce((sum, stage) => sum + stage.durationSeconds, 0),
    startUsers,
    stages,
  };
}

function stagesOf(load: Exclude<LoadProfile, { profile: 'constant' }>): LoadStage[] {
  switch (load.profile) {
    case 'ramp':
      return [
        { durationSeconds: seconds(load.duration), users: load.users },
        { durationSeconds: seconds(load.hold), users: load.users },
      ];
    case 'stages':
      return load.stages.map((stage) => ({ durationSeconds: seconds(stage.duration), users: stage.users }));
    case 'step':
      return Array.from({ length: load.steps }, (_, index) => {
        const users = Math.round((load.users * (index + 1)) / load.steps);
        return hold(users, seconds(load.duration) / load.steps);
      }).flat();
    case 'spike': {
      const total = seconds(load.duration);
      const peak = load.peakDuration ? seconds(load.peakDuration) : total / 5;
      const base = (total - peak) / 2;
      return [hold(load.users, base), hold(load.peakUsers, peak), hold(load.users, base)].flat();
    }
    case 'soak': {
      const rampSeconds = seconds(load.rampDuration);
      return [
        { durationSeconds: rampSeconds, users: load.users },
        { durationSeconds: seconds(load.duration) - rampSeconds, users: load.users },
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
