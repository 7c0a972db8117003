import { describe, expect, it } from 'vitest';
import type { Cause, Level, RecordedTrial, SearchResult } from './contract.js';
import { calibrationOf, describeLimit, type Calibration } from './result.js';

const level = (rate: number, holds: boolean) =>
  ({ rate, classes: [holds ? 'lower' : 'upper'] }) as unknown as Level;
const trial = (rate: number, resources?: Record<string, number>) =>
  ({ rate, ...(resources && { resources }) }) as unknown as RecordedTrial;

const facts = {
  ...{ name: 'n', id: 'i', target: { kind: 'k', host: 'h' }, fleet: 'local', precision: 0.1, tiers: [] },
  ...{ budget: { seconds: 60 }, startedAt: new Date(0), endedAt: new Date(0), directory: '/d' },
};

function resourcesOf(
  trials: RecordedTrial[],
  levels = [level(10, true), level(20, true), level(40, false)],
  causes: readonly Cause[] = [],
) {
  const found = { trials, levels, capacities: [], causes, end: 'precision' } as unknown as SearchResult;
  const { limitingResource, resources } = calibrationOf(found, facts);
  return { limitingResource, resources };
}

it('names the resource that was used most at the highest level that held, not beyond it', () => {
  const trials = [
    trial(10, { cpu: 0.3, memory: 0.5 }),
    trial(20, { cpu: 0.6, memory: 0.5 }),
    trial(20, { cpu: 0.7, memory: 0.4 }),
    trial(40, { cpu: 0.8, memory: 1 }),
  ];
  expect(resourcesOf(trials)).toEqual({ limitingResource: 'cpu', resources: { cpu: 0.7, memory: 0.5 } });
});

it('names none where none is full, and tells which is used most', () => {
  const trials = [trial(20, { cpu: 0.2, memory: 0.3 })];
  const { limitingResource, resources } = resourcesOf(trials);
  expect(limitingResource).toBeNull();
  const described = (known: object) => describeLimit(known as Calibration);
  expect(described({ limitingResource, resources })).toBe(
    'none of those observed; used most: memory, 30 % of it in use at the highest rate that held',
  );
  expect(described({ limitingResource: 'cpu', resources: { memory: 0.4, cpu: 0.9 } })).toMatch(/^cpu, 90 %/);
  expect(described({ limitingResource: null })).toBe('not observed');
});

it('names that of all levels where none held, and none where nothing was observed', () => {
  const trials = [trial(40, { cpu: 0.8, memory: 1 })];
  expect(resourcesOf(trials, [level(40, false)]).limitingResource).toBe('memory');
  expect(resourcesOf([trial(20), trial(40)])).toEqual({ limitingResource: null, resources: undefined });
});

it('names the queue where it is full, unless a resource is', () => {
  const causes = [{ id: 'queue', reason: 'it is full' }] as const;
  const limitOf = (cpu: number) =>
    resourcesOf([trial(20, { cpu })], [level(20, true)], causes).limitingResource;
  expect([limitOf(0.5), limitOf(0.9)]).toEqual(['queue', 'cpu']);
  expect(describeLimit({ limitingResource: 'queue', causes } as unknown as Calibration)).toBe('its queue');
});

describe('a service whose number of instances changes', () => {
  const found = (...counts: (number | undefined)[]) =>
    ({
      trials: counts.map((instances) => ({ rate: 20, ...(instances !== undefined && { instances }) })),
      ...{ levels: [level(20, true)], end: 'precision', capacities: [{ interval: [18, 22] }] },
      causes: [
        { id: 'saturation', reason: 'full' },
        { id: 'capacity-changes', reason: 'other times' },
      ],
    }) as unknown as SearchResult;
  const outcomeOf = (search: SearchResult, instances?: Calibration['instances']) => {
    const { outcome, causes } = calibrationOf(search, { ...facts, ...(instances && { instances }) });
    return [outcome, ...causes.map(({ reason }) => reason)];
  };
  const changes = (from: number, to: number) =>
    expect.stringContaining(`(${from} instances then, ${to} later)`);

  it('has no capacity that is that of all trials', () => {
    expect(outcomeOf(found(2, 2, 5))).toEqual(['INVALID', changes(2, 5), 'full']);
    expect(outcomeOf(found(undefined), { before: 2, after: 3 })).toEqual(['INVALID', changes(2, 3), 'full']);
    // Instances that came and went.
    expect(outcomeOf(found(2, 4), { before: 2, after: 2 })).toEqual(['INVALID', changes(2, 4), 'full']);
  });

  it('has one where they stay, whatever times suggest', () => {
    expect(outcomeOf(found(2, 2), { before: 2, after: 2 })).toEqual(['FOUND', 'full', 'other times']);
    expect(outcomeOf(found(undefined, undefined))).toEqual(['FOUND', 'full', 'other times']);
  });
});
