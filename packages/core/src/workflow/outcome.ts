import { z } from 'zod';
import { errorCodes, isLoadwrightError } from '../errors.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';

export const verdictSchema = z.object({
  /** Absent: nothing was judged. */
  verdict: z.enum(['PASS', 'FAIL', 'INVALID']).optional(),
  /** One line for people. */
  detail: z.string(),
  /** Of a run: the folder of its results. */
  directory: z.string().optional(),
});

/** What an action came to. */
export type Outcome = z.output<typeof verdictSchema>;

/**
 * How a workflow ends: as its first error; else as the worst of its verdicts, where what cannot be trusted is worse than what
 * failed.
 */
export function exitCodeOf(outcomes: readonly Outcome[], error?: unknown, aborted = false): ExitCode {
  if (error !== undefined && !aborted)
    return isLoadwrightError(error) ? errorCodes[error.code] : exitCodes.internal;
  if (aborted) return exitCodes.aborted;
  const verdicts = new Set(outcomes.map(({ verdict }) => verdict));
  if (verdicts.has('INVALID')) return exitCodes.invalid;
  return verdicts.has('FAIL') ? exitCodes.thresholdFailed : exitCodes.pass;
}
