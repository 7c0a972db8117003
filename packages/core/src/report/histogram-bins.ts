import type { Histogram } from '../locust/histogram.js';

/** One bar of the latency distribution: from ≤ response time < to, in milliseconds. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/**
 * Edges below 10 ms are whole milliseconds, since that is how finely Locust counts; above, the ten preferred numbers
 * a decade of ISO 3 (R10), so that every bar is about a quarter wider than the one before.
 */
const smallEdges = [0, 1, 2, 3, 4, 5, 6, 8];
const preferred = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8];
/** About eleven days: beyond any response time. */
const decades = [10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
const edges = [
  ...smallEdges,
  ...decades.flatMap((decade) => preferred.map((number) => number * decade)),
  1e9,
];

/** Sorts response times into bins of roughly equal width on a logarithmic scale, from the first used to the last. */
export function binHistogram(histogram: Histogram): Bin[] {
  const used = histogram.filter(([, count]) => count > 0);
  if (used.length === 0) return [];
  const binOf = (milliseconds: number) =>
    Math.max(
      0,
      edges.findLastIndex((edge, index) => edge <= milliseconds && index < edges.length - 1),
    );
  const counts = new Map<number, number>();
  for (const [milliseconds, count] of used) {
    const bin = binOf(milliseconds);
    counts.set(bin, (counts.get(bin) ?? 0) + count);
  }
  const first = Math.min(...counts.keys());
  const last = Math.max(...counts.keys());
  return Array.from({ length: last - first + 1 }, (_, offset) => {
    const bin = first + offset;
    return { from: edges[bin]!, to: edges[bin + 1]!, count: counts.get(bin) ?? 0 };
  });
}
