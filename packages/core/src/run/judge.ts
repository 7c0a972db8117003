import type { ThresholdResult, Verdict } from '../report/summary.js';

/** What the verdict is made from. */
export interface Evidence {
  readonly thresholds: readonly ThresholdResult[];
  /** Why the measurement cannot be trusted, one sentence each. */
  readonly problems: readonly string[];
  readonly requests: number;
  readonly failures: number;
  readonly aborted: boolean;
}

/** The verdict and why. What cannot be trusted is INVALID, whatever the thresholds say. */
export function judge(evidence: Evidence): { verdict: Verdict; reasons: string[] } {
  const invalid = [...evidence.problems];
  if (evidence.aborted) invalid.unshift('The run was stopped before its end.');
  if (evidence.requests === 0) invalid.push('No request was answered.');
  else if (evidence.failures === evidence.requests) invalid.push(`All ${evidence.requests} requests failed.`);
  if (invalid.length > 0) return { verdict: 'INVALID', reasons: invalid };

  const broken = evidence.thresholds.filter((threshold) => !threshold.passed);
  if (broken.length > 0) {
    return {
      verdict: 'FAIL',
      reasons: broken.map(
        ({ metric, expression, measured, unit }) =>
          `${metric}: ${expression} does not hold, measured ${measured === null ? 'nothing' : `${round(measured)} ${unit}`.trim()}.`,
      ),
    };
  }
  const { length } = evidence.thresholds;
  if (length === 0) return { verdict: 'PASS', reasons: ['No thresholds were set, so nothing was judged.'] };
  return {
    verdict: 'PASS',
    reasons: [length === 1 ? 'The threshold held.' : `All ${length} thresholds held.`],
  };
}

/** Four significant digits: more would be noise. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
