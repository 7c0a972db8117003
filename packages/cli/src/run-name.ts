import { LoadwrightError } from '@loadwright/core';

/** What a name of a run must be. */
export interface NameRule {
  /** How many characters it must have. Default: one. */
  readonly shortest?: number;
  /** The command that lists the runs. Default: that of runs that stand. */
  readonly list?: string;
}

/**
 * A variable of a script that is not set would name whatever there is; and no run is named like a flag, which an option
 * takes for its value.
 *
 * @throws LoadwrightError `USAGE`
 */
export function requireName(
  reference: string,
  { shortest = 1, list = 'loadwright list' }: NameRule = {},
): void {
  if (reference.trim().length >= shortest && !reference.startsWith('-')) return;
  const expected =
    shortest === 1 ? 'the id of a run or a part of it' : `at least ${shortest} characters of the id of a run`;
  throw new LoadwrightError('USAGE', `run: found "${reference}", expected ${expected}`, {
    hint: `see which there are: ${list}`,
  });
}
