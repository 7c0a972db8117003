import jstat from 'jstat';

const { studentt, chisquare } = jstat.jStat;

/** Of the two-sided interval; what lies beyond one of its limits has a probability of 2.5 %. */
export const oneSidedLevel = 0.025;

/** A difference between two sides on an additive scale: of logarithms, or of shares. */
export interface Estimate {
  readonly difference: number;
  readonly interval: readonly [low: number, high: number];
  /** Probability of a difference at least this far beyond a limit, if the true one is the limit. */
  pValue(operator: '<' | '>', limit: number): number;
  /** Standard deviation of one difference, and how many gave it; absent for single runs. */
  readonly spread?: { readonly deviation: number; readonly degreesOfFreedom: number };
}

/** By the t-test on the differences of pairs. */
export function pairedEstimate(baseline: readonly number[], candidate: readonly number[]): Estimate {
  const differences = candidate.map((value, index) => value - baseline[index]!);
  const { mean, variance } = moments(differences);
  return byStudent(mean, Math.sqrt(variance / differences.length), differences.length - 1, variance);
}

/** By the t-test on two samples: Welch's, or with the common variance where one side is a single run. */
export function groupedEstimate(baseline: readonly number[], candidate: readonly number[]): Estimate {
  const [one, other] = [moments(baseline), moments(candidate)];
  const [n, m] = [baseline.length, candidate.length];
  const difference = other.mean - one.mean;
  if (n === 1 || m === 1) {
    const freedom = n + m - 2;
    const variance = (one.variance * (n - 1) + other.variance * (m - 1)) / freedom;
    return byStudent(difference, Math.sqrt(variance / n + variance / m), freedom, 2 * variance);
  }
  const [left, right] = [one.variance / n, other.variance / m];
  const sum = left + right;
  const freedom = sum === 0 ? n + m - 2 : sum ** 2 / (left ** 2 / (n - 1) + right ** 2 / (m - 1));
  return byStudent(difference, Math.sqrt(sum), freedom, one.variance + other.variance);
}

/** Of resamples of the difference of two single runs. */
export function bootstrapEstimate(difference: number, resampled: readonly number[]): Estimate {
  const sorted = [...resampled].sort((one, other) => one - other);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))]!;
  return {
    difference,
    interval: [at(oneSidedLevel), at(1 - oneSidedLevel)],
    pValue: (operator, limit) => {
      const contrary = sorted.filter((value) => (operator === '>' ? value <= limit : value >= limit)).length;
      return (1 + contrary) / (1 + sorted.length);
    },
  };
}

/** 97.5 % of a normal distribution lie below it. */
const normalQuantile = 1.959964;

/**
 * By what factor a bootstrap of two single runs has to be widened. Its blocks are too short for what changes slowly, and few blocks say
 * little of their own variation. So it is at least as wide as Student's t says of so many blocks, and as wide as the thirds of
 * both runs are apart: batch means, Schmeiser (1982), Batch size effects in the analysis of simulation output, Operations
 * Research 30:556–568. It is right where a second says nothing of one that is a third of the run later.
 *
 * @param resampled Differences, as the bootstrap gave them.
 * @param blocks Of both runs together.
 * @param thirds The figure of the thirds of each run, on the scale of the estimate.
 * @returns at least 1.
 */
export function wideningOf(
  resampled: readonly number[],
  blocks: number,
  thirds: readonly (readonly number[])[],
): number {
  const deviation = Math.sqrt(moments(resampled).variance);
  if (deviation === 0) return 1;
  const ofBlocks = studentt.inv(1 - oneSidedLevel, Math.max(1, blocks - 2));
  const error = Math.sqrt(thirds.reduce((sum, values) => sum + moments(values).variance / values.length, 0));
  const freedom = thirds.reduce((sum, values) => sum + values.length - 1, 0);
  const ofThirds = Number.isFinite(error)
    ? (studentt.inv(1 - oneSidedLevel, freedom) * error) / deviation
    : 0;
  return Math.max(1, ofBlocks / normalQuantile, ofThirds / normalQuantile);
}

function byStudent(difference: number, error: number, degreesOfFreedom: number, variance: number): Estimate {
  const reach = error === 0 ? 0 : error * studentt.inv(1 - oneSidedLevel, degreesOfFreedom);
  return {
    difference,
    interval: [difference - reach, difference + reach],
    pValue: (operator, limit) => {
      const beyond = operator === '>' ? difference - limit : limit - difference;
      if (error === 0) return beyond > 0 ? 0 : 1;
      return 1 - studentt.cdf(beyond / error, degreesOfFreedom);
    },
    spread: { deviation: Math.sqrt(variance), degreesOfFreedom },
  };
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: values.length < 2 ? 0 : squares / (values.length - 1) };
}

/** More are no plan any more. */
const mostPairs = 1000;
/** How sure it is that the standard deviation is not underestimated. */
const assurance = 0.8;

/**
 * Pairs of runs that find a difference.
 *
 * From few runs the standard deviation is known badly, so its upper limit with 80 % confidence is used: Browne (1995), On
 * the use of a pilot sample for sample size determination, Statistics in Medicine 14:1933–1940.
 *
 * @param difference What has to be found, on the scale of the estimate; above 0.
 * @param power Chance that a true difference is found: 0.5 to below 1.
 * @returns 2 to 1,000.
 */
export function pairsNeeded(
  { deviation, degreesOfFreedom }: Required<Estimate>['spread'],
  difference: number,
  power: number,
): number {
  const upper = deviation * Math.sqrt(degreesOfFreedom / chisquare.inv(1 - assurance, degreesOfFreedom));
  for (let pairs = 2; pairs < mostPairs; pairs += 1) {
    const reach = studentt.inv(1 - oneSidedLevel, pairs - 1) + studentt.inv(power, pairs - 1);
    if ((reach * upper) / Math.sqrt(pairs) <= difference) return pairs;
  }
  return mostPairs;
}
