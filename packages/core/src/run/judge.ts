import type { Problem, ThresholdResult, Verdict } from '../report/summary.js';

/** What the verdict is made from. */
export interface Evidence {
  readonly thresholds: readonly ThresholdResult[];
  /** Why the load ended early. */
  readonly problems: readonly Problem[];
  /** What the rules of validity found. */
  readonly findings: readonly Problem[];
  /** Rules whose findings only warn. */
  readonly tolerated: readonly string[];
  readonly requests: number;
  readonly failures: number;
  readonly aborted: boolean;
}

interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly problems?: readonly Problem[];
  readonly warnings?: readonly Problem[];
}

/** The verdict and why. What cannot be trusted is INVALID, whatever the thresholds say. */
export function judge(evidence: Evidence): Judgement {
  const isTolerated = ({ rule }: Problem) => evidence.tolerated.includes(rule);
  const warnings = evidence.findings.filter(isTolerated);
  const judgement = judgeProblems(
    evidence,
    evidence.findings.filter((finding) => !isTolerated(finding)),
  );
  if (warnings.length === 0) return judgement;
  const tolerated = warnings.map(({ rule, reason }) => `Tolerated (${rule}): ${reason}`);
  return { ...judgement, reasons: [...judgement.reasons, ...tolerated], warnings };
}

function judgeProblems(evidence: Evidence, findings: readonly Problem[]): Judgement {
  const problems = [...evidence.problems];
  if (evidence.aborted) problems.unshift({ rule: 'aborted', reason: 'The run was stopped before its end.' });
  if (evidence.requests === 0) problems.push({ rule: 'no-requests', reason: 'No request was answered.' });
  else if (evidence.failures === evidence.requests) {
    problems.push({ rule: 'all-failed', reason: `All ${evidence.requests} requests failed.` });
  }
  problems.push(...findings);
  if (problems.length > 0) {
    return { verdict: 'INVALID', reasons: problems.map(({ reason }) => reason), problems };
  }

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
