import type { FailureSample } from '../locust/statistics.js';
import type { ErrorSummary, RunReport } from '../results/summary.js';

/** Failures of one text, with a few of them in full. */
export interface FailureView extends ErrorSummary {
  /** Of all failures, 0 to 1. */
  readonly share: number;
  readonly samples: readonly FailureSample[];
}

/** What the section of failures shows. */
export interface FailuresView {
  /** Most frequent first. */
  readonly failures: readonly FailureView[];
  /** By kind, most frequent first. */
  readonly kinds: readonly { readonly kind: string; readonly occurrences: number }[];
  /** Samples of failures that are not listed, for instance of the warm-up. */
  readonly others: readonly FailureSample[];
}

/** Puts the samples beside the failures that they belong to. */
export function failuresView({
  errors,
  failureSamples,
  total,
}: Pick<RunReport, 'errors' | 'failureSamples' | 'total'>): FailuresView {
  const keyOf = ({ method, name, error }: Pick<ErrorSummary, 'method' | 'name' | 'error'>) =>
    JSON.stringify([method, name, error]);
  const listed = new Set(errors.map(keyOf));
  const kinds = new Map<string, number>();
  for (const { kind, occurrences } of errors) kinds.set(kind, (kinds.get(kind) ?? 0) + occurrences);
  return {
    failures: errors
      .map((error) => ({
        ...error,
        share: total.failed > 0 ? Math.min(1, error.occurrences / total.failed) : 0,
        samples: failureSamples.filter((sample) => keyOf(sample) === keyOf(error)),
      }))
      .sort((first, second) => second.occurrences - first.occurrences),
    kinds: [...kinds]
      .map(([kind, occurrences]) => ({ kind, occurrences }))
      .sort((first, second) => second.occurrences - first.occurrences),
    others: failureSamples.filter((sample) => !listed.has(keyOf(sample))),
  };
}
