import type { StandardJSONSchemaV1 } from '@standard-schema/spec';
import type { JsonObject, JsonValue } from './json.js';

/** A JSON Schema object of draft 2020-12. */
export type JsonSchema = JsonObject;

const isSchema = (value: JsonValue | undefined): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const list = (value: JsonValue | undefined): JsonSchema[] =>
  Array.isArray(value) ? value.filter(isSchema) : [];

/**
 * What a schema accepts, as JSON Schema of draft 2020-12. A schema that cannot describe itself accepts anything here:
 * it still validates, only messages and redaction know less.
 */
export function jsonSchemaOf(schema: { readonly '~standard': object }): JsonSchema {
  const standard = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  try {
    return (standard.jsonSchema?.input({ target: 'draft-2020-12' }) ?? {}) as JsonSchema;
  } catch {
    return {};
  }
}

/** One way in which a value may be described, and whether it came through a reference to an enclosing schema. */
export interface Variant {
  readonly schema: JsonSchema;
  /** The references that were followed from the root to here. */
  readonly references: readonly string[];
  /** True for a schema that contains itself: arbitrary JSON, as `z.json()` writes it. */
  readonly recursive: boolean;
}

/** A schema with its references, `allOf`, `anyOf` and `oneOf` taken apart; the schema itself comes first. */
export function variants(root: JsonSchema, schema: JsonSchema, from?: Variant): Variant[] {
  const here: Variant = { schema, references: from?.references ?? [], recursive: from?.recursive ?? false };
  const parts = [...list(schema.allOf), ...list(schema.anyOf), ...list(schema.oneOf)];
  const found = [here, ...parts.flatMap((part) => variants(root, part, here))];
  if (typeof schema.$ref !== 'string' || !schema.$ref.startsWith('#')) return found;
  const reference = schema.$ref;
  const recursive = here.recursive || here.references.includes(reference);
  const target = reference
    .slice(1)
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<JsonValue | undefined>((node, key) => (isSchema(node) ? node[key] : undefined), root);
  // A reference straight to itself, without a property or an item in between, describes nothing.
  if (!isSchema(target) || target === schema) return found;
  return [
    ...found,
    ...variants(root, target, { ...here, references: [...here.references, reference], recursive }),
  ];
}

/** The schemas of one property or item of a value that is described by `parents`. */
export function childVariants(
  root: JsonSchema,
  parents: readonly Variant[],
  key: string | number,
): Variant[] {
  const children = (pick: (schema: JsonSchema) => JsonValue | undefined) =>
    parents.flatMap((parent) => {
      const child = pick(parent.schema);
      return isSchema(child) ? variants(root, child, parent) : [];
    });
  if (typeof key === 'number') {
    return children(
      ({ prefixItems, items }) => (Array.isArray(prefixItems) ? prefixItems[key] : undefined) ?? items,
    );
  }
  const declared = children(({ properties }) => propertyOf(properties, key));
  return declared.length > 0 ? declared : children(({ additionalProperties }) => additionalProperties);
}

/** The schema of a property that the schema itself names. */
export function declaredProperty(schema: JsonSchema, key: string): JsonSchema | undefined {
  const property = propertyOf(schema.properties, key);
  return isSchema(property) ? property : undefined;
}

function propertyOf(properties: JsonValue | undefined, key: string): JsonValue | undefined {
  return isSchema(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
}
