import { describe, expect, it } from 'vitest';
import { capacityCase } from '../../../test/calibration-cases.js';
import {
  failureCondition,
  latencyCondition,
  meanCondition,
  QueueSimulation,
  type SimulatedCondition,
  type SimulatedService,
} from '../../../test/queue-simulation.js';
import type { RecordedTrial, SearchEvent, SearchOptions } from '../contract.js';
import { forecastOf } from '../plan.js';
import { searchCapacity } from './search.js';

const service: SimulatedService = { slots: 4, distribution: 'exponential', meanSeconds: 0.01, seed: 5 };
const p95 = latencyCondition(95, 60);

function search(
  change: Partial<SimulatedService>,
  conditions: readonly SimulatedCondition[] = [p95],
  options: Partial<SearchOptions> = {},
) {
  const simulation = new QueueSimulation({ ...service, ...change }, conditions);
  return searchCapacity(simulation, {
    tiers: [{ name: 'objective', conditions }],
    ...{ startRate: 20, highestRate: 100_000, precision: 0.1, confidence: 0.95, warmUpSeconds: 5 },
    budget: { seconds: 240 },
    ...options,
  });
}

const causesOf = ({ causes }: { causes: readonly { id: string }[] }) => causes.map(({ id }) => id);

describe('what a search recognises', () => {
  it('one whose queue is full', async () => {
    const found = await search({ mostWaiting: 8 }, [latencyCondition(95, 500), failureCondition(0.01)]);
    expect(found.capacities[0]!.brokenBy).toBe('http_req_failed rate<0.01');
    expect(causesOf(found)).toEqual(['queue']);
  });

  it('a cold start, which is not judged', async () => {
    const found = await search({ slowdown: (second) => (second < 4 ? 40 : 1) }, [p95]);
    expect(causesOf(found)).toContain('cold-start');
    expect(found.capacities[0]!.estimate).toBeGreaterThan(300);
    expect(found.levels[0]!.ratios[0]).toBeLessThan(0.05);
  });

  it('a generator that is too small: its levels are INVALID and no failures', async () => {
    const found = await search({ generatorLimit: 150 });
    expect(found.end).toBe('generator');
    expect(causesOf(found)).toEqual(['generator-too-small']);
    expect(found.capacities[0]!.interval[1]).toBeNull();
    const invalid = found.levels.filter(({ classes }) => classes[0] === 'invalid');
    expect(invalid.length).toBeGreaterThan(0);
    expect(invalid.every(({ rate, invalid: [reason] }) => rate > 150 && reason !== undefined)).toBe(true);
    expect(found.levels.some(({ classes }) => classes[0] === 'upper')).toBe(false);
  });
});

describe('a search', () => {
  it('finds several tiers at once, each with its own capacity', async () => {
    const conditions = [latencyCondition(95, 60), meanCondition(20), failureCondition(0.01)];
    const found = await search({}, conditions, {
      tiers: [
        { name: 'p95', conditions: [conditions[0]!] },
        { name: 'mean', conditions: conditions.slice(1) },
      ],
      budget: { seconds: 600 },
    });
    // Of M/M/4 with 100/s a slot: p95 is 60 ms at 85 % of its use, the mean 20 ms at 79 %.
    const [tail, mean] = found.capacities;
    expect(tail!.interval[0]).toBeLessThan(345);
    expect(tail!.interval[1]).toBeGreaterThan(335);
    expect(mean!.brokenBy).toBe('http_req_duration avg<20');
    expect(mean!.estimate!).toBeGreaterThan(290);
    expect(mean!.estimate!).toBeLessThan(345);
  });

  // Without load 4 % of the requests are over a limit that 5 % may be over: of a hundred, 8 % are often by chance.
  it.each([
    [36, 22],
    [36, 52],
    [37, 10],
    [37, 15],
  ])('is not led astray by slow requests at a low rate (case %i, seed %i)', async (number, seed) => {
    const { simulation, condition, capacity } = capacityCase(number, seed);
    const found = await searchCapacity(simulation, {
      tiers: [{ name: 'objective', conditions: [condition] }],
      ...{ startRate: 10, highestRate: 100_000, precision: 0.1, confidence: 0.95, warmUpSeconds: 5 },
      budget: { seconds: 240 },
    });
    expect(found.capacities[0]!.estimate! / capacity).toBeGreaterThan(0.85);
    expect(found.capacities[0]!.interval[1]).not.toBeNull();
  });

  it('goes on from the trials of an interrupted one without repeating them', async () => {
    const trials: RecordedTrial[] = [];
    const controller = new AbortController();
    const interrupted = await search({}, [p95], {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type !== 'trial') return;
        trials.push(event.trial);
        if (trials.length === 6) controller.abort();
      },
    });
    expect(interrupted.end).toBe('aborted');
    const events: SearchEvent[] = [];
    const found = await search({ seed: 6 }, [p95], {
      earlier: trials,
      onEvent: (event) => void events.push(event),
    });
    expect(found.trials.slice(0, 6)).toEqual(trials);
    const started = events.filter(({ type }) => type === 'trial-started');
    expect(started).toHaveLength(found.trials.length - 6);
    expect(found.end).toBe('precision');
    expect(found.spent.seconds).toBeLessThanOrEqual(240);
  });

  it.each([
    ['fast', { slots: 8, meanSeconds: 0.02 }, 400],
    ['slow', { slots: 16, meanSeconds: 0.5 }, 4000],
  ] as const)('lets a %s service become idle after overload before the next level', async (_, of, limit) => {
    const condition = latencyCondition(95, limit);
    const simulation = new QueueSimulation({ ...service, ...of }, [condition]);
    const found = await searchCapacity(simulation, {
      tiers: [{ name: 'objective', conditions: [condition] }],
      ...{ startRate: 5, highestRate: 100_000, precision: 0.1, confidence: 0.95, warmUpSeconds: 5 },
      budget: { seconds: 300 },
    });
    const left = found.trials.map(({ backlog }) => (backlog * of.meanSeconds) / of.slots);
    // Otherwise there would be nothing to wait for.
    expect(Math.max(...left)).toBeGreaterThan(2);
    // What is under way at any moment is a request in each slot.
    expect(Math.max(...simulation.inherited)).toBeLessThan(10 * of.meanSeconds);
  });

  it.each([
    ['time', { seconds: 60 }, ({ seconds }: { seconds: number }) => seconds <= 60],
    ['requests', { seconds: 600, requests: 9000 }, ({ requests }: { requests: number }) => requests <= 9300],
  ] as const)('keeps to its budget of %s', async (_, budget, keeps) => {
    const { end, spent } = await search({}, [p95], { budget });
    expect(end).toBe('budget');
    expect(keeps(spent)).toBe(true);
  });

  it('keeps to its budget of money', async () => {
    const prices = { usDollarsPerHour: 36, usDollarsPerRequest: 0.0001 };
    const { spent } = await search({}, [p95], { prices, budget: { seconds: 600, usDollars: 1 } });
    expect(spent.usDollars).toBeLessThanOrEqual(1);
    expect(spent.usDollars).toBeCloseTo(spent.seconds / 100 + spent.requests / 10_000, 9);
    // A fleet costs while it starts.
    const usDollarsBefore = 0.4;
    const late = await search({}, [p95], {
      prices: { ...prices, usDollarsBefore },
      budget: { seconds: 600, usDollars: 1 },
    });
    expect(late.spent.usDollars).toBeLessThanOrEqual(1);
    expect(late.spent.seconds).toBeLessThan(spent.seconds);
  });

  it('says that nothing holds, and where the search ends', async () => {
    const { end, capacities } = await search({}, [latencyCondition(95, 5)], { startRate: 5 });
    expect(end).toBe('nothing-holds');
    expect(capacities[0]).toMatchObject({ estimate: null, interval: [0, null], proven: { lower: null } });
  });

  it('goes no higher than it may', async () => {
    const { end, levels, capacities } = await search({}, [p95], { highestRate: 100 });
    expect(end).toBe('highest-rate');
    expect(levels.at(-1)!.rate).toBe(100);
    expect(capacities[0]!.interval[1]).toBeNull();
  });

  it('tells the concurrency of a level by the law of Little', async () => {
    const { levels } = await search({}, [p95]);
    const low = levels.find(({ rate }) => rate === 80)!;
    // A slot serves 100/s: at 80/s hardly anything waits, so 0.8 are busy.
    expect(low.concurrency).toBeGreaterThan(0.6);
    expect(low.concurrency).toBeLessThan(1);
  });
});

describe('what a budget can give', () => {
  it('is said before anything is measured', () => {
    expect(forecastOf({ budget: { seconds: 250 }, precision: 0.1 })).toEqual({ sufficientFrom: 200 });
    const priced = {
      budget: { seconds: 1000, usDollars: 6 },
      prices: { usDollarsPerHour: 36, usDollarsPerRequest: 0.0001 },
    };
    expect(forecastOf({ ...priced, precision: 0.1 }).sufficientFrom).toBeCloseTo(500, 6);
  });

  it('is said also where no service is fast enough, because requests, money or the highest rate end first', () => {
    const at = (options: Partial<Parameters<typeof forecastOf>[0]>) =>
      forecastOf({ budget: { seconds: 250 }, precision: 0.1, ...options });
    const width = (requests: number) => expect.closeTo(0.1 * (50_000 / requests) ** 0.75, 6);
    expect(at({ budget: { seconds: 250, requests: 40_000 } })).toEqual({
      ...{ sufficientFrom: Infinity, narrowest: width(40_000) },
    });
    const prices = { usDollarsPerHour: 36, usDollarsPerRequest: 0.001 };
    expect(at({ budget: { seconds: 250, usDollars: 10 }, prices })).toEqual({
      ...{ sufficientFrom: Infinity, narrowest: width(10_000) },
    });
    expect(at({ highestRate: 100 })).toEqual({ sufficientFrom: 200, narrowest: width(25_000) });
    expect(at({ highestRate: 300 })).toEqual({ sufficientFrom: 200 });
  });

  it('is wider where the budget holds fewer requests', () => {
    const { width } = forecastOf({ budget: { seconds: 250 }, precision: 0.1 }, 50);
    expect(width).toBeCloseTo(0.1 * 4 ** 0.75, 6);
    expect(forecastOf({ budget: { seconds: 250 }, precision: 0.1 }, 2000).width).toBe(0.1);
  });

  it('is at most what nine of ten searches keep to', () => {
    const atMost = (rate: number, precision = 0.1) =>
      forecastOf({ budget: { seconds: 250 }, precision }, rate).atMost;
    expect(atMost(200)).toBeCloseTo(0.45, 6);
    expect(atMost(1600)).toBeCloseTo(0.225, 6);
    expect(atMost(1600, 0.5)).toBe(0.5);
    expect(atMost(0.1)).toBe(2);
  });
});
