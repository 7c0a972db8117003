import type { Statement } from '../enforcement.js';

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';

/** What a call brings along, by the keys of conditions. */
export type Context = Readonly<Record<string, string>>;

/** What IAM decides of an action on one resource. */
export function decide(
  statements: readonly Statement[],
  action: string,
  resource: string,
  context: Context,
): Decision {
  const concerned = statements.filter(
    ({ Action, Resource, Condition }) =>
      anyMatches(Action, action, true) && anyMatches(Resource, resource, false) && isMet(Condition, context),
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

const operators: Readonly<Record<string, (pattern: string, value: string) => boolean>> = {
  StringEquals: (pattern, value) => pattern === value,
  ArnEquals: (pattern, value) => toExpression(pattern, false).test(value),
  ArnLike: (pattern, value) => toExpression(pattern, false).test(value),
  StringLike: (pattern, value) => toExpression(pattern, false).test(value),
};

/** Every operator and every key must hold; of several values of a key one suffices. A key that is not there fails. */
function isMet(condition: Statement['Condition'], context: Context): boolean {
  const conditions = (condition ?? {}) as Record<string, Record<string, string | readonly string[]>>;
  return Object.entries(conditions).every(([name, keys]) => {
    const holds = operators[name];
    if (!holds) throw new Error(`the stand-in does not know the operator ${name} of conditions`);
    return Object.entries(keys).every(([key, patterns]) => {
      const value = context[key];
      return (
        value !== undefined &&
        [patterns].flat().some((pattern) => holds(withVariables(pattern, context), value))
      );
    });
  });
}

/** `${aws:userid}` stands for the value of that key. */
function withVariables(pattern: string, context: Context): string {
  return pattern.replace(/\$\{([\w:]+)\}/g, (variable, key: string) => context[key] ?? variable);
}
