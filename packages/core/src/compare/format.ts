import { formatNumber, formatRatio, formatValue, nothing, shareUnit } from '../values/format.js';
import type { Comparison, FigureComparison } from './contract.js';

/** A side of a figure in its unit: `25.3 ms`, `0.4 %`. */
export function formatSide(value: number | null, { unit }: Pick<FigureComparison, 'unit'>): string {
  if (value === null) return nothing;
  return unit === shareUnit ? formatRatio(value) : formatValue(value, unit);
}

/** `+4.2 %`, or of shares `-0.31 pp`: percentage points. */
export function formatDifference(difference: number | null, scale: FigureComparison['scale']): string {
  if (difference === null) return nothing;
  const value = Number((difference * 100).toFixed(scale === 'ratio' ? 1 : 2));
  const sign = value > 0 ? '+' : '';
  return `${sign}${formatNumber(value, 2)} ${scale === 'ratio' ? '%' : 'pp'}`;
}

/** `higher`, of one run a side `higher in these two runs`, `same within 5 %`, `no worse than 5 %`, `undecided: 12 pairs would show 5 %` */
export function describeConclusion(
  { conclusion, scale, pairsNeeded }: FigureComparison,
  { margin, method, runVariation }: Pick<Comparison, 'margin' | 'method' | 'runVariation'>,
): string {
  const extent = method === 'single' && runVariation === undefined ? ' in these two runs' : '';
  const smallest =
    scale === 'ratio' ? `${formatNumber(margin * 100, 1)} %` : `${formatNumber(margin * 10, 2)} pp`;
  if (conclusion === 'same') return `same within ${smallest}${extent}`;
  if (conclusion === 'no-worse') return `no worse than ${smallest}${extent}`;
  if (conclusion !== 'undecided') return `${conclusion}${extent}`;
  return pairsNeeded === undefined
    ? conclusion
    : `${conclusion}: ${pairsNeeded} pairs would show ${smallest}`;
}
