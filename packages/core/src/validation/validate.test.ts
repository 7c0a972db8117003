import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { isLoadwrightError } from '../errors.js';
import { loadProfileSchema } from '../load/profile-schema.js';
import { payloadSourceSchema } from '../payloads/source.js';
import { validate } from './validate.js';

function messageOf(schema: Parameters<typeof validate>[0], value: unknown, field: string): string {
  try {
    validate(schema, value, { field });
  } catch (error) {
    if (!isLoadwrightError(error)) throw error;
    expect(error.code).toBe('CONFIG_INVALID');
    return error.message;
  }
  throw new Error('no error');
}

const load = (value: unknown) => messageOf(loadProfileSchema, value, 'load');
const payloads = (value: unknown) => messageOf(payloadSourceSchema, value, 'payloads');

describe('validate', () => {
  it('gives the output with its defaults', () => {
    expect(validate(loadProfileSchema, { users: 2, duration: '1m' }, { field: 'load' })).toEqual({
      profile: 'constant',
      users: 2,
      duration: '1m',
      waitTime: '0s',
      gracefulStop: '30s',
    });
  });

  it.each<[unknown, string]>([
    [
      { users: 'many', duration: '5m' },
      'load.users: found "many", expected a whole number from 1 to 1,000,000',
    ],
    [{ users: 1.5, duration: '5m' }, 'load.users: found 1.5, expected a whole number from 1 to 1,000,000'],
    [{ users: 0, duration: '5m' }, 'load.users: found 0, expected a whole number from 1 to 1,000,000'],
    [{ duration: '5m' }, 'load.users: missing, expected a whole number from 1 to 1,000,000'],
    [
      { users: 1, spawnRate: -1, duration: '5m' },
      'load.spawnRate: found -1, expected a number above 0 and of at most 100,000',
    ],
    [
      { users: 1, duration: '5 minutes' },
      'load.duration: found "5 minutes"; must be a duration such as 30s, 5m or 1h30m; hours are the largest unit',
    ],
    [
      { users: 1, user: 2, duration: '5m' },
      'load.user: unknown option, did you mean "users"? Allowed: profile, users, spawnRate, duration, waitTime, warmUp, gracefulStop, logRequests, from, hold, steps, rampDuration',
    ],
    [
      { rate: '50/s', duration: '5m' },
      'load.users: missing, expected a whole number from 1 to 1,000,000\nload.rate: unknown option, did you mean "arrivalRate"? Allowed: profile, arrivalRate, duration, arrivals, maxInFlight, warmUp, gracefulStop, logRequests',
    ],
    [
      { stages: [{ duration: '1m', target: 5 }] },
      'load.stages[0].users: missing, expected a whole number from 0 to 1,000,000\nload.stages[0].target: unknown option, did you mean "users"? Allowed: duration, users',
    ],
    [
      { profile: 'constant', users: 1, duration: '5m', whatever: 1 },
      'load.whatever: unknown option. Allowed: profile, users, spawnRate, duration, waitTime, warmUp, gracefulStop, logRequests',
    ],
    [{ users: 1, duration: '5m', hold: '1m' }, 'load.hold: only allowed with profile "ramp"'],
    [
      { profile: 'wave' },
      'load.profile: found "wave", expected one of "constant", "ramp", "stages", "step", "spike", "soak", "arrivals", "arrival-stages", "replay"',
    ],
    [
      { profile: 'spike', users: 20, peakUsers: 10, duration: '5m' },
      'load.peakUsers: found 10; must be more than users (20)',
    ],
    [
      {
        stages: [
          { duration: '1m', users: 5 },
          { duration: 3, users: 1 },
        ],
      },
      'load.stages[1].duration: found 3, expected text such as "30s", "5m" or "1h30m"',
    ],
    [{ stages: [] }, 'load.stages: found an empty list, expected a list with at least 1 item'],
    [{ stages: [{ duration: '0s', users: 5 }] }, 'load.stages: must last longer than 0s'],
    [5, 'load: found 5, expected an object'],
    [
      { users: 1, duration: '5m', waitTime: 3 },
      'load.waitTime: found 3, expected text such as "30s", "5m" or "1h30m" or an object with min, max',
    ],
    [
      { users: 1, duration: '5m', waitTime: { min: '1s', mux: '2s' } },
      'load.waitTime.max: missing, expected text such as "30s", "5m" or "1h30m"\nload.waitTime.mux: unknown option, did you mean "max"? Allowed: min, max',
    ],
  ])('%j', (value, message) => {
    expect(load(value)).toBe(message);
  });

  it('says what a missing text with a pattern is, and shows no pattern', () => {
    const id = z.string().regex(/^[a-z]{1,9}$/, 'must be 1 to 9 small letters');
    const schema = z.strictObject({ id: id.describe('id of the endpoint'), other: id });
    expect(messageOf(schema, {}, 'target')).toBe(
      'target.id: missing, expected text: id of the endpoint\ntarget.other: missing, expected text',
    );
    expect(messageOf(schema, { id: 'A', other: 'b' }, 'target')).toBe(
      'target.id: found "A"; must be 1 to 9 small letters',
    );
  });

  it('names the alternatives of a union', () => {
    const expected =
      'expected text that is not empty, an object with inline, an object with file, an object with files, an object with trace, format or a list with at least 1 item';
    expect(payloads(3)).toBe(`payloads: found 3, ${expected}`);
    expect(payloads({ fil: 'x' })).toBe(`payloads: found an object with fil, ${expected}`);
    expect(payloads({ file: 3, csvAs: 'x' })).toBe(
      'payloads.file: found 3, expected text that is not empty\npayloads.csvAs: found "x", expected one of "text", "json", "list"',
    );
    expect(payloads({ file: 'a.csv', ordr: 'random' })).toBe(
      'payloads.ordr: unknown option, did you mean "order"? Allowed: file, format, csvAs, jsonAs, csvColumns, csvTypes, csvSeparator, csvHeader, contentType, order',
    );
  });

  it('tells all problems at once, and never a secret', () => {
    const schema = z.strictObject({
      region: z.string(),
      token: z.string().min(40).meta({ writeOnly: true }),
      headers: z.record(z.string(), z.number()),
      again: z
        .string()
        .refine((text) => text === 'x', { error: ({ input }) => `must not be ${String(input)}` }),
    });
    const message = messageOf(
      schema,
      { token: 'canary-1234', headers: { Authorization: 'Bearer canary-5678' }, again: 'canary-1234' },
      'target',
    );
    expect(message.split('\n')).toEqual([
      'target.region: missing, expected text',
      'target.token: found "[redacted]", expected text of at least 40 characters',
      'target.headers.Authorization: found "[redacted]", expected a number',
      'target.again: found "[redacted]"; must not be [redacted]',
    ]);
  });

  it('understands other libraries by message and path alone', () => {
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'other',
        validate: () => ({ issues: [{ message: 'must be even', path: ['a', { key: 0 }] }] }),
      },
    };
    expect(messageOf(schema, { a: [3] }, '')).toBe('a[0]: found 3; must be even');
  });

  it('describes names of a map, URLs and literals', () => {
    const schema = z.strictObject({
      map: z.record(z.string().regex(/^x/, 'must start with x'), z.string()),
      url: z.url(),
      steps: z.number().multipleOf(4),
      flag: z.boolean(),
      pair: z.array(z.string()).max(2),
    });
    const value = { map: { 'a b': 'c' }, url: 'no', steps: 5, flag: 'yes', pair: ['', '', ''] };
    expect(messageOf(schema, value, 'o').split('\n')).toEqual([
      'o.map["a b"]: this name is not allowed; must start with x',
      'o.url: found "no", expected a URL such as "https://example.com"',
      'o.steps: found 5, expected a number, a multiple of 4',
      'o.flag: found "yes", expected true or false',
      'o.pair: found a list, expected a list of at most 2 items',
    ]);
  });

  it.each([
    ['{"thresholds":{"__proto__":["p(95)<1"]}}', 'o.thresholds'],
    ['{"__proto__":1}', 'o'],
    ['{"routes":[{},{"headers":{"__proto__":"x"}}]}', 'o.routes[1].headers'],
  ])('refuses a name that would be left out without a word: %s', (text, field) => {
    const value: unknown = JSON.parse(text);
    expect(messageOf(z.looseObject({}), value, 'o')).toBe(
      `${field}: found the name "__proto__", which JavaScript has for itself`,
    );
  });

  it('takes objects that hold themselves', () => {
    const value: Record<string, unknown> = { a: 1 };
    value['self'] = value;
    expect(validate(z.looseObject({}), value, { field: 'o' })).toMatchObject({ a: 1 });
  });
});
