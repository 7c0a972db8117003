import { z } from 'zod';
import { durationSchema } from '../values/duration.js';
import { shareSchema } from '../values/share.js';
import { arrivalsProfile, arrivalStagesProfile, replayProfile } from './arrivals.js';

const users = z.int().min(1).max(1_000_000);
const spawnRate = z.number().positive().max(100_000).describe('users started a second');
const duration = durationSchema();
const waitTime = z
  .union([
    durationSchema({ allowZero: true }),
    z.strictObject({ min: durationSchema({ allowZero: true }), max: durationSchema({ allowZero: true }) }),
  ])
  .default('0s')
  .describe('pause of a user between two requests: a duration, or { min, max } drawn uniformly');

const warmUp = durationSchema({ allowZero: true })
  .optional()
  .describe(
    'time at the start that is not judged, rounded up to whole seconds. Default: the ramp of constant, ramp and soak, otherwise none',
  );
/** k6 has the same name and default. */
const gracefulStop = durationSchema({ allowZero: true })
  .default('30s')
  .describe(
    'how long requests in flight may take after the end of the load, or when users are removed; never longer than a request may take',
  );
const logRequests = shareSchema()
  .optional()
  .describe('share of requests to record in requests.jsonl. Default: none');
const everyModel = { warmUp, gracefulStop, logRequests };
const common = { waitTime, ...everyModel };

const constant = z.strictObject({
  profile: z.literal('constant').describe('the same number of users from start to end'),
  users: users.describe('virtual users'),
  spawnRate: spawnRate.optional().describe('users started a second. Default: all users within one second'),
  duration: duration.describe('length of the load, ramp included'),
  ...common,
});

const ramp = z.strictObject({
  profile: z.literal('ramp').describe('from one number of users to another in a straight line'),
  from: z.int().min(0).default(0).describe('users at the start'),
  users: users.describe('users at the end of the ramp'),
  duration: duration.describe('length of the ramp'),
  hold: durationSchema({ allowZero: true }).default('0s').describe('how long the users stay afterwards'),
  ...common,
});

const stages = z.strictObject({
  profile: z.literal('stages').describe('your own stages'),
  stages: z
    .array(
      z.strictObject({
        duration: durationSchema({ allowZero: true }).describe('0s: jump'),
        users: z.int().min(0).max(1_000_000).describe('users at the end of the stage'),
      }),
    )
    .min(1)
    .describe('the users move in a straight line from the end of one stage to the end of the next, from 0'),
  ...common,
});

const step = z.strictObject({
  profile: z.literal('step').describe('a staircase: finds the load at which the service bends'),
  users: users.describe('users of the last step'),
  steps: z.int().min(1).max(1000).default(5).describe('number of equal steps'),
  duration: duration.describe('length of the whole staircase'),
  ...common,
});

const spike = z.strictObject({
  profile: z.literal('spike').describe('a base load, a sudden peak, and the base load again'),
  users: users.describe('users before and after the peak'),
  peakUsers: users.describe('users at the peak'),
  duration: duration.describe('length of the whole test'),
  peakDuration: duration
    .optional()
    .describe('length of the peak, in the middle. Default: a fifth of the test'),
  ...common,
});

const soak = z.strictObject({
  profile: z.literal('soak').describe('a steady load for a long time: finds leaks and slow decay'),
  users: users.describe('virtual users'),
  duration: duration.default('1h').describe('length of the whole test'),
  rampDuration: duration.default('1m').describe('length of the ramp at the start'),
  ...common,
});

/** Every profile by its name; {@link loadProfileSchema} checks them as a whole. */
export const profiles = z.discriminatedUnion('profile', [
  constant,
  ramp,
  stages,
  step,
  spike,
  soak,
  arrivalsProfile(everyModel),
  arrivalStagesProfile(everyModel),
  replayProfile(everyModel),
]);

type WithoutProfile<Profile> = Profile extends {
  profile: 'constant' | 'stages' | 'arrivals' | 'arrival-stages';
}
  ? Omit<Profile, 'profile'>
  : never;

/** A load profile as a user writes it. */
export type LoadProfileInput = z.input<typeof profiles> | WithoutProfile<z.input<typeof profiles>>;

/** A load profile after validation, defaults filled in. */
export type LoadProfile = z.output<typeof profiles>;
