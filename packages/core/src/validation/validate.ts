import type { StandardSchemaV1 } from '@standard-schema/spec';
import { LoadwrightError, type ErrorCode } from '../errors.js';
import {
  childVariants,
  declaredProperty,
  jsonSchemaOf,
  variants,
  type JsonSchema,
  type Variant,
} from '../values/json-schema.js';
import { isPlainObject, JsonNumber } from '../values/json-number.js';
import { nearest } from '../values/nearest.js';
import { namedElsewhere } from '../values/other-tools.js';
import { withoutLogins } from '../secrets/names.js';
import { collectSecrets, redactOptions } from '../secrets/options.js';
import { createRedactor, redacted, withoutCredentials } from '../secrets/redactor.js';
import { describeSchema } from './describe-schema.js';
import { flattenIssues, pathOf, type Issue } from './flatten-issues.js';

/** What {@link validate} needs beyond the schema and the value. */
export interface ValidateOptions {
  /** Name of what is validated, the beginning of every path in a message: `target`. Empty: the paths stand alone. */
  readonly field: string;
  /** Default `CONFIG_INVALID`. */
  readonly code?: ErrorCode;
  readonly hint?: string;
}

/**
 * Validates a value.
 *
 * @returns the schema's output: defaults filled in.
 * @throws LoadwrightError with all problems, one a line.
 */
export function validate<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
  { field, code = 'CONFIG_INVALID', hint }: ValidateOptions,
): StandardSchemaV1.InferOutput<Schema> {
  const reserved = reservedKey(value, field);
  if (reserved !== undefined) {
    throw new LoadwrightError(
      code,
      `${reserved}: found the name "__proto__", which JavaScript has for itself`,
      {
        hint: 'Use another name.',
      },
    );
  }
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    throw new LoadwrightError('TARGET_INVALID', `The schema of ${field} validates asynchronously.`, {
      hint: 'Use a schema that validates synchronously.',
    });
  }
  if (!result.issues) return result.value as StandardSchemaV1.InferOutput<Schema>;
  const jsonSchema = jsonSchemaOf(schema);
  throw new LoadwrightError(code, describeIssues(result.issues, { root: field, input: value, jsonSchema }), {
    hint,
  });
}

/** Where a name is that is none of an object's own for most code: what goes by it would be left out without a word. */
function reservedKey(value: unknown, path: string, seen = new Set<unknown>()): string | undefined {
  if (!(Array.isArray(value) || isPlainObject(value)) || seen.has(value)) return undefined;
  seen.add(value);
  if (Object.hasOwn(value, '__proto__')) return path || 'configuration';
  for (const [key, item] of Object.entries(value)) {
    const found = reservedKey(item, childPath(path, Array.isArray(value) ? Number(key) : key), seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What `describeIssues` needs to know about the value. */
export interface DescribeOptions {
  /** The beginning of every path. */
  readonly root: string;
  /** The value that was validated. */
  readonly input: unknown;
  /** What is allowed, as JSON Schema; without it the issues' own messages are used. */
  readonly jsonSchema?: JsonSchema;
}

/**
 * One line for each problem: the path of the field, what was found there (never a secret) and what is allowed:
 * `load.users: found "many", expected a whole number from 1 to 1,000,000`.
 */
export function describeIssues(
  issues: readonly StandardSchemaV1.Issue[],
  { root, input, jsonSchema = {} }: DescribeOptions,
): string {
  const redact = createRedactor(collectSecrets(jsonSchema, input));
  const shown = redactOptions(jsonSchema, input);
  const lines = flattenIssues(issues).flatMap((issue) => {
    const place = locate(issue, { root, shown, jsonSchema });
    return issue.code === 'unrecognized_keys' && issue.keys
      ? issue.keys.map((key) => describeUnknownKey(key, place))
      : [describeIssue(issue, place)];
  });
  // A schema's author may have quoted the value in a message.
  return [...new Set(lines)].map((line) => withoutLogins(redact(line), redacted)).join('\n');
}

/** Where an issue is. */
interface Place {
  readonly path: string;
  /** The value there, secrets redacted. */
  readonly value: unknown;
  readonly described: readonly Variant[];
}

function locate(
  issue: Issue,
  { root, shown, jsonSchema }: { root: string; shown: unknown; jsonSchema: JsonSchema },
): Place {
  let place: Place = { path: root, value: shown, described: variants(jsonSchema, jsonSchema) };
  for (const key of pathOf(issue)) {
    const name = typeof key === 'number' ? key : String(key);
    const { value } = place;
    place = {
      path: childPath(place.path, name),
      value:
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      described: childVariants(jsonSchema, fitting(place.described, value), name),
    };
  }
  return place;
}

/** The path of a property or an item, as one would write it in JavaScript. */
export function childPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[\w$-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** The alternatives of a discriminated union that the value chose, or all when it chose none. */
function fitting(described: readonly Variant[], value: unknown): readonly Variant[] {
  if (typeof value !== 'object' || value === null) return described;
  const objects = described.filter(({ schema }) => schema.properties !== undefined);
  const chosen = objects.filter(({ schema }) =>
    Object.entries(value).every(([key, item]) => {
      const constant = declaredProperty(schema, key)?.const;
      return constant === undefined || constant === item;
    }),
  );
  return chosen.length > 0 ? chosen : described;
}

function describeIssue(issue: Issue, { path, value, described }: Place): string {
  const field = path === '' ? '' : `${path}: `;
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues ?? [];
    return `${field}this name is not allowed${inner && isOwn(inner) ? `; ${inner.message}` : ''}`;
  }
  const found = value === undefined ? 'missing' : `found ${describeValue(value)}`;
  if (isOwn(issue)) {
    const showsValue = value === undefined || typeof value !== 'object' || value === null;
    return showsValue ? `${field}${found}; ${issue.message}` : `${field}${issue.message}`;
  }
  return `${field}${found}, expected ${describeSchema(described) ?? 'another value'}`;
}

/** True for a message that a schema's author wrote, rather than zod. */
function isOwn(issue: Issue): boolean {
  return issue.code === undefined || !/^(?:Invalid|Too (?:small|big)|Unrecognized)\b/.test(issue.message);
}

function describeUnknownKey(key: string, { path, value, described }: Place): string {
  const field = childPath(path, key);
  const namesOf = (variant: Variant) => Object.keys((variant.schema.properties as object | undefined) ?? {});
  const fit = fitting(described, value);
  const elsewhere = described
    .filter((variant) => declaredProperty(variant.schema, key))
    .flatMap(({ schema }) =>
      Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
        (property as JsonSchema).const === undefined
          ? []
          : [`${name} ${JSON.stringify((property as JsonSchema).const)}`],
      ),
    );
  if (elsewhere.length > 0) return `${field}: only allowed with ${elsewhere.join(' or ')}`;
  const meant = nameMeant(key, [...new Set(fit.flatMap(namesOf))]);
  // What is missing is most likely what was given by another name.
  const possible = meant ? fit.filter((variant) => namesOf(variant).includes(meant)) : fit;
  const complete = possible.filter(({ schema }) =>
    hasRequired(schema, meant ? { ...Object(value), [meant]: 0 } : value),
  );
  const allowed = [...new Set((complete.length > 0 ? complete : possible).flatMap(namesOf))];
  const suggestion = meant ? `, did you mean "${meant}"?` : '.';
  return `${field}: unknown option${suggestion} Allowed: ${allowed.join(', ') || 'nothing'}`;
}

/** The allowed name that is spelled nearly so, or that other tools spell so. */
function nameMeant(key: string, allowed: readonly string[]): string | undefined {
  return nearest(key, allowed) ?? namedElsewhere(key, allowed);
}

/** True when nothing is missing but, perhaps, the property that distinguishes the alternatives. */
function hasRequired(schema: JsonSchema, value: unknown): boolean {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return required.every(
    (name) =>
      Object.hasOwn(Object(value), String(name)) ||
      declaredProperty(schema, String(name))?.const !== undefined,
  );
}

/** What was found, in words short enough for one line. */
export function describeValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  switch (typeof value) {
    case 'string': {
      const text = withoutCredentials(value);
      return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
    }
    case 'object':
      if (value instanceof JsonNumber) return value.text;
      return value === null ? 'null' : describeObject(value);
    case 'function':
      return 'a function';
    case 'undefined':
      return 'nothing';
    default:
      return String(value);
  }
}

function describeObject(value: object): string {
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an empty object';
  return `an object with ${keys.slice(0, 5).join(', ')}${keys.length > 5 ? ', …' : ''}`;
}
