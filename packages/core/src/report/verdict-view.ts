import type { RunReport } from '../results/summary.js';

/** The reasons of a verdict, sorted by what they mean. */
export interface VerdictView {
  /** Why the verdict is what it is. */
  readonly reasons: readonly string[];
  /** INVALID only: thresholds that did not hold either. */
  readonly broken: readonly string[];
  /** What does not change the verdict. */
  readonly warnings: readonly string[];
}

/** INVALID never hides a broken threshold: both are shown, apart from each other and from what only warns. */
export function verdictView(
  report: Pick<RunReport, 'verdict' | 'reasons' | 'problems' | 'warnings'>,
): VerdictView {
  const { verdict, problems = [], warnings = [] } = report;
  // Among the reasons a warning is preceded by its rule.
  const warned = new Set(warnings.map(({ rule, reason }) => `Warning (${rule}): ${reason}`));
  const tolerated = new Set(warnings.map(({ rule, reason }) => `Tolerated (${rule}): ${reason}`));
  const reasons = report.reasons.filter((reason) => !warned.has(reason) && !tolerated.has(reason));
  const invalidities = new Set(problems.map(({ reason }) => reason));
  const isSorted = verdict === 'INVALID' && reasons.some((reason) => invalidities.has(reason));
  return {
    reasons: isSorted ? reasons.filter((reason) => invalidities.has(reason)) : reasons,
    broken: isSorted ? reasons.filter((reason) => !invalidities.has(reason)) : [],
    warnings: warnings.map(({ rule, reason }) => {
      const text = `Tolerated (${rule}): ${reason}`;
      return report.reasons.includes(text) ? text : reason;
    }),
  };
}
