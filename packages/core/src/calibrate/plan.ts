import type { Budget, Forecast, Prices, SearchOptions, Spent } from './contract.js';

/**
 * Requests of a whole search, at about the capacity, that give an interval of {@link referenceWidth}. By simulation of queues
 * of 1 to 16 slots with fixed, exponential and log-normal service times, at 85 % of their use; see docs/how-to/calibrate.md.
 */
const referenceRequests = 50_000;
const referenceWidth = 0.1;
/** No budget promises more: the width would be that of a guess. */
const widest = 1;
/**
 * The width that nine of ten searches keep to, of {@link referenceRequests} and of other numbers: a power law below which were 697 of 720
 * simulated searches. It was raised once after a look at all of them. Slots and service times decide more than the square root
 * of the requests: sixteen slots and heavy tails need ten times as many as one slot.
 */
const referenceAtMost = 0.45;
const atMostPower = 1 / 3;
/** Nothing may be proven to hold: the interval then begins at 0. */
const nothingProven = 2;

/** Money for trials. */
function usDollarsFor({ usDollars = Infinity }: Budget, prices: Prices | undefined): number {
  return Math.max(0, usDollars - (prices?.usDollarsBefore ?? 0));
}

/** Requests a second that a budget allows at a rate, over all. */
function affordableRequests(rate: number, budget: Budget, prices: Prices | undefined): number {
  const { requests = Infinity, seconds } = budget;
  const { usDollarsPerHour = 0, usDollarsPerRequest = 0 } = prices ?? {};
  const usDollars = usDollarsFor(budget, prices);
  const perRequest = usDollarsPerRequest + usDollarsPerHour / 3600 / rate;
  return Math.min(rate * seconds, requests, perRequest > 0 ? usDollars / perRequest : Infinity);
}

/**
 * The width that so many requests give. An interval shrinks with the square root of what it is made from; of little, the more
 * is left over for it the less the bracket has taken.
 */
const widthOf = (requests: number) =>
  Math.min(widest, referenceWidth * (referenceRequests / Math.max(1, requests)) ** 0.75);

/** What a budget can give, of a rate if one is known. */
export function forecastOf(
  {
    budget,
    prices,
    precision,
    highestRate = Number.MAX_VALUE,
  }: Pick<SearchOptions, 'budget' | 'prices' | 'precision'> & Partial<Pick<SearchOptions, 'highestRate'>>,
  rate?: number,
): Forecast {
  const needed = referenceRequests * (referenceWidth / precision) ** (4 / 3);
  const sufficientFrom = lowestRate(needed, budget, prices);
  if (rate === undefined) {
    if (sufficientFrom <= highestRate) return { sufficientFrom };
    return { sufficientFrom, narrowest: widthOf(affordableRequests(highestRate, budget, prices)) };
  }
  const affordable = affordableRequests(rate, budget, prices);
  const width = Math.max(precision, widthOf(affordable));
  const atMost = Math.min(
    nothingProven,
    referenceAtMost * (referenceRequests / Math.max(1, affordable)) ** atMostPower,
  );
  return { rate, width, atMost: Math.max(width, atMost), sufficientFrom };
}

/** The rate at which a budget holds so many requests; Infinity: at none. */
function lowestRate(needed: number, budget: Budget, prices: Prices | undefined): number {
  const { requests = Infinity, seconds } = budget;
  const { usDollarsPerHour = 0, usDollarsPerRequest = 0 } = prices ?? {};
  const forTime = usDollarsFor(budget, prices) - needed * usDollarsPerRequest;
  if (requests < needed || forTime < 0) return Infinity;
  const secondsPaid = usDollarsPerHour === 0 ? Infinity : (forTime / usDollarsPerHour) * 3600;
  return needed / Math.min(seconds, secondsPaid);
}

/** How long requests may take after a trial, in seconds: what a slow service still has is given up. */
export const gracefulStopSeconds = 10;
/** Until the workers of a trial begin, in seconds: more than they mostly need. */
const startSeconds = 5;
/** Requests come at random: of 30,000 trials one has this many standard deviations more than its rate says. */
const deviations = 4;

/** What is left of a budget, as seconds of a load. */
export function secondsLeft(rate: number, { budget, prices }: SearchOptions, spent: Spent): number {
  const { requests = Infinity } = budget;
  return Math.min(
    budget.seconds - spent.seconds,
    (requests - spent.requests) / rate,
    prices ? secondsPaid(rate, (budget.usDollars ?? Infinity) - (spent.usDollars ?? 0), prices) : Infinity,
  );
}

/** Seconds of a load that money pays for, whatever chance and the last answers add to them. */
function secondsPaid(
  rate: number,
  usDollars: number,
  { usDollarsPerHour, usDollarsPerRequest }: Prices,
): number {
  const perSecond = usDollarsPerHour / 3600 + usDollarsPerRequest * rate;
  if (perSecond === 0 || usDollars === Infinity) return Infinity;
  const besides = ((startSeconds + gracefulStopSeconds) / 3600) * usDollarsPerHour;
  const most = Math.max(0, usDollars - besides) / perSecond;
  return most - (deviations * Math.sqrt(most * rate) * usDollarsPerRequest) / perSecond;
}

/** Requests that a trial of the bracket needs: five of 5 % to be seen. */
const bracketRequests = 100;
/** Parts of the whole time that a trial of the bracket takes at most; of slow rates, so that it sees {@link fewRequests}. */
const bracketParts = { usual: 48, slow: 20 };
const fewRequests = 10;
/**
 * Parts of the whole time that a repeated trial takes at most, and at least where it has {@link refineRequests} in less: a fast service shows
 * in 10 s what a slow one shows in 20, some fifty times as long as its queue remembers.
 */
const refineParts = { most: 12, least: 24 };
const refineRequests = 8000;

/** Length of a trial, and how much of its start is not judged, in whole seconds. */
export function trialLength(
  purpose: 'bracket' | 'refine',
  rate: number,
  { totalSeconds, fillSeconds }: { readonly totalSeconds: number; readonly fillSeconds: number },
): { seconds: number; skipSeconds: number } {
  const fill = Math.ceil(fillSeconds);
  const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));
  const skipSeconds = Math.max(1, fill);
  const longestBracket = Math.max(
    totalSeconds / bracketParts.usual,
    Math.min(totalSeconds / bracketParts.slow, fewRequests / rate),
  );
  const judged =
    purpose === 'bracket'
      ? clamp(bracketRequests / rate, 2, longestBracket)
      : clamp(
          clamp(refineRequests / rate, totalSeconds / refineParts.least, totalSeconds / refineParts.most),
          5,
          60,
        ) - skipSeconds;
  return { seconds: skipSeconds + Math.ceil(Math.max(judged, 2, 3 * fill)), skipSeconds };
}
