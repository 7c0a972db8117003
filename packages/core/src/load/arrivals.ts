import { z } from 'zod';
import { durationSchema } from '../values/duration.js';
import { rateSchema } from '../values/rate.js';

/**
 * 10,000 requests on their way are 10 s of a stalled service at 1,000/s: far more than a healthy run has, few enough
 * for the descriptors and the memory of one machine.
 */
const defaultMaxInFlight = 10_000;

const arrivals = z
  .enum(['constant', 'poisson'])
  .default('constant')
  .describe('constant: at equal distances; poisson: at random, as independent callers do');
export const maxInFlight = z
  .int()
  .min(1)
  .max(1_000_000)
  .default(defaultMaxInFlight)
  .describe('most requests on their way at once, over all workers. What is due beyond them waits');

/** The profile of a constant arrival rate. */
export const arrivalsProfile = <Common extends z.ZodRawShape>(common: Common) =>
  z.strictObject({
    profile: z.literal('arrivals').describe('open model: requests at a fixed rate, however slow the answers'),
    arrivalRate: rateSchema().describe(
      'requests due in a second (s), minute (m) or hour (h), over all workers',
    ),
    duration: durationSchema().describe('length of the load'),
    arrivals,
    maxInFlight,
    ...common,
  });

/** The profile of an arrival rate that moves. */
export const arrivalStagesProfile = <Common extends z.ZodRawShape>(common: Common) =>
  z.strictObject({
    profile: z.literal('arrival-stages').describe('open model: your own stages of an arrival rate'),
    stages: z
      .array(
        z.strictObject({
          duration: durationSchema({ allowZero: true }).describe('0s: jump'),
          arrivalRate: rateSchema({ allowZero: true }).describe('arrival rate at the end of the stage'),
        }),
      )
      .min(1)
      .describe(
        'the rate moves in a straight line from the end of one stage to the end of the next, from 0/s',
      ),
    arrivals,
    maxInFlight,
    ...common,
  });

/** The profile of a load that happened before. */
export const replayProfile = <Common extends z.ZodRawShape>(common: Common) =>
  z.strictObject({
    profile: z
      .literal('replay')
      .describe('open model: the requests of a trace, which are the payloads, at the times that it has'),
    duration: durationSchema().describe('length of the load: of a longer trace the beginning is sent'),
    speed: z
      .number()
      .positive()
      .max(10_000)
      .default(1)
      .describe('how often faster than recorded: with 10 an hour of the trace takes 6 minutes'),
    arrivals: z.literal('trace').default('trace').describe('at the times of the trace'),
    maxInFlight,
    ...common,
  });

/** Fields of the closed model, in which users send. */
const userFields = [
  'users',
  'spawnRate',
  'waitTime',
  'from',
  'hold',
  'steps',
  'peakUsers',
  'peakDuration',
  'rampDuration',
];
const rateFields = ['arrivalRate', 'arrivals', 'maxInFlight', 'speed'];

/**
 * What is wrong with a load that has fields of both models, or of one and the name of the other; undefined when
 * nothing is.
 */
export function mixtureOf(load: Readonly<Record<string, unknown>>): string | undefined {
  const stages = Array.isArray(load['stages'])
    ? load['stages'].filter((stage) => typeof stage === 'object' && stage)
    : [];
  const present = (fields: readonly string[], inStages: string) => [
    ...fields.filter((field) => load[field] !== undefined),
    ...(stages.some((stage) => inStages in stage) ? [`stages[].${inStages}`] : []),
  ];
  const [users, rates] = [present(userFields, 'users'), present(rateFields, 'arrivalRate')];
  const { profile } = load;
  if (users.length > 0 && rates.length > 0) {
    return (
      `found ${users.join(', ')} together with ${rates.join(', ')}, expected one model: ` +
      'users that wait for their answers, or arrivals at a rate; remove one of them'
    );
  }
  if (typeof profile !== 'string') return undefined;
  const isOpen = isOpenProfile(profile);
  const foreign = isOpen ? users : rates;
  if (foreign.length === 0) return undefined;
  return isOpen
    ? `found ${foreign.join(', ')} with profile ${profile}, which has arrivals and no users; remove them, or the profile`
    : `found ${foreign.join(', ')} with profile ${profile}, which has users; write profile arrivals, arrival-stages or replay, or leave it out`;
}

const openProfiles: ReadonlySet<string> = new Set(['arrivals', 'arrival-stages', 'replay']);
const isOpenProfile = (profile: string) => openProfiles.has(profile);

/**
 * The fields of a load that belong to another model than the one which some of its fields were given to choose: users
 * replace a rate and stages, a rate replaces users and stages. Whoever gives both chooses none.
 *
 * @param given Names of those fields, which stay.
 */
export function fieldsOfOtherModel(
  load: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
): string[] {
  const [open, closed] = [given.has('arrivalRate'), given.has('users')];
  if (open === closed) return [];
  const { profile } = load;
  const other =
    typeof profile === 'string' &&
    (profile.endsWith('stages') || profile === 'replay' || isOpenProfile(profile) !== open);
  return [...(other ? ['profile'] : []), ...(open ? userFields : rateFields), 'stages'].filter(
    (field) => load[field] !== undefined && !given.has(field),
  );
}

/** The profile of a load that names none. */
export function impliedProfile(load: Readonly<Record<string, unknown>>): string {
  if ('speed' in load) return 'replay';
  if (!('stages' in load)) return 'arrivalRate' in load ? 'arrivals' : 'constant';
  const first: unknown = Array.isArray(load['stages']) ? load['stages'][0] : undefined;
  const hasRate = typeof first === 'object' && first !== null && 'arrivalRate' in first;
  return hasRate ? 'arrival-stages' : 'stages';
}
