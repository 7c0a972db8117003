import { isLoadwrightError, type Finding, type LoadwrightError } from '@loadwright/core/fleet';
import { accountProblem } from '../account/problem.js';
import type { Aws } from '../clients.js';

/** What a look at something gives: its answer in words, or what is wrong with it. */
export async function findingOf(
  aws: Aws,
  subject: string,
  look: Promise<string | Omit<Finding, 'subject'>>,
  failureState: 'problem' | 'unknown' = 'problem',
): Promise<Finding> {
  try {
    const found = await look;
    return { subject, ...(typeof found === 'string' ? { state: 'good' as const, detail: found } : found) };
  } catch (error) {
    aws.signal.throwIfAborted();
    return { subject, ...failed(problemOf(error), failureState) };
  }
}

/** What follows from one problem says the same as it: once suffices. */
export function withoutRepetition(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(
    ({ state, detail }, index) =>
      state === 'good' || findings.findIndex((earlier) => earlier.detail === detail) === index,
  );
}

/** @throws what is no error of a call: a bug is not a finding. */
export function problemOf(error: unknown): LoadwrightError {
  const problem = accountProblem(error);
  if (!isLoadwrightError(problem)) throw problem;
  return problem;
}

/** What is wrong, with what to do about it. */
export function failed(
  { message, hint, next }: LoadwrightError,
  state: 'problem' | 'unknown',
): Omit<Finding, 'subject'> {
  return {
    state,
    detail: message,
    ...(hint !== undefined && { remedy: hint }),
    ...(next.length > 0 && { next }),
  };
}
