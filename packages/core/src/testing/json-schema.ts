import assert from 'node:assert/strict';
import type { JsonObject } from '../values/json.js';
import type { OptionsSchema } from '../target/options-schema.js';

/** Validates options synchronously. Fails with the issues when they are refused. */
export function validOptions(schema: OptionsSchema, input: unknown): unknown {
  const result = schema['~standard'].validate(input);
  assert(!(result instanceof Promise), 'options must validate synchronously');
  assert(!result.issues, `options are refused: ${result.issues?.map(describeIssue).join('; ')}`);
  return result.value;
}

/** What is wrong with options; empty when they validate. */
export function issuesOf(schema: OptionsSchema, input: unknown): string[] {
  const result = schema['~standard'].validate(input);
  assert(!(result instanceof Promise), 'options must validate synchronously');
  return (result.issues ?? []).map(describeIssue);
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

function describeIssue({ message, path = [] }: Issue): string {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return `${keys.join('.')}: ${message}`;
}

/** The JSON Schema, draft 2020-12, of what may be given as options. @throws what the schema throws for what JSON Schema cannot say. */
export function jsonSchemaOf(schema: OptionsSchema): JsonObject {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonObject;
}

/** A property that holds a secret, with the siblings that may have to be given together with it. */
export interface SecretProperty {
  /** Names from the root: `['credentials', 'secretAccessKey']`. */
  readonly path: readonly string[];
  /** Properties of the same object that are also secret or required. */
  readonly siblings: readonly string[];
}

/** The properties that a JSON Schema marks as `writeOnly`, also inside of unions and nested objects. */
export function secretProperties(schema: JsonObject, path: readonly string[] = []): SecretProperty[] {
  const found: SecretProperty[] = [];
  const properties = (schema['properties'] ?? {}) as Record<string, JsonObject>;
  const required = (schema['required'] ?? []) as string[];
  const secrets = Object.keys(properties).filter((name) => properties[name]!['writeOnly'] === true);
  for (const [name, property] of Object.entries(properties)) {
    if (secrets.includes(name)) {
      const siblings = [...new Set([...secrets, ...required])].filter((sibling) => sibling !== name);
      found.push({ path: [...path, name], siblings: path.length === 0 ? [] : siblings });
    } else {
      found.push(...secretProperties(property, [...path, name]));
    }
  }
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    for (const part of (schema[keyword] ?? []) as JsonObject[]) found.push(...secretProperties(part, path));
  }
  return found;
}

/** A copy of an object with a value at a path. */
export function withValueAt(object: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const source = typeof object === 'object' && object !== null ? (object as Record<string, unknown>) : {};
  return { ...source, [name]: withValueAt(source[name], rest, value) };
}
