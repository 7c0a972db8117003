import type { Histogram } from '../locust/histogram.js';

/** One bar of the latency distribution: from ≤ response time < to, in milliseconds. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** The ten preferred numbers a decade of ISO 3 (R10): every bar is about a quarter wider than the one before. */
const preferred = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8];
const inDecades = (decades: readonly number[]) =>
  decades.flatMap((decade) => preferred.map((number) => Number((number * decade).toPrecision(3))));
/** Up to about eleven days: beyond any response time. */
const largeEdges = [...inDecades([10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]), 1e9];
const edges = [0, ...inDecades([0.01, 0.1, 1]), ...largeEdges];
/** For reports of earlier versions, whose times are whole milliseconds: no bar in which there can be none. */
const wholeEdges = [0, 1, 2, 3, 4, 5, 6, 8, ...largeEdges];

/** Sorts response times into bins of roughly equal width on a logarithmic scale, from the first used to the last. */
export function binHistogram(histogram: Histogram): Bin[] {
  const used = histogram.filter(([, count]) => count > 0);
  if (used.length === 0) return [];
  const isWhole = used.every(([milliseconds]) => Number.isInteger(milliseconds));
  return binBetween(used, isWhole ? wholeEdges : edges);
}

function binBetween(used: Histogram, edges: readonly number[]): Bin[] {
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
