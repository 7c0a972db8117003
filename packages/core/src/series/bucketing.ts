/** The name of the only scheme so far, in the header of `series.jsonl.gz`. */
export const bucketing = 'microunits-8bit';

/**
 * Millionths of the recorded unit keep their first eight bits: 0 to 255 are exact, then there are 128 buckets for each
 * doubling, each less than 0.8 % wide. `histogram.py` of the runtime does the same.
 */
function microunits(index: number): { from: number; width: number } {
  if (index < 256) return { from: index, width: 1 };
  const width = 2 ** (Math.floor(index / 128) - 1);
  return { from: ((index % 128) + 128) * width, width };
}

/** Times are recorded in seconds and shown in milliseconds; everything else is shown as it is recorded. */
const microunitsIn = (unit: string) => (unit === 'ms' ? 1e3 : 1e6);

/** The values in a bucket: from ≤ value < to, in the metric's unit. */
export function bucketRange(index: number, unit: string): { from: number; to: number } {
  const { from, width } = microunits(index);
  const scale = microunitsIn(unit);
  return { from: from / scale, to: (from + width) / scale };
}

/** What stands for every value in a bucket: its middle, in the metric's unit. */
export function bucketMiddle(index: number, unit: string): number {
  const { from, width } = microunits(index);
  return (from + width / 2) / microunitsIn(unit);
}

/** The bucket of a value in the metric's unit. */
export function bucketOf(value: number, unit: string): number {
  const micro = Math.floor(value * microunitsIn(unit));
  if (micro < 256) return Math.max(0, micro);
  const shift = Math.floor(Math.log2(micro)) + 1 - 8;
  return shift * 128 + Math.floor(micro / 2 ** shift);
}
