import { JsonNumber, jsonValueSchema, withoutLogins, type JsonValue } from '@loadwright/core/target';
import { z } from 'zod';
import { mostWords } from './texts.js';

/** How the name of a value that a step takes out of an answer looks. */
export const valueName = /^[A-Za-z_][A-Za-z0-9_]*$/;

const range = z
  .tuple([z.number(), z.number()], 'must be [lowest, highest]')
  .refine(([lowest, highest]) => lowest <= highest, 'must have the lower bound first');

/**
 * A generated value is an object with one key that starts with `$`. It is replaced by a new value in each request; the
 * documentation of the target `rest` lists them.
 */
const generators = {
  $uniform: range,
  $normal: z
    .tuple([z.number(), z.number()], 'must be [mean, standard deviation]')
    .refine(([, deviation]) => deviation >= 0, 'must have a standard deviation of 0 or more'),
  $integer: range.refine((bounds) => bounds.every(Number.isSafeInteger), 'must have whole numbers as bounds'),
  $choice: z.array(z.json(), 'must be a list of values').min(1, 'must be a list of at least one value'),
  $uuid: z.literal(true, 'must be true'),
  $sequence: z.union([z.literal(true), z.int()], 'must be true, or the whole number that it begins with'),
  $timestamp: z.enum(['iso', 'seconds', 'milliseconds'], 'must be iso, seconds or milliseconds'),
  $text: z
    .tuple([z.int().min(1), z.int().max(mostWords)], 'must be [fewest words, most words]')
    .refine(([fewest, most]) => fewest <= most, 'must have the lower bound first'),
  $column: z.string('must be the name of a member of the payloads').min(1),
  $extracted: z.union(
    [
      z.string().regex(valueName),
      z.strictObject({ name: z.string().regex(valueName), prefix: z.string().min(1).max(100) }),
    ],
    'must be the name of a value that an earlier step extracts, or { name, prefix }',
  ),
} as const;

type GeneratorName = keyof typeof generators;

function isGenerator(name: string): name is GeneratorName {
  return Object.hasOwn(generators, name);
}

/** The generator that an object stands for, if it is a generated field. */
function generatorOf(value: object): string | undefined {
  return Object.keys(value).find((key) => key.startsWith('$'));
}

interface Problem {
  readonly path: PropertyKey[];
  readonly message: string;
}

/** Half of a pair of surrogates is no character, and has no bytes. */
const halfCharacter = /\p{Surrogate}/u;

function* problems(value: JsonValue, path: PropertyKey[] = []): Iterable<Problem> {
  if (typeof value === 'string' && halfCharacter.test(value)) {
    yield { path, message: 'holds half a character (a single surrogate), which cannot be sent' };
  }
  if (value === null || typeof value !== 'object') return;
  const name = Array.isArray(value) ? undefined : generatorOf(value);
  if (name === undefined) {
    for (const [key, part] of Object.entries(value)) {
      yield* problems(part, [...path, Array.isArray(value) ? Number(key) : key]);
    }
  } else if (!isGenerator(name)) {
    const known = Object.keys(generators).join(', ');
    yield { path: [...path, name], message: `is no generated field; there are ${known}` };
  } else if (Object.keys(value).length > 1) {
    yield { path, message: `must have no other key beside ${name}` };
  } else {
    const result = generators[name].safeParse(plain((value as Record<string, JsonValue>)[name]!));
    for (const issue of result.error?.issues ?? []) {
      yield { path: [...path, name, ...issue.path], message: issue.message };
    }
    for (const [index, choice] of choicesOf(value).entries()) {
      if (typeof choice === 'string') yield* problems(choice, [...path, name, index]);
    }
  }
}

/** Numbers as JavaScript has them, not as they were written. */
function plain(value: JsonValue): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** A JSON body in which fields may be generated. */
export const bodyTemplateSchema = jsonValueSchema().superRefine((template, context) => {
  for (const { path, message } of problems(template)) context.addIssue({ code: 'custom', path, message });
});

/** A text, a number, yes or no, or one generated value: what a path, a query or a header can carry. */
export const textTemplateSchema = jsonValueSchema().superRefine((value, context) => {
  const found = [...problems(value)];
  for (const { path, message } of found) context.addIssue({ code: 'custom', path, message });
  if (typeof value === 'string' && withoutLogins(value) !== value) {
    context.addIssue({ code: 'custom', message: 'must hold no user or password: it is written to files' });
  }
  if (found.length === 0 && !isText(value)) {
    const names = Object.keys(generators).join(', ');
    context.addIssue({
      code: 'custom',
      message: `must be a text, a number, true or false, or one of ${names}`,
    });
  }
});

/** The values of `$choice`; none of anything else. */
export function choicesOf(value: unknown): readonly unknown[] {
  const { $choice: choices } = Object(value) as { readonly $choice?: unknown };
  return Array.isArray(choices) ? choices : [];
}

function isText(value: JsonValue): boolean {
  if (value === null || Array.isArray(value)) return false;
  return typeof value !== 'object' || value instanceof JsonNumber || generatorOf(value) !== undefined;
}

interface Extracted {
  readonly name: string;
  /** What stands before the value. */
  readonly prefix: string;
}

/** The value of an earlier step that a template stands for. Undefined: it is something else. */
export function extractedOf(template: unknown): Extracted | undefined {
  if (template === null || typeof template !== 'object' || !Object.hasOwn(template, '$extracted'))
    return undefined;
  const { $extracted: given } = template as { readonly $extracted: string | Extracted };
  return typeof given === 'string' ? { name: given, prefix: '' } : given;
}

/** Every value of earlier steps that a template takes, with the place where it stands. */
export function extractedIn(
  template: unknown,
  path: readonly PropertyKey[] = [],
): (Extracted & { readonly path: readonly PropertyKey[] })[] {
  if (template === null || typeof template !== 'object' || template instanceof JsonNumber) return [];
  const extracted = extractedOf(template);
  if (extracted) return [{ ...extracted, path }];
  if (!Array.isArray(template) && generatorOf(template) !== undefined) return [];
  return Object.entries(template).flatMap(([key, part]) =>
    extractedIn(part, [...path, Array.isArray(template) ? Number(key) : key]),
  );
}

/** Whether a template takes something from the payloads. */
export function usesColumns(template: unknown): boolean {
  return holds(template, (key, value) => key === '$column' && typeof value === 'string');
}

/** Whether a template holds a generated text. */
export function usesTexts(template: unknown): boolean {
  return holds(template, (key, value) => key === '$text' && Array.isArray(value));
}

function holds(template: unknown, isIt: (key: string, value: unknown) => boolean): boolean {
  if (template === null || typeof template !== 'object' || template instanceof JsonNumber) return false;
  if (Array.isArray(template)) return template.some((item) => holds(item, isIt));
  return Object.entries(template).some(([key, value]) => isIt(key, value) || holds(value, isIt));
}
