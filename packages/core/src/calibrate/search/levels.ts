import { percentile, sum } from '../../locust/histogram.js';
import type { Condition, Level, LevelClass, RecordedTrial, Tally } from '../contract.js';

/** All trials of one rate that say something about the service. */
export interface PooledLevel {
  readonly rate: number;
  readonly trials: readonly RecordedTrial[];
  readonly overloaded: boolean;
}

/** The judged seconds of a trial. */
export const judgedSeconds = ({ seconds, skipSeconds }: RecordedTrial) =>
  seconds.slice(Math.min(skipSeconds, Math.max(0, seconds.length - 1)));

/** Trials that are judged, put together by rate, the lowest first. */
export function poolLevels(trials: readonly RecordedTrial[]): PooledLevel[] {
  const byRate = new Map<number, RecordedTrial[]>();
  for (const trial of trials) {
    if (trial.purpose === 'warm-up' || trial.invalid.length > 0) continue;
    byRate.set(trial.rate, [...(byRate.get(trial.rate) ?? []), trial]);
  }
  return [...byRate]
    .sort(([one], [other]) => one - other)
    .map(([rate, own]) => ({
      rate,
      trials: own,
      // A trial that was stopped weighs as much as those that were not: capacities move.
      overloaded: own.filter(({ overloaded }) => overloaded).length * 2 > own.length,
    }));
}

/** What one condition counted in a level. */
export function tallyOf({ trials }: PooledLevel, condition: number): Tally {
  let total = { sum: 0, weight: 0 };
  for (const trial of trials)
    for (const { tallies } of judgedSeconds(trial)) total = addTallies(total, tallies[condition]!);
  return total;
}

export const addTallies = (one: Tally, other: Tally): Tally => ({
  sum: one.sum + other.sum,
  weight: one.weight + other.weight,
});

/** What one condition counted in pieces of a trial; a piece that is not whole is left out. */
export function batchesOf(trial: RecordedTrial, condition: number, length: number): Tally[] {
  const seconds = judgedSeconds(trial);
  const batches: Tally[] = [];
  for (let at = 0; at + length <= seconds.length; at += length) {
    const batch = seconds
      .slice(at, at + length)
      .map(({ tallies }) => tallies[condition]!)
      .reduce(addTallies);
    if (batch.weight > 0) batches.push(batch);
  }
  return batches;
}

/** A level as it is reported. */
export function describeLevel(
  level: PooledLevel,
  conditions: readonly Condition[],
  classes: readonly LevelClass[],
  invalid: readonly string[],
): Level {
  const { trials, rate, overloaded } = level;
  const judged = trials.flatMap(judgedSeconds);
  const times = trials.map((trial) => trial.times).reduce(sum, []);
  const add = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const ended = add(trials.map((trial) => trial.ended));
  const throughput = judged.length === 0 ? 0 : add(judged.map((second) => second.ended)) / judged.length;
  const answers = add(times.map(([, count]) => count));
  const meanSeconds = answers === 0 ? 0 : add(times.map(([value, count]) => value * count)) / answers / 1000;
  return {
    rate,
    trials: trials.length,
    seconds: judged.length,
    requests: add(trials.map((trial) => trial.requests)),
    classes,
    ratios: conditions.map((_, condition) => {
      const { sum: counted, weight } = tallyOf(level, condition);
      return weight === 0 ? null : counted / weight;
    }),
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    p99: percentile(times, 0.99),
    failed: ended === 0 ? 0 : add(trials.map((trial) => trial.failed)) / ended,
    throughput,
    concurrency: throughput * meanSeconds,
    overloaded,
    invalid,
  };
}
