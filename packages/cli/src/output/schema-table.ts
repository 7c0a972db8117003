import type { JsonSchema } from '@loadwright/core/command';

/** One option of a target, for people. */
export interface OptionRow {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default: string | undefined;
  readonly secret: boolean;
  readonly description: string;
}

/** The options that a JSON Schema describes, in its order. */
export function optionRows(schema: JsonSchema): OptionRow[] {
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  return Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>).map(
    ([name, property]) => ({
      name,
      type: typeOf(property, schema),
      required: required.has(name),
      default: property['default'] === undefined ? undefined : JSON.stringify(property['default']),
      secret: property['writeOnly'] === true,
      description: typeof property['description'] === 'string' ? property['description'] : '',
    }),
  );
}

/** The type of a value in a few characters: `string`, `integer 1…1000`, `a | b`. */
function typeOf(property: JsonSchema, root: JsonSchema): string {
  const alternatives = (property['anyOf'] ?? property['oneOf']) as JsonSchema[] | undefined;
  if (alternatives) return [...new Set(alternatives.map((item) => typeOf(item, root)))].join(' | ');
  if (Array.isArray(property['enum'])) return property['enum'].join(' | ');
  if (property['const'] !== undefined) return JSON.stringify(property['const']);
  if (property['type'] === 'array') {
    const items = property['items'] as JsonSchema | undefined;
    return items ? `list of ${typeOf(items, root)}` : 'list';
  }
  const type = typeof property['type'] === 'string' ? property['type'] : 'any';
  const { minimum, maximum } = property;
  if ((type === 'integer' || type === 'number') && typeof minimum === 'number' && typeof maximum === 'number')
    return maximum < Number.MAX_SAFE_INTEGER ? `${type} ${minimum}…${maximum}` : type;
  return type;
}
