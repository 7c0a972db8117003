/** @param {readonly number[]} values at least one */
export function summarize(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, minimum: sorted[0], maximum: sorted.at(-1), rounds: sorted.length };
}

/**
 * The value that a fraction of all values do not exceed (nearest rank).
 *
 * @param {readonly (readonly [value: number, count: number])[]} histogram sorted by value
 * @param {number} fraction
 */
export function percentile(histogram, fraction) {
  const rank = Math.ceil(fraction * histogram.reduce((sum, [, count]) => sum + count, 0));
  let seen = 0;
  for (const [value, count] of histogram) {
    seen += count;
    if (seen >= rank) return value;
  }
  throw new Error('a percentile of nothing');
}
