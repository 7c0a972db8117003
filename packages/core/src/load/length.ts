import { secondsOf } from '../values/duration.js';
import type { LoadProfile } from './profile.js';

/** Length of a load, in seconds. */
export function totalSeconds(load: LoadProfile): number {
  switch (load.profile) {
    case 'ramp':
      return secondsOf(load.duration) + secondsOf(load.hold);
    case 'stages':
    case 'arrival-stages':
      return load.stages.reduce((sum, stage) => sum + secondsOf(stage.duration), 0);
    default:
      return secondsOf(load.duration);
  }
}

/**
 * Whole seconds at the start of a load that are not judged, because requests are counted by the second. Where the profile
 * has a ramp, and at least a second after it, that is the ramp; of profiles whose very changes are the test it is nothing.
 */
export function warmUpSeconds(load: LoadProfile): number {
  if (load.warmUp !== undefined) return wholeSeconds(secondsOf(load.warmUp));
  const ramp = wholeSeconds(rampSeconds(load));
  return ramp + 1 <= totalSeconds(load) ? ramp : 0;
}

/** Length of what is judged of a load, in seconds. */
export function judgedSeconds(load: LoadProfile): number {
  return totalSeconds(load) - warmUpSeconds(load);
}

/** Rounded up, but for what floating point adds: 0.1 + 0.2. */
const wholeSeconds = (length: number) => Math.max(0, Math.ceil(length - 1e-6));

function rampSeconds(load: LoadProfile): number {
  switch (load.profile) {
    case 'constant':
      // Without a spawn rate all users start within the first second: that is no ramp.
      return load.spawnRate === undefined ? 0 : load.users / load.spawnRate;
    case 'ramp':
      return secondsOf(load.duration);
    case 'soak':
      return secondsOf(load.rampDuration);
    default:
      return 0;
  }
}
