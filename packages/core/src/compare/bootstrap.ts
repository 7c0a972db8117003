import type { uniformNumbers } from '../values/random.js';

/**
 * Draws units of time by the circular block bootstrap: blocks of neighbours from random starts, round the end, until
 * there are as many units as in the series.
 *
 * @param length Units of the series.
 * @param blockLength Units of a block, at least 1.
 * @returns a function that gives the next resample: indices, in an array that the next call overwrites.
 */
export function circularBlocks(
  length: number,
  blockLength: number,
  uniform: ReturnType<typeof uniformNumbers>,
): () => Int32Array {
  const drawn = new Int32Array(length);
  return () => {
    for (let at = 0; at < length; at += blockLength) {
      const start = Math.floor(uniform() * length);
      for (let step = 0; step < blockLength && at + step < length; step += 1)
        drawn[at + step] = (start + step) % length;
    }
    return drawn;
  };
}

/** Standard normal numbers (Box and Muller 1958). */
export function normalNumbers(uniform: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
