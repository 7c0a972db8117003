import type { Problem, ThresholdResult, Verdict } from '../results/summary.js';
import { formatMeasured } from '../values/format.js';

/** What the verdict is made from. */
export interface Evidence {
  readonly thresholds: readonly ThresholdResult[];
  /** Why the load ended early, or not as it should. */
  readonly problems: readonly Problem[];
  /** What the rules of validity found. */
  readonly findings: readonly Problem[];
  /** What must be known beside the verdict, and never changes it. */
  readonly notes: readonly Problem[];
  /** Rules whose findings only warn, by name, with why; undefined: nobody said why. */
  readonly tolerated: Readonly<Record<string, string | undefined>>;
  /** Requests that were due, and that ended. */
  readonly due: number;
  readonly requests: number;
  readonly failures: number;
  /** The first thing that was raised in the Locust file. */
  readonly exception?: string | undefined;
  readonly aborted: boolean;
  /** A threshold has stopped the load: the sentence that says so. */
  readonly stoppedEarly?: string | undefined;
  /** Whether the master gave any figures of the load. */
  readonly isRead: boolean;
}

interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly problems?: readonly Problem[];
  readonly warnings?: readonly Problem[];
}

/**
 * The verdict and why. What cannot be trusted is INVALID, whatever the thresholds say; those that broke are reported all the
 * same.
 */
export function judge(evidence: Evidence): Judgement {
  const isTolerated = ({ rule }: Problem) => Object.hasOwn(evidence.tolerated, rule);
  const excused = evidence.stoppedEarly === undefined ? [] : evidence.findings.filter(isOfEarlyStop);
  const tolerated = evidence.findings
    .filter((finding) => isTolerated(finding) && !excused.includes(finding))
    .map(({ rule, reason }): Problem => {
      const why = evidence.tolerated[rule];
      return { rule, reason: why === undefined ? reason : `${reason} Tolerated because: ${why}` };
    });
  const judgement = judgeProblems(
    evidence,
    evidence.findings.filter((finding) => !isTolerated(finding) && !excused.includes(finding)),
  );
  const notes = [...excused, ...evidence.notes];
  const warnings = [...tolerated, ...notes];
  if (warnings.length === 0) return judgement;
  const said = (what: string) => (problem: Problem) => `${what} (${problem.rule}): ${problem.reason}`;
  return {
    ...judgement,
    reasons: [...judgement.reasons, ...tolerated.map(said('Tolerated')), ...notes.map(said('Warning'))],
    warnings,
  };
}

/** A load that a threshold has stopped was too short for other percentiles: that is no fault of the measurement. */
const isOfEarlyStop = ({ rule }: Problem) => rule === 'percentile-samples';

function judgeProblems(evidence: Evidence, findings: readonly Problem[]): Judgement {
  const problems = [...evidence.problems];
  if (evidence.aborted) problems.unshift({ rule: 'aborted', reason: 'The run was stopped before its end.' });
  if (evidence.requests === 0) problems.push({ rule: 'no-requests', reason: whyNone(evidence) });
  // Where a threshold was to stop a load that fails, that all of it failed is what was measured.
  else if (evidence.failures === evidence.requests && evidence.stoppedEarly === undefined) {
    problems.push({ rule: 'all-failed', reason: `All ${evidence.requests} requests failed.` });
  }
  problems.push(...findings);
  const broken = evidence.thresholds.filter((threshold) => !threshold.passed);
  if (problems.length > 0) {
    // Of what was not measured there is nothing to say beside why.
    const measured = broken.filter((threshold) => threshold.measured !== null);
    return {
      verdict: 'INVALID',
      reasons: [...problems.map(({ reason }) => reason), ...measured.map(describeBroken)],
      problems,
    };
  }
  if (evidence.stoppedEarly !== undefined) {
    const others = broken.filter(({ stoppedAfterSeconds }) => stoppedAfterSeconds === undefined);
    return { verdict: 'FAIL', reasons: [evidence.stoppedEarly, ...others.map(describeBroken)] };
  }
  if (broken.length > 0) return { verdict: 'FAIL', reasons: broken.map(describeBroken) };
  return { verdict: 'PASS', reasons: [describeHeld(evidence.thresholds)] };
}

function whyNone({ due, exception, isRead }: Evidence): string {
  if (!isRead) return 'No figures of the load could be read: what was requested is not known.';
  if (due > 0) return `No request was answered: ${due} were due, and none of them was sent in time.`;
  if (exception === undefined) return 'No request was made.';
  return `No request was made: the Locust file raised ${exception.replace(/\.$/, '')}.`;
}

function describeBroken(result: ThresholdResult): string {
  const { metric, expression, measured, unit, isDefault, over, succeeded } = result;
  const among =
    over !== undefined && succeeded !== undefined && succeeded < over
      ? ` over ${over} requests, of which ${succeeded} succeeded`
      : '';
  const origin = isDefault ? ` This threshold is a default: write one on ${metric} to change it.` : '';
  return `${metric}: ${expression} does not hold, measured ${formatMeasured(measured, unit)}${among}.${origin}`;
}

function describeHeld(thresholds: readonly ThresholdResult[]): string {
  const [first] = thresholds;
  if (!first) return 'No thresholds were set, so nothing was judged.';
  if (thresholds.every(({ isDefault }) => isDefault)) {
    return `No thresholds were set; the default held (${first.metric}: ${first.expression}).`;
  }
  return thresholds.length === 1 ? 'The threshold held.' : `All ${thresholds.length} thresholds held.`;
}
