/** Response times in milliseconds and how often each occurred, sorted by time. */
export type Histogram = readonly (readonly [milliseconds: number, count: number])[];

/** How many values a histogram holds. */
export function countOf(histogram: Histogram): number {
  return histogram.reduce((sum, [, count]) => sum + count, 0);
}

/**
 * Percentile by the nearest-rank method: the smallest value that at least `fraction` of all values do not exceed.
 * As exact as the histogram: Locust keeps whole milliseconds below 100 ms and two significant digits above.
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
