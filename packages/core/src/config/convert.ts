import { isPlainObject, JsonNumber } from '../values/json-number.js';
import { takesJsonNumbers } from '../values/json-value-schema.js';
import { childVariants, variants, type JsonSchema, type Variant } from '../values/json-schema.js';
import { parseNumber } from '../values/parse-number.js';

/**
 * Gives variables of a configuration file the type that their field has: `users: ${USERS}` is a number. Texts that a
 * field takes as they are, and texts that no type fits, stay texts.
 *
 * @param paths The values that came from a variable as a whole.
 */
export function convertVariables(
  config: unknown,
  paths: readonly (readonly (string | number)[])[],
  schema: JsonSchema,
): void {
  for (const path of paths) {
    let described = variants(schema, schema);
    let parent: unknown = undefined;
    let value = config;
    for (const key of path) {
      described = childVariants(schema, described, key);
      parent = value;
      value = (value as Record<string | number, unknown> | undefined)?.[key];
    }
    const last = path.at(-1);
    const types = new Set(described.map((variant) => variant.schema.type));
    if (typeof value !== 'string' || last === undefined || types.has('string')) continue;
    (parent as Record<string | number, unknown>)[last] = converted(value, types);
  }
}

function converted(text: string, types: ReadonlySet<unknown>): unknown {
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.has('number') || types.has('integer')) return parseNumber(text) ?? text;
  return text;
}

/**
 * A copy of a configuration in which numbers are those of JavaScript, but where any JSON may stand: there they stay as they
 * were written.
 */
export function settleNumbers<Config>(config: Config, schema: JsonSchema): Config {
  const settle = (value: unknown, described: readonly Variant[], isAnyJson: boolean): unknown => {
    const keeps = isAnyJson || described.some((variant) => takesJsonNumbers(variant.schema));
    if (value instanceof JsonNumber) return keeps ? value : value.valueOf();
    const child = (item: unknown, key: string | number) =>
      settle(item, keeps ? [] : childVariants(schema, described, key), keeps);
    if (Array.isArray(value)) return value.map(child);
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, child(item, key)]));
  };
  return settle(config, variants(schema, schema), false) as Config;
}
