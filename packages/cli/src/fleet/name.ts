import { LoadwrightError } from '@loadwright/core';

/** What a name of a fleet or a run must be. */
export interface NameRule {
  /** How many characters it must have. Default: one. */
  readonly shortest?: number;
  /** What is named. Default: a fleet. */
  readonly noun?: 'fleet' | 'run';
}

/** The commands that list what can be named. */
const lists = { fleet: 'loadwright list', run: 'loadwright report --list' } as const;

/**
 * An unset variable of a script would name whatever there is; and no id begins like a flag, which an option takes for its
 * value.
 *
 * @throws LoadwrightError `USAGE`
 */
export function requireName(reference: string, { shortest = 1, noun = 'fleet' }: NameRule = {}): void {
  if (reference.trim().length >= shortest && !reference.startsWith('-')) return;
  const expected =
    shortest === 1
      ? `the id of a ${noun} or a part of it`
      : `at least ${shortest} characters of the id of a ${noun}`;
  throw new LoadwrightError('USAGE', `${noun}: found "${reference}", expected ${expected}`, {
    hint: `see the list: ${lists[noun]}`,
  });
}
