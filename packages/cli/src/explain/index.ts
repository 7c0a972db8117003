import { errorExplanations } from './errors.js';
import type { Explanation } from './explanation.js';
import { failureExplanations } from './failures.js';
import { invalidExplanations } from './invalid.js';

/** What is explained, by the folder of `docs/reference` that has its pages. */
export const catalogue: Readonly<
  Record<'errors' | 'failures' | 'invalid', Readonly<Record<string, Explanation>>>
> = { errors: errorExplanations, failures: failureExplanations, invalid: invalidExplanations };

const kinds = {
  errors: 'an error code',
  failures: 'a kind of failure of a request',
  invalid: 'a reason for the verdict INVALID',
} as const;

const warning = 'a warning of a report: no verdict depends on it';

/** An explanation with what it explains. */
export interface Explained extends Explanation {
  readonly id: string;
  /** `an error code` */
  readonly kind: string;
  /** Its own page, from `docs`. */
  readonly page: string;
}

const all: readonly Explained[] = (['errors', 'failures', 'invalid'] as const).flatMap((folder) =>
  Object.entries(catalogue[folder]).map(([id, explanation]) => ({
    ...explanation,
    id,
    kind: explanation.isWarning ? warning : kinds[folder],
    page: `reference/${folder}/${id}.md`,
  })),
);

/** Every name that can be explained. */
export const explainedNames: readonly string[] = all.map(({ id }) => id);

/** @returns what is known of a name, in any case of letters; undefined: there is no such name */
export function explanationOf(name: string): Explained | undefined {
  // ABORTED is an error, aborted a reason.
  return all.find(({ id }) => id === name) ?? all.find(({ id }) => id.toLowerCase() === name.toLowerCase());
}
