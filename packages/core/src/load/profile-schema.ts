import { z } from 'zod';
import { formatDuration, secondsOf } from '../values/duration.js';
import { parseRate } from '../values/rate.js';
import { impliedProfile, mixtureOf } from './arrivals.js';
import { judgedSeconds, totalSeconds, warmUpSeconds } from './length.js';
import { profiles } from './profile.js';

/**
 * How much load, and for how long. Without `profile` it is `arrivals` when there is an arrival rate, `stages` or
 * `arrival-stages` when there are stages, otherwise `constant`.
 */
export const loadProfileSchema = z.preprocess(
  (value, context) => {
    if (typeof value !== 'object' || value === null) return value;
    const load = value as Record<string, unknown>;
    const mixture = mixtureOf(load);
    if (mixture !== undefined) context.addIssue({ code: 'custom', message: mixture });
    return 'profile' in load ? load : { profile: impliedProfile(load), ...load };
  },
  profiles.superRefine((load, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (load.profile === 'spike') {
      if (load.peakUsers <= load.users) issue('peakUsers', `must be more than users (${load.users})`);
      if (load.peakDuration && secondsOf(load.peakDuration) >= secondsOf(load.duration))
        issue('peakDuration', `must be shorter than duration (${load.duration})`);
    }
    if (load.profile === 'soak' && secondsOf(load.rampDuration) >= secondsOf(load.duration))
      issue('rampDuration', `must be shorter than duration (${load.duration})`);
    if (load.profile === 'step' && load.steps > load.users)
      issue('steps', `must not be more than users (${load.users})`);
    if (load.profile === 'stages') {
      if (load.stages.every((stage) => secondsOf(stage.duration) === 0))
        issue('stages', 'must last longer than 0s');
      if (load.stages.every((stage) => stage.users === 0)) issue('stages', 'must reach at least 1 user');
    }
    if (load.profile === 'arrival-stages') {
      if (load.stages.every((stage) => secondsOf(stage.duration) === 0))
        issue('stages', 'must last longer than 0s');
      if (load.stages.every((stage) => parseRate(stage.arrivalRate) === 0))
        issue('stages', 'must reach more than 0/s');
    }
    if (load.warmUp && warmUpSeconds(load) > 0 && judgedSeconds(load) < 1)
      issue(
        'warmUp',
        `must leave at least a second of the whole load (${formatDuration(totalSeconds(load))}) to be judged`,
      );
    if (
      'waitTime' in load &&
      typeof load.waitTime === 'object' &&
      secondsOf(load.waitTime.max) < secondsOf(load.waitTime.min)
    )
      issue('waitTime', 'max must not be less than min');
  }),
);
