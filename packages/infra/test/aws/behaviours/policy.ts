import type { Statement } from '../enforcement.js';

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';

/** What IAM decides. Conditions are taken as met. */
export function decide(statements: readonly Statement[], action: string, resource: string): Decision {
  const concerned = statements.filter(
    ({ Action, Resource }) => anyMatches(Action, action, true) && anyMatches(Resource, resource, false),
  );
  if (concerned.some(({ Effect }) => Effect === 'Deny')) return 'explicitDeny';
  return concerned.length > 0 ? 'allowed' : 'implicitDeny';
}

function anyMatches(patterns: string | readonly string[], value: string, ignoreCase: boolean): boolean {
  // A question about all resources is allowed only by a statement about all of them.
  return [patterns].flat().some((pattern) => toExpression(pattern, ignoreCase).test(value));
}

function toExpression(pattern: string, ignoreCase: boolean): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, ignoreCase ? 'is' : 's');
}
