import { addTallies, judgedSeconds, poolLevels, type PooledLevel } from './levels.js';
import { conditionsOf } from './capacities.js';
import { orient } from './evidence.js';
import type { Capacity, Cause, Condition, RecordedTrial, Tier, TrialSecond } from './contract.js';
import { percentile } from '../locust/histogram.js';
import { formatFigure, formatMilliseconds } from '../values/format.js';

/** Of what was offered: a service that answers so much of it has room in its throughput. */
const keepsUp = 0.97;
/** By how much the p50 of later trials differs, before it is a change. */
const driftFactor = 1.35;
/** Of a rate that was held, one that overloads the service later on. */
const clearlyLess = 0.95;
const leastPairs = 4;
/** Of the pairs across a moment. */
const nearlyAll = 0.8;
/** Shorter trials begin with an idle service and say little of its times, in seconds. */
const longSeconds = 3;
const manyRequests = 150;

/** What a search noticed, the most important first. */
export function findCauses(
  trials: readonly RecordedTrial[],
  capacities: readonly Capacity[],
  tiers: readonly Tier[],
): Cause[] {
  const levels = poolLevels(trials);
  const conditions = conditionsOf(tiers);
  return [
    ...generatorTooSmall(trials),
    ...changesOverTime(trials),
    ...coldStart(trials, conditions),
    ...firstBroken(levels, capacities, tiers),
  ];
}

const rateText = (rate: number) => `${formatFigure(rate)}/s`;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** What breaks first, at the lowest level above the estimate. */
function firstBroken(
  levels: readonly PooledLevel[],
  capacities: readonly Capacity[],
  tiers: readonly Tier[],
): Cause[] {
  const named = new Map<Cause['id'], Cause>();
  capacities.forEach(({ estimate, brokenBy, proven }, tier) => {
    const condition = tiers[tier]!.conditions.find(({ text }) => text === brokenBy);
    const level = levels.find(({ rate }) => rate >= (proven.upper ?? estimate ?? Infinity));
    if (!condition || !level) return;
    const { due, ended } = flowOf(level);
    const failed = sum(level.trials.map((trial) => trial.failed));
    const answered = Math.max(0, ended - failed);
    const share = due === 0 ? 0 : Math.min(1, answered / due);
    const at = `At ${rateText(level.rate)}`;
    if (condition.kind === 'errors') {
      const id = 'errors' as const;
      named.set(id, {
        id,
        reason: `${at} "${condition.text}" breaks: requests fail before they become slow.`,
      });
    } else if (!level.overloaded && share >= keepsUp) {
      const id = 'latency-before-throughput' as const;
      const reason = `${at} "${condition.text}" breaks although the service still answers ${Math.round(share * 100)} % of what is offered: it is too slow before it is full.`;
      named.set(id, { id, reason });
    } else {
      const id = 'saturation' as const;
      const perSecond = rateText(ended / Math.max(1, secondsOf(level)));
      named.set(id, {
        id,
        reason: `${at} the service is full: it answers ${perSecond}, and its backlog grows.`,
      });
    }
  });
  return [...named.values()];
}

const secondsOf = ({ trials }: PooledLevel) => sum(trials.map((trial) => judgedSeconds(trial).length));

function flowOf({ trials }: PooledLevel): { due: number; ended: number } {
  const seconds = trials.flatMap(judgedSeconds);
  return { due: sum(seconds.map(({ due }) => due)), ended: sum(seconds.map(({ ended }) => ended)) };
}

function generatorTooSmall(trials: readonly RecordedTrial[]): Cause[] {
  const invalid = trials.filter((trial) => trial.invalid.length > 0);
  const least = Math.min(...invalid.map(({ rate }) => rate));
  const first = invalid.find(({ rate }) => rate === least);
  if (!first) return [];
  const reason = `The generator did not offer ${rateText(least)}: ${first.invalid[0]}`;
  return [{ id: 'generator-too-small', reason }];
}

/** Two trials, of which the later one must not be slower, or faster, than the earlier one. */
interface Pair {
  readonly earlier: RecordedTrial;
  readonly later: RecordedTrial;
}

/**
 * The same rate, and a lower one all the more, has the same times, whenever it is tried: later trials that are slower are a
 * leak, and faster ones at a higher rate more capacity. Single pairs may be chance; from some moment on it must be nearly all.
 */
function changesOverTime(trials: readonly RecordedTrial[]): Cause[] {
  const judged = trials.filter(
    ({ purpose, invalid, overloaded, seconds, skipSeconds, requests }) =>
      purpose !== 'warm-up' &&
      invalid.length === 0 &&
      (overloaded || (seconds.length - skipSeconds >= longSeconds && requests >= manyRequests)),
  );
  const said = ({ earlier, later }: Pair) =>
    `${rateText(later.rate)} were answered ${describe(later)}, after ${rateText(earlier.rate)} had been ${describe(earlier)}`;
  const more = findChange(judged, ({ earlier, later }) => isWorse(later, earlier));
  if (more) {
    const reason = `${said(more)}: the capacity changes during the calibration, as with autoscaling.`;
    return [{ id: 'capacity-changes', reason }];
  }
  const less = findChange(judged, ({ earlier, later }) => isWorse(earlier, later));
  if (!less) return [];
  const reason = `${said(less)}: the service becomes slower while it works. Its capacity is that of these minutes only.`;
  return [{ id: 'slow-leak', reason }];
}

/** The last pair of a change that is shown by pairs across one moment. */
function findChange(
  judged: readonly RecordedTrial[],
  changed: (pair: Pair) => boolean | undefined,
): Pair | undefined {
  for (let moment = 2; moment <= judged.length - 2; moment += 1) {
    const pairs = judged
      .slice(0, moment)
      .flatMap((earlier) => judged.slice(moment).map((later) => ({ earlier, later })))
      .map((pair) => ({ pair, is: changed(pair) }))
      .filter(({ is }) => is !== undefined);
    const found = pairs.filter(({ is }) => is).map(({ pair }) => pair);
    const sides = [new Set(found.map(({ earlier }) => earlier)), new Set(found.map(({ later }) => later))];
    const isShown = found.length >= leastPairs && found.length >= pairs.length * nearlyAll;
    if (isShown && sides.every(({ size }) => size >= 2)) return found.at(-1);
  }
  return undefined;
}

/** Whether one trial is clearly slower than another although its rate is not higher. Undefined: they say nothing of it. */
function isWorse(good: RecordedTrial, bad: RecordedTrial): boolean | undefined {
  const factor = bad.rate / good.rate;
  if (good.overloaded || factor > 1.001) return undefined;
  if (bad.overloaded) return factor <= clearlyLess ? true : undefined;
  const [before, after] = [percentile(good.times, 0.5), percentile(bad.times, 0.5)];
  return before === null || after === null ? undefined : after >= before * driftFactor;
}

function describe({ overloaded, times }: RecordedTrial): string {
  return overloaded
    ? 'with a growing backlog'
    : `in ${formatMilliseconds(percentile(times, 0.5) ?? 0)} (p50)`;
}

/** The beginning of the warm-up is worse than its end, by the condition that is nearest to its limit. */
function coldStart(trials: readonly RecordedTrial[], conditions: readonly Condition[]): Cause[] {
  const warmUp = trials.find(({ purpose }) => purpose === 'warm-up');
  const next = trials.find(({ purpose, invalid }) => purpose !== 'warm-up' && invalid.length === 0);
  if (!warmUp || !next) return [];
  const found = conditions.findIndex((condition, at) => {
    const [before, after] = [ratioOf(warmUp.seconds, at), ratioOf(judgedSeconds(next), at)];
    if (before === undefined || after === undefined) return false;
    const [cold, warm] = [before, after].map((ratio) => orient(ratio / condition.limit, condition)) as [
      number,
      number,
    ];
    return cold >= 2 && cold >= 3 * warm;
  });
  if (found < 0) return [];
  const reason = `The first ${warmUp.seconds.length} s broke "${conditions[found]!.text}" at the lowest rate, which held it afterwards: the service starts cold. They are not judged.`;
  return [{ id: 'cold-start', reason }];
}

function ratioOf(seconds: readonly TrialSecond[], condition: number): number | undefined {
  const { sum: counted, weight } = seconds
    .map(({ tallies }) => tallies[condition]!)
    .reduce(addTallies, { sum: 0, weight: 0 });
  return weight === 0 ? undefined : counted / weight;
}
