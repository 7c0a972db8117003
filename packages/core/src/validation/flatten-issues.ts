import type { StandardSchemaV1 } from '@standard-schema/spec';

/**
 * An issue of any Standard Schema library, with what zod's issues carry beyond the standard. All of it is optional:
 * another library's issue has a message and a path.
 */
export interface Issue extends StandardSchemaV1.Issue {
  readonly code?: string;
  /** `unrecognized_keys`: the names. */
  readonly keys?: readonly string[];
  /** `invalid_union`: the issues of each alternative. */
  readonly errors?: readonly (readonly Issue[])[];
  /** `invalid_key`: what is wrong with the name. */
  readonly issues?: readonly Issue[];
}

/** The keys of an issue's path. */
export function pathOf(issue: Issue): PropertyKey[] {
  return (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
}

/**
 * Takes unions apart: of the alternatives, the one that the user most likely meant speaks for all. An issue of a union
 * stays as it is when no alternative has the type of the value, or when several fit equally well.
 */
export function flattenIssues(issues: readonly Issue[]): Issue[] {
  const flat = issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || !issue.errors?.length) return [issue];
    const candidates = issue.errors
      .map(flattenIssues)
      .filter((branch) => !branch.some(isOfAnotherType))
      .map((branch) => ({ branch, score: branch.reduce((sum, one) => sum + (one.keys?.length ?? 1), 0) }))
      .sort((a, b) => a.score - b.score);
    const [best, second] = candidates;
    if (!best || best.score === second?.score) return [issue];
    return best.branch.map((one) => ({ ...one, path: [...pathOf(issue), ...pathOf(one)] }));
  });
  return flat.filter((issue) => issue.code !== 'custom' || !flat.some((other) => precedes(other, issue)));
}

/** True when a refinement says no more than that its own field is wrong in the first place. */
function precedes(other: Issue, issue: Issue): boolean {
  return (
    other.code !== 'custom' &&
    other.code !== 'unrecognized_keys' &&
    pathOf(other).join('\n') === pathOf(issue).join('\n')
  );
}

function isOfAnotherType(issue: Issue): boolean {
  return pathOf(issue).length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}
