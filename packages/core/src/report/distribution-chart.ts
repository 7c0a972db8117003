import type { Histogram } from '../locust/histogram.js';
import { percentile } from '../locust/histogram.js';
import { line, type Chart } from './chart.js';
import { formatMilliseconds, formatNumber, formatRatio } from '../values/format.js';
import { binHistogram, type Bin } from './histogram-bins.js';

/**
 * A latency distribution. Undefined without answers.
 *
 * @param what `Response times`, which gives the chart its title and its id.
 */
export function distributionChart(distribution: Histogram, what = 'Response times'): Chart | undefined {
  const bins = binHistogram(distribution);
  if (bins.length === 0) return undefined;
  const counts = bins.map((bin) => bin.count);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const at = (fraction: number) => formatMilliseconds(percentile(distribution, fraction));
  const edge = (milliseconds: number) => formatNumber(milliseconds, milliseconds < 1 ? 3 : 2);
  let seen = 0;
  return {
    id: `distribution-${what.toLowerCase().replaceAll(' ', '-')}`,
    title: `${what} of all requests`,
    kind: 'bars',
    unit: 'requests',
    acrossUnit: 'ms',
    summary: `Half of all requests took up to ${at(0.5)}, 95 % up to ${at(0.95)}, 99 % up to ${at(0.99)}.`,
    x: bins.map((_, index) => index),
    labels: bins.map(({ from, to }) => `${edge(from)} to ${edge(to)} ms`),
    labelHeading: what.replace(/s$/, ''),
    edges: [...bins.map(({ from }) => edge(from)), edge(bins.at(-1)!.to)],
    markers: ([50, 95, 99] as const).map((rank) => ({
      label: `p${rank}`,
      x: placeOf(percentile(distribution, rank / 100) ?? 0, bins),
    })),
    atLeast: 1,
    series: [
      line('Requests', '1', counts, formatNumber),
      line(
        'Share',
        undefined,
        counts.map((count) => count / total),
        formatRatio,
      ),
      line(
        'Up to here',
        undefined,
        counts.map((count) => (seen += count) / total),
        formatRatio,
      ),
    ],
  };
}

/** Where a response time is on an axis on which bar 0 reaches from -0.5 to 0.5. */
function placeOf(milliseconds: number, bins: readonly Bin[]): number {
  const index = Math.max(
    0,
    bins.findLastIndex((bin) => bin.from <= milliseconds),
  );
  const { from, to } = bins[index]!;
  return index - 0.5 + Math.min(1, (milliseconds - from) / (to - from));
}
