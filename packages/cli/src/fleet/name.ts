import { LoadwrightError } from '@loadwright/core';

/** What a name of a fleet or a run must be. */
export interface NameRule {
  /** How many characters a part of an id must have. Default: one. */
  readonly shortest?: number;
  /** What is named. Default: a fleet. */
  readonly noun?: 'fleet' | 'run';
}

/** What has other characters is no part of an id: the name of a fleet, which means that fleet alone. */
const mayBePartOfId = /^[\da-f-]*$/;

/** The commands that list what can be named. */
const lists = { fleet: 'loadwright list', run: 'loadwright report --list' } as const;

/**
 * An unset variable of a script would name whatever there is; and no id begins like a flag, which an option takes for its
 * value.
 *
 * @throws LoadwrightError `USAGE`
 */
export function requireName(reference: string, { shortest = 1, noun = 'fleet' }: NameRule = {}): void {
  const isShort = reference.trim().length < (mayBePartOfId.test(reference) ? shortest : 1);
  if (!isShort && !reference.startsWith('-')) return;
  const expected =
    shortest === 1
      ? `${noun === 'fleet' ? 'the name or ' : ''}the id of a ${noun} or a part of it`
      : `at least ${shortest} characters of the id of a ${noun}`;
  throw new LoadwrightError('USAGE', `${noun}: found "${reference}", expected ${expected}`, {
    hint: `see the list: ${lists[noun]}`,
  });
}
