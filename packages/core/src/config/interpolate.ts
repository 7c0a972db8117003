import { isSecretName } from '../secrets/names.js';
import { redacted } from '../secrets/redactor.js';
import { childPath } from '../validation/validate.js';
import { isPlainObject } from '../values/json-number.js';
import { isTarget } from './target.js';

/** What {@link interpolate} gives. */
export interface Interpolated {
  readonly value: unknown;
  /** Paths of the texts that were nothing but one variable: they may stand for a number. */
  readonly replaced: readonly (readonly (string | number)[])[];
  /** One line for each variable that is missing, and for each `${` that is not understood. */
  readonly problems: readonly string[];
}

const reference = /\$\$\{|\$\{([^}]*)\}?/g;
const variable = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every text of a value by variables, and `$${` by `${`. Objects that are
 * not plain data stay as they are.
 */
export function interpolate(
  input: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): Interpolated {
  const replaced: (string | number)[][] = [];
  const problems: string[] = [];

  const replace = (text: string, path: readonly (string | number)[]) => {
    const field = path.reduce<string>((parent, key) => childPath(parent, key), '');
    const result = text.replace(reference, (whole, content: string | undefined) => {
      if (content === undefined) return '${';
      const [, name, fallback] = (whole.endsWith('}') && variable.exec(content)) || [];
      if (name === undefined) {
        problems.push(
          `${field}: found ${isSecretName(String(path.at(-1))) ? redacted : `"${whole}"`}, expected \${NAME} or \${NAME:-default}; write $\${ for a plain \${`,
        );
        return whole;
      }
      const value = environment[name];
      if (fallback !== undefined) return value || fallback;
      if (value === undefined) problems.push(`${field}: the variable ${name} is not set`);
      return value ?? '';
    });
    if (/^\$\{[^}]*\}$/.test(text)) replaced.push([...path]);
    return result;
  };
  const visit = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof value === 'string') return replace(value, path);
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, index]));
    if (isTarget(value)) return { ...value, options: visit(value.options, path) };
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item, [...path, key])]));
  };
  return { value: visit(input, []), replaced, problems };
}
