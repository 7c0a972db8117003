import jstat from 'jstat';

const { studentt } = jstat.jStat;

/** Seconds before which no trial is stopped. */
const leastSeconds = 4;
/** Chance of one look; those of every second of a search together stay below 1 in 100. */
const chance = 3e-5;
/** Of the rate: a backlog that grows more slowly is left to the judgement of the whole trial. */
const leastShare = 0.02;
/** Requests: less than this is the work that a service of some slots has in hand. */
const leastGrowth = 20;

/** What is known of a second while a trial goes on. */
interface Flow {
  readonly due: number;
  readonly ended: number;
  readonly inFlight: number;
}

/** How a backlog moved. */
export interface BacklogSlope {
  /** Requests a second by which it grew, by least squares. */
  readonly slope: number;
  /** The slope in its standard errors. */
  readonly statistic: number;
  /** The service does not hold this rate. */
  readonly grows: boolean;
}

/**
 * Whether the backlog of a service grows faster than that of one which is just fully used.
 *
 * The backlog of a fully used service is a random walk without drift, which wanders far. The least-squares slope of such a
 * walk of n steps with variance v has the variance 6 v ÷ (5 n): Durlauf and Phillips (1988), Trends versus random walks in
 * time series analysis, Econometrica 56:1333–1354. The variance of the steps is that of `due − ended` about its mean.
 *
 * @param fillSeconds How long requests take: until then those under way only become as many as they always are.
 */
export function backlogSlope(all: readonly Flow[], fillSeconds = 0): BacklogSlope {
  const firstEnd = all.findIndex(({ ended }) => ended > 0);
  const seconds = firstEnd < 0 ? [] : all.slice(Math.ceil(Math.max(fillSeconds, firstEnd)));
  const count = seconds.length;
  if (count < leastSeconds) return { slope: 0, statistic: 0, grows: false };
  const middle = (count - 1) / 2;
  let products = 0;
  let squares = 0;
  seconds.forEach(({ inFlight }, index) => {
    products += (index - middle) * inFlight;
    squares += (index - middle) ** 2;
  });
  const slope = products / squares;
  const steps = seconds.map(({ due, ended }) => due - ended);
  const mean = steps.reduce((sum, step) => sum + step, 0) / count;
  const rate = seconds.reduce((sum, { due }) => sum + due, 0) / count;
  // Of few steps it may look small by chance: callers that come at random, and answers, vary by at least so much.
  const variance = Math.max(rate, steps.reduce((sum, step) => sum + (step - mean) ** 2, 0) / (count - 1));
  const statistic = variance === 0 ? 0 : slope / Math.sqrt((1.2 * variance) / count);
  const grows =
    statistic >= studentt.inv(1 - chance, count - 1) &&
    slope >= rate * leastShare &&
    slope * count >= leastGrowth &&
    // The first seconds fill the slots of the service, which is no backlog: it must go on growing afterwards.
    seconds.at(-1)!.inFlight > seconds[Math.floor(count / 2)]!.inFlight;
  return { slope, statistic, grows };
}
