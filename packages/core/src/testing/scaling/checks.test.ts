import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LoadwrightError } from '../../errors.js';
import { pythonDirectory } from '../../python-files.js';
import type { TargetDefinition } from '../../target/contract.js';
import { defineTarget } from '../../target/define-target.js';
import type { Emulator } from '../../target/emulator-contract.js';
import type { ScalingDefinition, ScalingState } from '../../target/scaling-contract.js';
import { targetConformance } from '../target-conformance.js';

type Limits = { min: number; max: number; suspended?: boolean };

/** What an emulated service holds. */
interface Service {
  limits: Limits;
  count: number;
}

let service: Service;

const refused = (what: string) => new LoadwrightError('CONFIG_INVALID', what, { hint: 'Look.' });

function limitsIn(settings: object): Limits {
  const { min, max } = settings as Partial<Limits>;
  if (min === undefined || max === undefined) throw refused('min and max');
  return { ...settings } as Limits;
}

/** A scaling of two limits that does everything right. */
const good: ScalingDefinition = {
  describe: async () => state(),
  observe: async () => ({ instances: state().instances, activities: [] }),
  recommend: (_options, _capacity, { peakPerSecond }) => ({
    settings: { min: 2, max: peakPerSecond / 40 },
    rows: [{ name: 'max', value: '10', reason: 'for the peak' }],
    ...{ formats: { json: '{}' }, notes: [] },
  }),
  apply: async (_options, _context, settings) => {
    service.limits = limitsIn(settings);
    service.count = Math.max(service.count, service.limits.min);
  },
  suspend: async () => {
    service.limits = { ...service.limits, suspended: true };
  },
  restore: async (_options, _context, { resource, settings, instances }) => {
    if (resource !== 'service') throw refused('another');
    service = { limits: limitsIn(settings), count: instances.desired };
  },
};

function state(): ScalingState {
  const { limits, count } = service;
  return {
    ...{ resource: 'service', instances: { current: count, desired: count }, settings: { ...limits } },
    ...{ suspended: limits.suspended === true, otherScalers: [], busy: false },
  };
}

const mirror: TargetDefinition<object, object> = {
  ...{ specificationVersion: 1, kind: 'mirror', summary: 'a service that scales', example: {} },
  options: z.looseObject({}),
  locustfile: new URL('loadwright_runtime/load/user.py', pythonDirectory),
  host: () => 'http://127.0.0.1:9',
  targetConfig: () => ({}),
  emulator: {
    options: z.strictObject({ max: z.int().default(1) }),
    start: async (options) => {
      service = { limits: { min: 1, max: (options as { max: number }).max }, count: 1 };
      return {
        ...{ url: '', targetOptions: {}, environment: {} },
        stop: async () => {},
      } as unknown as Emulator;
    },
  },
};

const checksOf = (scaling: TargetDefinition<object, object>['scaling'], scaledEmulator?: object) =>
  targetConformance(defineTarget({ ...mirror, ...(scaling && { scaling }) }), {
    ...(scaledEmulator && { scaledEmulator }),
  }).filter(({ name }) => name.startsWith('scaling: '));

describe('a scaling that does everything right', () => {
  for (const check of checksOf(good)) it(check.name, check.run);
});

const recommends = 'scaling: recommends the same each time, each setting with its reason';
const describes = 'scaling: describes what is there, the same each time';
const applies = 'scaling: what is applied is there, and a restore makes it what it was';
const suspends = 'scaling: a suspension keeps the instances, and a restore lifts it';
const refuses = 'scaling: refuses settings that are none, and the snapshot of something else';

let calls = 0;
const recommending = (change: object): Partial<ScalingDefinition> => ({
  recommend: (...given) => ({ ...good.recommend(...given), ...change }),
});

const broken: [check: string, defect: string, change: Partial<ScalingDefinition>][] = [
  [
    recommends,
    'another at each call',
    { recommend: (...given) => ({ ...good.recommend(...given), notes: [`${(calls += 1)}`] }) },
  ],
  [recommends, 'no reason', recommending({ rows: [{ name: 'max', value: '10', reason: '' }] })],
  [recommends, 'no rows', recommending({ rows: [] })],
  [recommends, 'an empty format', recommending({ formats: { json: '' } })],
  [
    describes,
    'a time in its settings',
    { describe: async () => ({ ...state(), settings: { at: (calls += 1) } }) },
  ],
  [
    describes,
    'half an instance',
    { observe: async () => ({ instances: { current: 0.5, desired: 1 }, activities: [] }) },
  ],
  [describes, 'undefined inside', { describe: async () => ({ ...state(), conflicts: undefined as never }) }],
  [applies, 'an apply that does nothing', { apply: async () => {} }],
  [applies, 'a restore that does nothing', { restore: async () => {} }],
  [
    applies,
    'a restore that leaves the instances',
    { restore: async (_options, _context, { settings }) => void (service.limits = limitsIn(settings)) },
  ],
  [
    applies,
    'a restore that works once',
    {
      restore: async (...given) => {
        if (service.limits.max === 1) throw new Error('there is nothing to restore');
        await good.restore(...given);
      },
    },
  ],
  [
    applies,
    'a second recommendation that differs',
    {
      recommend: (options, capacity, demand, found) => ({
        ...good.recommend(options, capacity, demand),
        settings: { min: 2, max: Number(found?.settings['max'] ?? 1) + 1 },
      }),
    },
  ],
  [suspends, 'one that does nothing', { suspend: async () => {} }],
  [
    suspends,
    'one that takes instances away',
    { suspend: async () => void (service = { limits: { ...service.limits, suspended: true }, count: 1 }) },
  ],
  [refuses, 'takes any settings', { apply: async () => {} }],
  [
    refuses,
    'takes any snapshot',
    { restore: async (_options, _context, { settings }) => void (service.limits = limitsIn(settings)) },
  ],
  [
    refuses,
    'no error of its own',
    {
      apply: async () => {
        throw new TypeError('settings.min is not there');
      },
    },
  ],
];

describe('a scaling with a defect', () => {
  it.each(broken)('fails "%s": %s', async (name, _defect, change) => {
    const check = checksOf({ ...good, ...change }).find((candidate) => candidate.name === name)!;
    await expect(check.run()).rejects.toThrow();
  });

  it('has a defect for every check', () => {
    const names = checksOf(good).map(({ name }) => name);
    expect(new Set(broken.map(([name]) => name))).toEqual(new Set(names));
  });
});

it('one that only recommends is checked for that alone, and none for nothing', () => {
  const { recommend } = good;
  expect(checksOf({ recommend }).map(({ name }) => name)).toEqual([recommends]);
  expect(checksOf(undefined)).toEqual([]);
});

it('an emulator that has what is recommended already shows nothing, and is said to', async () => {
  const check = checksOf({ ...good, ...recommending({ settings: { min: 1, max: 10 } }) }, { max: 10 }).find(
    ({ name }) => name === applies,
  )!;
  await expect(check.run()).rejects.toThrow('scaledEmulator must have other settings');
});
