import { percentile } from './histogram.js';
import type { TrendStatistics } from './statistics.js';

/** The percentile of a trend, which never lies beyond its least or greatest value, as the middle of a bucket may. */
export function percentileOf(trend: TrendStatistics | undefined, fraction: number): number | null {
  const value = trend ? percentile(trend.histogram, fraction) : null;
  if (!trend || value === null) return null;
  return Math.min(Math.max(value, trend.minimum ?? value), trend.maximum);
}
