import type { Comparison, FigureComparison } from '../contract.js';
import { describeConclusion, formatDifference, formatSide } from '../format.js';

/** A comparison as Markdown, for the summary of a pipeline or a comment on a change. */
export function renderComparisonMarkdown(comparison: Comparison): string {
  const { verdict, reasons, notes, figures, codes, baseline, candidate } = comparison;
  const list = (items: readonly string[]) =>
    items.map((item) => `- ${item.replaceAll('\n', ' ')}`).join('\n');
  return [
    `### ${verdict ?? 'Comparison'}`,
    ...(reasons.length > 0 ? [list(reasons)] : []),
    table('figure', figures, comparison),
    ...(codes.length > 0 ? [table('status code', codes, comparison)] : []),
    `Baseline: ${baseline.join(', ')}. Candidate: ${candidate.join(', ')}.`,
    ...(notes.length > 0 ? [list(notes)] : []),
    '',
  ].join('\n\n');
}

function table(heading: string, figures: readonly FigureComparison[], comparison: Comparison): string {
  const rows = figures.map((figure) => {
    const interval =
      figure.interval?.map((limit) => formatDifference(limit, figure.scale)).join(' to ') ?? '–';
    return [
      `\`${figure.figure}\``,
      formatSide(figure.baseline, figure),
      formatSide(figure.candidate, figure),
      formatDifference(figure.difference, figure.scale),
      interval,
      describeConclusion(figure, comparison),
    ].map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' '));
  });
  return [
    `| ${heading} | baseline | candidate | difference | 95 % interval | conclusion |`,
    '| --- | ---: | ---: | ---: | ---: | --- |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}
