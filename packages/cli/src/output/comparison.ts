import {
  describeConclusion,
  formatDifference,
  formatSide,
  type Comparison,
  type FigureComparison,
} from '@loadwright/core/compare';
import type { Colors } from './colors.js';
import { formatTable } from './table.js';

/** A comparison for people. */
export function formatComparison(comparison: Comparison, colors: Colors): string[] {
  const { verdict, reasons, notes, figures, codes, gates, baseline, candidate } = comparison;
  const color = { PASS: colors.green, FAIL: colors.red, INVALID: colors.yellow };
  const mark = { PASS: '✓', FAIL: '✗', INVALID: '!' };
  return [
    figuresTable('figure', figures, comparison, colors),
    ...(codes.length > 0 ? ['', figuresTable('status code', codes, comparison, colors)] : []),
    '',
    `  baseline    ${describeSide(baseline)}`,
    `  candidate   ${describeSide(candidate)}`,
    ...notes.map((note) => `  ${colors.yellow('!')} ${note}`),
    ...(verdict === undefined ? [] : ['', color[verdict](`${mark[verdict]} ${verdict}`)]),
    ...reasons.map((reason) => `  ${reason}`),
    ...(verdict === undefined && gates.length === 0
      ? ['', colors.dim("  No condition was given: add --fail-if 'p(95)>+5%' to make it a gate.")]
      : []),
  ];
}

function figuresTable(
  heading: string,
  figures: readonly FigureComparison[],
  comparison: Comparison,
  colors: Colors,
): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const rows = figures.map((figure) => {
    const [low, high] = figure.interval?.map((limit) => formatDifference(limit, figure.scale)) ?? ['–', '–'];
    return [
      figure.figure,
      formatSide(figure.baseline, figure),
      formatSide(figure.candidate, figure),
      formatDifference(figure.difference, figure.scale),
      figure.interval ? `${low} to ${high}` : '–',
      colorOf(figure, colors)(describeConclusion(figure, comparison)),
    ];
  });
  const numbers = ['baseline', 'candidate', 'difference', '95 % interval'].map(right);
  return formatTable([heading, ...numbers, 'conclusion'], rows, colors);
}

function colorOf({ conclusion, worse }: FigureComparison, colors: Colors): (text: string) => string {
  if (conclusion === 'undecided') return colors.dim;
  if (conclusion === 'same' || worse === undefined) return (text) => text;
  return conclusion === worse ? colors.red : colors.green;
}

const describeSide = (runs: readonly string[]) =>
  runs.length === 1 ? runs[0]! : `${runs.length} runs, ${runs[0]} to ${runs.at(-1)}`;
