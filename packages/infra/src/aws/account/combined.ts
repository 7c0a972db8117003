import { allSteps, isLoadwrightError, LoadwrightError } from '@loadwright/core/fleet';

/**
 * Several problems as one: an error a line; the same one is said once. Bugs come first, as they are; without credentials
 * all the rest fails too.
 */
export function combined(problems: readonly Error[]): Error {
  const errors = problems.filter(isLoadwrightError);
  const bug = problems.find((problem) => !isLoadwrightError(problem));
  if (bug) return bug;
  const invalid = errors.filter(({ code }) => code === 'CREDENTIALS_INVALID');
  const shown = invalid.length > 0 ? invalid : errors;
  const unique = (texts: readonly (string | undefined)[]) =>
    [...new Set(texts.filter((text) => text !== undefined))].join('\n');
  return new LoadwrightError(
    shown[0]?.code ?? 'PROVISIONING_FAILED',
    unique(shown.map(({ message }) => message)),
    {
      hint: unique(shown.map(({ hint }) => hint)),
      next: allSteps(shown),
      cause: shown[0],
      retryable: shown.every(({ retryable }) => retryable),
    },
  );
}
