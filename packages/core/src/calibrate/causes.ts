import { addTallies, judgedSeconds, poolLevels, type PooledLevel } from './search/levels.js';
import { conditionsOf } from './search/capacities.js';
import { orient } from './evidence.js';
import type { Capacity, Cause, Condition, RecordedTrial, Tier, TrialSecond } from './contract.js';
import { percentile, sum as sumHistograms } from '../locust/histogram.js';
import { formatFigure, formatMilliseconds, formatRatio } from '../values/format.js';

/** Of what was offered: a service that answers so much of it has room in its throughput. */
const keepsUp = 0.97;
/** By how much the p50 of later trials differs, before it is a change. */
const driftFactor = 1.35;
/** Of a rate that was held, one that overloads the service later on. */
const clearlyLess = 0.95;
const leastPairs = 4;
/** Of the pairs across a moment. */
const nearlyAll = 0.8;
/** Of a rate: at much lower ones a trial that is not slower says nothing. */
const nearRate = 0.7;
/** By how much requests are slower where they wait. */
const waitingFactor = 1.3;
/** Of their time: a queue that takes less is not what makes them slow. */
const mostlyWaiting = 0.5;
/** Instances, and means of them over a trial, differ by at least so much of one when one was taken or added. */
const anInstance = 0.5;
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
    // A proven rate has been through a logarithm and back.
    const level = levels.find(({ rate }) => rate >= (proven.upper ?? estimate ?? Infinity) * (1 - 1e-9));
    if (!condition || !level) return;
    const { due, ended } = flowOf(level);
    const failed = sum(level.trials.map((trial) => trial.failed));
    const answered = Math.max(0, ended - failed);
    const share = due === 0 ? 0 : Math.min(1, answered / due);
    const at = `At ${rateText(level.rate)}`;
    if (condition.kind === 'errors') {
      const cause = refusals(levels, level, `${at} "${condition.text}" breaks`);
      named.set(cause.id, cause);
    } else if (!level.overloaded && share >= keepsUp) {
      const id = 'latency-before-throughput' as const;
      const reason = `${at} "${condition.text}" breaks although the service still answers ${Math.round(share * 100)} % of what is offered: it is too slow before it is full.`;
      named.set(id, { id, reason });
      const queue = observedQueue(level, at);
      if (queue) named.set(queue.id, queue);
    } else {
      const id = 'saturation' as const;
      const perSecond = rateText(ended / Math.max(1, secondsOf(level)));
      named.set(id, {
        id,
        reason: `${at} the service is full: it answers ${perSecond}, and its backlog grows.`,
      });
      const queue = observedQueue(level, at);
      if (queue) named.set(queue.id, queue);
    }
  });
  return [...named.values()];
}

/**
 * What requests fail by that are not slow. Refused ones leave a service that has room, unless those it takes become slower with the
 * rate: then it has a queue, which is full. A limit of the rate, or of requests at once, makes none wait.
 */
function refusals(levels: readonly PooledLevel[], level: PooledLevel, breaks: string): Cause {
  const failing = levels.filter(
    ({ rate, trials }) => rate >= level.rate && trials.some(({ failed }) => failed > 0),
  );
  const most = failing.at(-1) ?? level;
  const share = refusedShareOf(most);
  if (share < nearlyAll) {
    return { id: 'errors', reason: `${breaks}: requests fail before they become slow.` };
  }
  const idle = medianOf(levels.filter(({ rate }) => rate <= level.rate * nearRate));
  const full = medianOf([most]);
  const refused = `${breaks}: ${formatRatio(share)} of the failures at ${rateText(most.rate)} are refusals (429 or 503)`;
  if (idle === null || full === null || full < idle * waitingFactor) {
    const reason = `${refused}, and what is taken is not slower: a limit of the rate, or of requests at once, is reached.`;
    return { id: 'errors', reason };
  }
  const times = `${formatMilliseconds(full)} in place of ${formatMilliseconds(idle)} (p50)`;
  return { id: 'queue', reason: `${refused}, and what is taken waits, ${times}: its queue is full.` };
}

/** What the service itself says of its queue, where most of the time of a request is spent in it. */
function observedQueue(level: PooledLevel, at: string): Cause | undefined {
  const { trials } = level;
  const waits = trials.flatMap((trial) => {
    const { queuedSeconds, queuedRequests } = trial;
    const perSecond = trial.ended / Math.max(1, judgedSeconds(trial).length);
    // Little's law: so many wait, and so many go on in a second.
    const seconds =
      queuedSeconds ??
      (queuedRequests === undefined ? undefined : queuedRequests / Math.max(perSecond, 1e-9));
    return seconds === undefined ? [] : [seconds * 1000];
  });
  if (waits.length === 0) return undefined;
  const waited = sum(waits) / waits.length;
  const answers = trials.flatMap(({ times }) => times);
  const mean = sum(answers.map(([value, count]) => value * count)) / sum(answers.map(([, count]) => count));
  if (!(waited >= mean * mostlyWaiting)) return undefined;
  const reason = `${at} requests wait ${formatMilliseconds(waited)} in the queue of the service, as it says itself, of ${formatMilliseconds(mean)} that they take: more of them at once, or faster ones, would hold more.`;
  return { id: 'queue', reason };
}

const medianOf = (levels: readonly PooledLevel[]) =>
  percentile(levels.flatMap(({ trials }) => trials.map(({ times }) => times)).reduce(sumHistograms, []), 0.5);

function refusedShareOf({ trials }: PooledLevel): number {
  const failing = trials.filter(({ failed }) => failed > 0);
  const refused = sum(failing.map(({ failed, refusedShare = 0 }) => failed * refusedShare));
  return refused / Math.max(1, sum(failing.map(({ failed }) => failed)));
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
    const reason = `${said(more)}: the capacity changes during the calibration, as with autoscaling${instancesOf(more)}.`;
    return [{ id: 'capacity-changes', reason }];
  }
  // With fewer instances the same service is slower: a leak shows at as many as before.
  const leak = findChange(judged, (pair) =>
    isWithOtherInstances(pair) ? undefined : isWorse(pair.earlier, pair.later),
  );
  if (leak) {
    const { instances } = leak.later;
    const why =
      instances === undefined
        ? 'by a leak or because instances were taken away'
        : `by a leak, as ${formatFigure(instances)} instances served all the time`;
    const reason = `${said(leak)}: the service becomes slower while it works, ${why}. Its capacity is that of these minutes only.`;
    return [{ id: 'slow-leak', reason }];
  }
  const less = findChange(judged, ({ earlier, later }) => isWorse(earlier, later));
  if (less) {
    const reason = `${said(less)}: instances were taken away during the calibration, as by autoscaling${instancesOf(less)}.`;
    return [{ id: 'capacity-changes', reason }];
  }
  return otherInstances(judged);
}

/** How many there were is known of both, and differs. */
function isWithOtherInstances({ earlier, later }: Pair): boolean {
  const [before, after] = [earlier.instances, later.instances];
  return before !== undefined && after !== undefined && Math.abs(before - after) >= anInstance;
}

function instancesOf({ earlier, later }: Pair): string {
  if (earlier.instances === undefined || later.instances === undefined) return '';
  return ` (${formatFigure(earlier.instances)} instances then, ${formatFigure(later.instances)} later)`;
}

/** Times may hide it, but the service says it: trials at different numbers of instances are of different services. */
function otherInstances(judged: readonly RecordedTrial[]): Cause[] {
  const cause = instancesCause(judged);
  return cause ? [cause] : [];
}

/**
 * Whether the service had other numbers of instances meanwhile, as it says itself: no capacity is that of all trials then.
 *
 * @param around How many there were before the first trial and after the last. Absent: not known.
 */
export function instancesCause(
  trials: readonly Pick<RecordedTrial, 'instances'>[],
  around?: { readonly before: number; readonly after: number },
): Cause | undefined {
  const observed = trials.flatMap(({ instances }) => instances ?? []);
  const [earlier, ...others] = around ? [around.before, ...observed, around.after] : observed;
  const later = others.findLast((count) => earlier !== undefined && Math.abs(count - earlier) >= anInstance);
  if (earlier === undefined || later === undefined) return undefined;
  const reason = `The number of instances changes during the calibration, as by autoscaling (${formatFigure(earlier)} instances then, ${formatFigure(later)} later).`;
  return { id: 'capacity-changes', reason };
}

/** Answered ÷ offered, in the judged seconds. */
function endedShare(trial: RecordedTrial): number {
  const seconds = judgedSeconds(trial);
  return sum(seconds.map(({ ended }) => ended)) / Math.max(1, sum(seconds.map(({ due }) => due)));
}

const isFull = (trial: RecordedTrial) => trial.overloaded || endedShare(trial) < keepsUp;

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
  // A short trial may be over before its backlog is seen to grow.
  if (isFull(good) || factor > 1.001) return undefined;
  if (bad.overloaded) return factor <= clearlyLess ? true : undefined;
  const [before, after] = [percentile(good.times, 0.5), percentile(bad.times, 0.5)];
  if (before === null || after === null) return undefined;
  if (after >= before * driftFactor) return true;
  return factor >= nearRate ? false : undefined;
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
