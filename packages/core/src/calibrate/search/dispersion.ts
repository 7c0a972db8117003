import type { Condition, RecordedTrial } from '../contract.js';
import { batchesOf, tallyOf, type PooledLevel } from './levels.js';

/**
 * How much more what is counted varies than independent requests would: variance ÷ mean of a sum. Requests of a queue are
 * slow in bursts; the dispersion is about the size of a burst.
 */
export interface Dispersion {
  readonly value: number;
  /** How well it is known. */
  readonly degreesOfFreedom: number;
}

/** Lengths of batches that are tried, in seconds. */
const lengths = [1, 2, 3, 5, 8, 12, 20, 30];
/** Fewer say nothing of a variance. */
const leastFreedom = 14;
/**
 * Of shares, before anything was measured, and as much as {@link assumedFreedom} afterwards: bursts of a queue with one slot at
 * 85 % of its use. Bursts that have not come yet are missing in what was measured.
 */
const assumed = 100;
const assumedFreedom = 3;
/** Levels are near the limit down to this part of it, and up to this multiple: above, bursts have no end. */
const near = 6;
const notFarAbove = 3;

/**
 * By the method of batch means (Law and Carson 1979, A sequential procedure for determining the length of a steady-state
 * simulation, Operations Research 27:1011–1025): batches that are long enough are independent, and the longer they are the
 * more of the correlation is in their variance. The largest of several lengths is taken. All levels near the limit have one value:
 * one of each would give those that happened to break less more weight, and the capacity would come out too high.
 */
export function dispersionOf(
  levels: readonly PooledLevel[],
  condition: Condition,
  index: number,
): Dispersion {
  const ratios = levels.map((level) => {
    const { sum, weight } = tallyOf(level, index);
    return weight === 0 ? 0 : sum / weight;
  });
  const isUsable = levels.map(
    ({ overloaded }, at) =>
      !overloaded && ratios[at]! > condition.limit / near && ratios[at]! < condition.limit * notFarAbove,
  );
  const least = condition.isShare ? 1 : 0;
  let pooled: { value: number; freedom: number } | undefined;
  for (const length of lengths) {
    const byLevel = levels.map(({ trials }, at) =>
      isUsable[at] ? chiSquare(trials, index, length, ratios[at]!) : { sum: 0, freedom: 0 },
    );
    const freedom = byLevel.reduce((total, level) => total + level.freedom, 0);
    if (freedom < leastFreedom) break;
    const value = byLevel.reduce((total, level) => total + level.sum, 0) / freedom;
    if (pooled && pooled.value >= value) continue;
    pooled = { value, freedom };
  }
  if (!pooled) {
    const fallback = condition.isShare ? assumed : condition.limit;
    return { value: fallback, degreesOfFreedom: leastFreedom };
  }
  const { freedom } = pooled;
  const prior = condition.isShare ? assumedFreedom : 0;
  const together = (pooled.value * freedom + prior * assumed) / (freedom + prior);
  return {
    value: Math.max(least, together, 1e-9),
    degreesOfFreedom: freedom,
  };
}

function chiSquare(
  trials: readonly RecordedTrial[],
  condition: number,
  length: number,
  ratio: number,
): { sum: number; freedom: number } {
  const batches = trials.flatMap((trial) => batchesOf(trial, condition, length));
  const sum = batches.reduce(
    (total, batch) => total + (batch.sum - ratio * batch.weight) ** 2 / (ratio * batch.weight),
    0,
  );
  return { sum, freedom: Math.max(0, batches.length - 1) };
}
