import type {
  Capacity,
  Forecast,
  RecordedTrial,
  SearchEnd,
  SearchOptions,
  Tier,
  TrialPurpose,
} from '../contract.js';
import { deviance, orient } from '../evidence.js';
import { conditionsOf } from './capacities.js';
import { judgedSeconds, poolLevels, tallyOf, type PooledLevel } from './levels.js';

/** Bracket of which trials are repeated beside the estimate: narrower is not decided by one short trial. */
const narrowEnough = 1.3;
/** Rates lie on a grid, so that trials of about the same rate become one level: this part of the wanted width. */
const gridPart = 0.2;
/** Where trials are repeated: this part of the wanted width beside the estimate. */
const besidePart = 0.45;
/** From the estimate, as a logarithm. */
const farthest = 0.5;
/** Limits that a ratio is worth where a level breaks by so much that no statistics are needed. */
export const clearly = 1.5;
/**
 * Standard errors from which a level counts as broken in the bracket, as if requests were slow independently of each other, and trials
 * after which nothing more is doubted. Of 100 requests 1.5 limits are often chance, and all that follows would be far below the capacity.
 */
const convincing = 3;
const mostDoubts = 6;
/** Repeated trials on each side of the estimate, before an interval counts as found: one trial is never trusted. */
const leastTrials = 3;
/** Requests of one side, in those of the other: of a side alone the line through the levels has no slope. */
const mostUneven = 2;
/**
 * Requests of repeated trials, times the square of the precision: 30,000 for 10 %. From fewer an interval may look narrow by
 * chance, and a search that stopped at the first such would stop too early too often.
 */
const leastRequests = 300;
/** Of the throughput of an overloaded service: where its objective may begin to break. */
const justBelow = 0.92;
/** Below this nothing is looked for, in requests a second. */
const lowestRate = 0.1;
/** Trials at a rate that the generator did not offer, before it counts as its limit. */
const invalidTrials = 2;

type Next = { readonly purpose: TrialPurpose; readonly rate: number } | { readonly end: SearchEnd };

/** The rate to try next, or why the search is over. */
export function nextLevel(
  trials: readonly RecordedTrial[],
  capacities: readonly Capacity[],
  forecast: Forecast,
  options: SearchOptions,
): Next {
  const { tiers, precision } = options;
  const ceiling = ceilingOf(trials, options.highestRate);
  const levels = poolLevels(trials);
  const isDone = ({ width, estimate }: Capacity) =>
    width !== null &&
    width <= precision &&
    [-1, 1].every((side) => refinesBeside(trials, estimate ?? 0, side).length >= leastTrials) &&
    requestsBeside(trials) >= leastRequests / precision ** 2;
  const open = capacities
    .map((capacity, tier) => ({ capacity, tier }))
    .filter(({ capacity }) => !isDone(capacity));
  let end: SearchEnd = 'precision';
  // The tier of which least is known: without an upper limit first, then the widest.
  const widthOf = ({ capacity }: (typeof open)[number]) => capacity.width ?? Infinity;
  for (const { capacity, tier } of open.toSorted((one, other) => widthOf(other) - widthOf(one))) {
    const first = conditionsOf(tiers.slice(0, tier)).length;
    const breaks = (level: PooledLevel, limits: number) => isBroken(level, tiers[tier]!, first, limits);
    const next = nextOfTier(levels, breaks, capacity, {
      ...{ trials, options, ceiling, width: Math.max(precision, forecast.width ?? precision) },
      isDoubtful: (level) => isDoubtful(level, tiers[tier]!, first),
    });
    if (!('end' in next)) return next;
    end = next.end;
  }
  return { end };
}

/** Whether a level breaks a tier as it was measured, by so many limits. */
export function isBroken(level: PooledLevel, { conditions }: Tier, first: number, limits: number): boolean {
  if (level.overloaded) return true;
  return conditions.some((condition, at) => {
    const { sum, weight } = tallyOf(level, first + at);
    return weight > 0 && orient(sum / weight / condition.limit, condition) >= limits;
  });
}

interface Ceiling {
  readonly rate: number;
  readonly isGenerator: boolean;
}

/** The rate that no trial goes to: one that the generator does not offer. */
function ceilingOf(trials: readonly RecordedTrial[], highestRate: number): Ceiling {
  const invalid = trials.filter((trial) => trial.invalid.length > 0).map(({ rate }) => rate);
  const repeated = invalid.filter((rate, at) => invalid.indexOf(rate) !== at);
  const least = Math.min(...repeated, Infinity);
  return least <= highestRate
    ? { rate: least, isGenerator: true }
    : { rate: highestRate, isGenerator: false };
}

interface TierState {
  readonly trials: readonly RecordedTrial[];
  readonly options: SearchOptions;
  readonly ceiling: Ceiling;
  readonly width: number;
  readonly isDoubtful: (level: PooledLevel) => boolean;
}

function nextOfTier(
  levels: readonly PooledLevel[],
  breaks: (level: PooledLevel, limits: number) => boolean,
  { estimate, interval }: Capacity,
  { trials, options, ceiling, width, isDoubtful }: TierState,
): Next {
  const last = trials.at(-1);
  // Once more: something else on the machine may have disturbed it.
  if (last && last.invalid.length > 0 && last.purpose !== 'warm-up') {
    const before = trials.filter(({ rate, invalid }) => rate === last.rate && invalid.length > 0).length;
    if (before < invalidTrials) return { purpose: last.purpose, rate: last.rate };
  }
  const rates = levels.map(({ rate }) => rate);
  const highest = rates.at(-1) ?? 0;
  const limited = (purpose: TrialPurpose, rate: number): Next => {
    if (rate < ceiling.rate) return { purpose, rate };
    if (!ceiling.isGenerator && highest < ceiling.rate) return { purpose, rate: ceiling.rate };
    if (ceiling.isGenerator && highest > 0 && ceiling.rate / highest > narrowEnough)
      return { purpose, rate: Math.sqrt(highest * ceiling.rate) };
    return { end: ceiling.isGenerator ? 'generator' : 'highest-rate' };
  };
  if (levels.length === 0) return limited('bracket', options.startRate);
  const firstBroken = levels.find((level) => breaks(level, clearly));
  if (!firstBroken) return limited('bracket', highest * 2);
  if (isDoubtful(firstBroken) && firstBroken.rate === highest) return { purpose: 'bracket', rate: highest };
  if (estimate === null && !breaks(levels[0]!, 1)) return limited('bracket', highest * 2);
  if (estimate === null) {
    const rate = rates[0]! / 2;
    return rate < lowestRate ? { end: 'nothing-holds' } : { purpose: 'bracket', rate };
  }
  const held = rates.findLast((rate) => rate < estimate);
  const broken = levels.find(({ rate }) => rate >= estimate);
  if (held === undefined) return { purpose: 'narrow', rate: estimate / Math.sqrt(narrowEnough) };
  if (broken === undefined) return limited('narrow', estimate * Math.sqrt(narrowEnough));
  if (broken.rate / held > narrowEnough) return { purpose: 'narrow', rate: narrow(broken, held) };
  return limited('refine', besideEstimate(trials, interval, estimate, width));
}

/** Whether chance may have broken a level: one trial never convinces, and few slow requests do not either. */
function isDoubtful(level: PooledLevel, { conditions }: Tier, first: number): boolean {
  const { overloaded, trials } = level;
  if (overloaded || trials.length >= mostDoubts) return false;
  if (trials.length < 2) return true;
  return conditions.every((condition, at) => {
    const { sum, weight } = tallyOf(level, first + at);
    if (weight === 0) return true;
    const mean = orient(sum / weight / condition.limit, condition);
    const expected = condition.isShare ? weight * condition.limit : weight;
    return mean <= 1 || deviance(mean, 1) * expected < convincing ** 2;
  });
}

/** An overloaded service shows what it can do at most: its capacity is hardly beyond, and seldom far below. */
function narrow({ rate: broken, overloaded, trials }: PooledLevel, held: number): number {
  const middle = Math.sqrt(held * broken);
  if (!overloaded) return middle;
  const seconds = trials.flatMap(judgedSeconds);
  const perSecond = seconds.reduce((sum, { ended }) => sum + ended, 0) / Math.max(1, seconds.length);
  const guess = perSecond * justBelow;
  return guess > held * 1.05 && guess < broken * 0.95 ? guess : middle;
}

/** A rate of the grid below or above the estimate: the side of which less is known. */
function besideEstimate(
  trials: readonly RecordedTrial[],
  [lower, upper]: Capacity['interval'],
  estimate: number,
  width: number,
): number {
  const step = Math.log1p(width * gridPart);
  const below = lower === 0 ? Infinity : Math.log(estimate / lower);
  const above = upper === null ? Infinity : Math.log(upper / estimate);
  const spent = (side: number) =>
    refinesBeside(trials, estimate, side).reduce((sum, { requests }) => sum + requests, 0);
  // Equally far on both sides, or not known: the side that has had less.
  const difference = below === Infinity || above === Infinity ? 0 : below - above;
  const [under, over] = [spent(-1), spent(1)];
  const isBalanced = Math.max(under, over) <= mostUneven * Math.max(1, Math.min(under, over));
  const isBelow = isBalanced && Math.abs(difference) > 0.1 * width ? difference > 0 : under <= over;
  const side = isBelow ? -1 : 1;
  const distance = distanceOf(
    Math.log1p(width * besidePart),
    isBelow ? below : above,
    refinesBeside(trials, estimate, side).length,
  );
  return Math.exp(Math.round((Math.log(estimate) + side * distance) / step) * step);
}

/** Where hardly anything is proven after some trials, farther away: less has to be counted there. As logarithms. */
const distanceOf = (wanted: number, limit: number, trials: number) =>
  limit < farthest ? wanted : Math.max(wanted, Math.min(wanted * (1 + trials), farthest));

const requestsBeside = (trials: readonly RecordedTrial[]) =>
  trials.reduce((sum, { purpose, requests }) => sum + (purpose === 'refine' ? requests : 0), 0);

const refinesBeside = (trials: readonly RecordedTrial[], estimate: number, side: number) =>
  trials.filter(
    ({ purpose, rate, invalid }) =>
      purpose === 'refine' && invalid.length === 0 && Math.sign(rate - estimate) === side,
  );
