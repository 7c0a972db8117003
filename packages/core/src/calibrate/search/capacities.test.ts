import { expect, it } from 'vitest';
import {
  distributions,
  failureCondition,
  latencyCondition,
  QueueSimulation,
} from '../../../test/queue-simulation.js';
import { uniformNumbers } from '../../values/random.js';
import type { RecordedTrial } from '../contract.js';
import { capacitiesOf } from './capacities.js';
import { poolLevels } from './levels.js';

/** Requests a second at 85 % of the use of each service. */
const usual = 40;

/** The capacities of a service by trials of which some are too short, or too far from its capacity, to say much. */
async function tryService(seed: number) {
  const uniform = uniformNumbers(seed);
  const among = <Value>(values: readonly Value[]) => values[Math.floor(uniform() * values.length)]!;
  const slots = among([1, 2, 4]);
  const meanSeconds = (0.85 * slots) / usual;
  const single = [
    latencyCondition(95, meanSeconds * 1000 * among([6, 9, 14])),
    latencyCondition(90, meanSeconds * 1000 * among([4, 7, 12])),
    failureCondition(0.01),
  ];
  const failed = among([0, 0.005, 0.01, 0.03]);
  // At every rate, or the more the higher it is.
  const failing = among([() => failed, (rate: number) => (failed * rate) / usual]);
  const service = { slots, distribution: among(distributions), meanSeconds, seed, failing };
  const simulation = new QueueSimulation(service, [...single, ...single]);
  const trials: RecordedTrial[] = [];
  for (let count = 4 + Math.floor(uniform() * 12); count > 0; count -= 1) {
    const trial = await simulation.measure({
      ...{ rate: usual * Math.exp(Math.round((uniform() - 0.6) * 12) * 0.05), seconds: among([4, 12, 30]) },
      ...{ skipSeconds: 1, restSeconds: 10, signal: new AbortController().signal, onSeconds: () => {} },
    });
    trials.push({ ...trial, purpose: 'refine', skipSeconds: 1, overloaded: uniform() < 0.05 });
  }
  const tiers = [
    ...single.map((condition) => ({ name: condition.text, conditions: [condition] })),
    { name: 'all', conditions: single },
  ];
  return capacitiesOf(poolLevels(trials), tiers, among([0.8, 0.95]));
}

it('a condition that breaks at all rates leaves no estimate to the others, and is the one that breaks', async () => {
  const conditions = [latencyCondition(95, 300), failureCondition(0.01)];
  const service = { slots: 1, distribution: 'exponential', meanSeconds: 0.02, seed: 1 } as const;
  const simulation = new QueueSimulation({ ...service, failing: () => 0.03 }, conditions);
  const trials: RecordedTrial[] = [];
  for (const rate of [20, 30, 40, 45, 48]) {
    const trial = await simulation.measure({
      ...{ rate, seconds: 120, skipSeconds: 1, restSeconds: 10 },
      ...{ signal: new AbortController().signal, onSeconds: () => {} },
    });
    trials.push({ ...trial, purpose: 'refine', skipSeconds: 1, overloaded: false });
  }
  const [alone] = capacitiesOf(poolLevels(trials), [{ name: 'p95', conditions: [conditions[0]!] }], 0.95);
  expect(alone!.estimate).toBeGreaterThan(30);
  const [both] = capacitiesOf(poolLevels(trials), [{ name: 'both', conditions }], 0.95);
  expect(both).toMatchObject({ estimate: null, brokenBy: 'http_req_failed rate<0.01' });
  expect(both!.interval[0]).toBe(0);
  expect(both!.interval[1]).toBeLessThan(alone!.estimate!);
});

it('each estimate of 120 services lies within its interval, and that between the levels proven to hold and to break', async () => {
  const found = [];
  for (let seed = 1; seed <= 120; seed += 1)
    for (const capacity of await tryService(seed)) found.push({ seed, ...capacity });
  const wrong = found.filter(({ estimate, interval: [lower, upper], width, proven }) => {
    const ascending = [
      proven.lower ?? 0,
      lower,
      estimate ?? lower,
      upper ?? Infinity,
      proven.upper ?? Infinity,
    ];
    const shown = upper === null ? null : (upper - lower) / ((upper + lower) / 2);
    return width !== shown || ascending.some((rate, at) => at > 0 && rate < ascending[at - 1]!);
  });
  expect(wrong).toEqual([]);
  // The services are such that all of it can be seen.
  const estimated = found.filter(({ estimate }) => estimate !== null);
  const limited = estimated.filter(({ interval: [lower, upper] }) => lower > 0 && upper !== null);
  expect(limited.length).toBeGreaterThan(100);
  expect(estimated.length - limited.length).toBeGreaterThan(50);
  expect(found.length - estimated.length).toBeGreaterThan(50);
});
