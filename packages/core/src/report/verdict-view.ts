import type { RunReport } from './summary.js';

/** The reasons of a verdict, sorted by what they mean. */
export interface VerdictView {
  /** Why the verdict is what it is. */
  readonly reasons: readonly string[];
  /** INVALID only: thresholds that did not hold either. */
  readonly broken: readonly string[];
  /** What does not change the verdict. */
  readonly warnings: readonly string[];
}

/** INVALID never hides a broken threshold: both are shown, apart from each other. */
export function verdictView({
  verdict,
  reasons,
  problems = [],
  warnings = [],
}: Pick<RunReport, 'verdict' | 'reasons' | 'problems' | 'warnings'>): VerdictView {
  const invalidities = new Set(problems.map(({ reason }) => reason));
  const isSorted = verdict === 'INVALID' && reasons.some((reason) => invalidities.has(reason));
  return {
    reasons: isSorted ? reasons.filter((reason) => invalidities.has(reason)) : reasons,
    broken: isSorted ? reasons.filter((reason) => !invalidities.has(reason)) : [],
    warnings: warnings.map(({ reason }) => reason).filter((reason) => !reasons.includes(reason)),
  };
}
