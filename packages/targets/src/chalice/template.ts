import { jsonValueSchema, type JsonValue } from '@loadwright/core';
import { z } from 'zod';

/**
 * A generated field is an object with one key that starts with `$`. It is replaced by a new value in each request:
 * `{"$uniform": [1, 6500]}` a number, `{"$integer": [1, 6]}` a whole number, both ends included, `{"$choice": ["a", "b"]}`
 * one of the values, `{"$uuid": true}` a UUID, `{"$sequence": true}` 0, 1, 2, … counted by each worker.
 */
const range = z
  .tuple([z.number(), z.number()], 'must be [lowest, highest]')
  .refine(([lowest, highest]) => lowest <= highest, 'must have the lower bound first');

const generators = {
  $uniform: range,
  $integer: range.refine((bounds) => bounds.every(Number.isSafeInteger), 'must have whole numbers as bounds'),
  $choice: z.array(z.json(), 'must be a list of values').min(1, 'must be a list of at least one value'),
  $uuid: z.literal(true, 'must be true'),
  $sequence: z.literal(true, 'must be true'),
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

function* problems(value: JsonValue, path: PropertyKey[] = []): Iterable<Problem> {
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
