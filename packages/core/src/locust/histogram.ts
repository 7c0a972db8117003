/** Times in milliseconds and how often each occurred, sorted by time. */
export type Histogram = readonly (readonly [milliseconds: number, count: number])[];

/** How many values a histogram holds. */
export function countOf(histogram: Histogram): number {
  return histogram.reduce((sum, [, count]) => sum + count, 0);
}

/**
 * Percentile by the nearest-rank method: the smallest value that at least `fraction` of all values do not exceed.
 * As exact as the histogram: the runtime's buckets are within 0.4 % of every time in them.
 *
 * @param fraction 0 to 1.
 * @returns milliseconds, or null for an empty histogram.
 */
export function percentile(histogram: Histogram, fraction: number): number | null {
  const rank = Math.max(1, Math.ceil(countOf(histogram) * fraction - 1e-9));
  let seen = 0;
  for (const [milliseconds, count] of histogram) {
    seen += count;
    if (seen >= rank) return milliseconds;
  }
  return null;
}

/** What came to a histogram between two readings of it. */
export function difference(later: Histogram, earlier: Histogram): Histogram {
  const before = new Map(earlier);
  return later
    .map(([milliseconds, count]) => [milliseconds, count - (before.get(milliseconds) ?? 0)] as const)
    .filter(([, count]) => count > 0);
}

/** Two histograms together. */
export function sum(left: Histogram, right: Histogram): Histogram {
  const counts = new Map(left);
  for (const [milliseconds, count] of right)
    counts.set(milliseconds, (counts.get(milliseconds) ?? 0) + count);
  return [...counts].sort(([first], [second]) => first - second);
}

/** Mean of all values, as exact as the histogram; null for none. */
export function average(histogram: Histogram): number | null {
  const count = countOf(histogram);
  if (count === 0) return null;
  return histogram.reduce((total, [milliseconds, times]) => total + milliseconds * times, 0) / count;
}
