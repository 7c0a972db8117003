import type { JsonSchema, Variant } from '../values/json-schema.js';
import type { JsonValue } from '../values/json.js';
import { formatNumber } from '../values/format.js';

const mostAlternatives = 6;

/** Words joined as a sentence does: `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/**
 * What a schema allows, in words: `a whole number from 1 to 1,000,000`. Undefined when the schema does not say.
 */
export function describeSchema(described: readonly Variant[]): string | undefined {
  const leaves = described.map(({ schema }) => schema);
  const values = leaves.flatMap(({ const: one, enum: many }) =>
    Array.isArray(many) ? many : one === undefined ? [] : [one],
  );
  const phrases = [...new Set(leaves.map(describeOne).filter((phrase) => phrase !== undefined))];
  if (values.length > 0) phrases.unshift(describeValues(values));
  return phrases.length === 0 ? undefined : alternatives(summarise(phrases));
}

/** Many different objects are better called an object than listed one by one. */
function summarise(phrases: string[]): string[] {
  const objects = phrases.filter((phrase) => phrase.startsWith('an object'));
  if (phrases.length <= mostAlternatives && objects.length <= 4) return phrases;
  return [
    ...phrases.filter((phrase) => !objects.includes(phrase)),
    ...(objects.length > 0 ? ['an object'] : []),
  ];
}

function describeValues(values: readonly JsonValue[]): string {
  const words = [...new Set(values.map((value) => JSON.stringify(value)))];
  return words.length === 1 ? (words[0] ?? '') : `one of ${words.join(', ')}`;
}

function describeOne(schema: JsonSchema): string | undefined {
  if (schema.enum !== undefined || schema.const !== undefined) return undefined;
  switch (schema.type) {
    case 'integer':
      return describeNumber('a whole number', schema);
    case 'number':
      return describeNumber('a number', schema);
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'string':
      return describeText(schema);
    case 'array':
      return describeList(schema);
    case 'object':
      return describeObject(schema);
    default:
      return undefined;
  }
}

function describeNumber(noun: string, schema: JsonSchema): string {
  const bound = (value: JsonValue | undefined) =>
    typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER
      ? formatNumber(value, 3)
      : undefined;
  const [minimum, maximum] = [bound(schema.minimum), bound(schema.maximum)];
  const [above, below] = [bound(schema.exclusiveMinimum), bound(schema.exclusiveMaximum)];
  if (minimum && maximum) noun += ` from ${minimum} to ${maximum}`;
  else {
    const parts = [
      minimum && `of at least ${minimum}`,
      above && `above ${above}`,
      maximum && `of at most ${maximum}`,
      below && `below ${below}`,
    ].filter((part) => part);
    if (parts.length > 0) noun += ` ${parts.join(' and ')}`;
  }
  return schema.multipleOf === undefined
    ? noun
    : `${noun}, a multiple of ${JSON.stringify(schema.multipleOf)}`;
}

function describeText(schema: JsonSchema): string {
  const { description, examples, format, minLength, maxLength, pattern } = schema;
  if (Array.isArray(examples) && examples.length > 0) {
    return `text such as ${alternatives(examples.map((example) => JSON.stringify(example)))}`;
  }
  if (format === 'uri') return 'a URL such as "https://example.com"';
  if (typeof format === 'string') return `text of the form ${format}`;
  // Words for what the pattern allows: it is no language of users.
  if (pattern !== undefined && typeof description === 'string') return `text: ${description}`;
  if (typeof maxLength === 'number') {
    return typeof minLength === 'number'
      ? `text of ${minLength} to ${maxLength} characters`
      : `text of at most ${maxLength} characters`;
  }
  if (typeof minLength === 'number' && minLength > 0) {
    return minLength === 1 ? 'text that is not empty' : `text of at least ${minLength} characters`;
  }
  return 'text';
}

function describeList(schema: JsonSchema): string {
  const { minItems: minimum, maxItems: maximum } = schema;
  const items = (count: number) => `${count} ${count === 1 ? 'item' : 'items'}`;
  if (typeof maximum === 'number') {
    return typeof minimum === 'number'
      ? minimum === maximum
        ? `a list of ${items(minimum)}`
        : `a list of ${minimum} to ${items(maximum)}`
      : `a list of at most ${items(maximum)}`;
  }
  return typeof minimum === 'number' && minimum > 0 ? `a list with at least ${items(minimum)}` : 'a list';
}

function describeObject(schema: JsonSchema): string {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return required.length === 0 ? 'an object' : `an object with ${required.join(', ')}`;
}
