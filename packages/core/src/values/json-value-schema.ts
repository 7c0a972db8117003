import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { isPlainObject, JsonNumber } from './json-number.js';
import type { JsonValue } from './json.js';

/** The keyword by which {@link jsonValueSchema} is known in a JSON Schema. */
const keyword = 'x-loadwright-json';
/** What no configuration has as a member. */
const wrapped = `\u0000${randomBytes(9).toString('base64')}:number`;

/** True for a JSON Schema whose values may hold {@link JsonNumber}s. */
export function takesJsonNumbers(schema: Readonly<Record<string, unknown>>): boolean {
  return schema[keyword] === true;
}

/**
 * Any JSON value: a payload, a body. Numbers keep the text in which a configuration file has them, and bigints are
 * numbers too: `9007199254740993n`.
 */
export function jsonValueSchema() {
  return z
    .preprocess((value, context) => {
      const message = problemOf(value);
      if (message === undefined) return mapNumbers(value, (text) => ({ [wrapped]: text }));
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }, z.json())
    .transform((value) => unwrap(value) as JsonValue)
    .meta({ [keyword]: true });
}

/** No service takes what is nested deeper, and what holds itself has no end. */
const mostLevels = 500;

/** What zod would not report. */
function problemOf(value: unknown, level = 0): string | undefined {
  if (level > mostLevels) return `is nested more than ${mostLevels} levels deep, or holds itself`;
  if (!Array.isArray(value) && !isPlainObject(value)) return undefined;
  // zod leaves it out.
  if (Object.hasOwn(value, '__proto__'))
    return 'has a member "__proto__", which cannot be sent from a configuration';
  for (const item of Object.values(value)) {
    const problem = problemOf(item, level + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Calls back for each number that zod's `json()` would not take. */
function mapNumbers(value: unknown, map: (text: string) => unknown): unknown {
  if (value instanceof JsonNumber || typeof value === 'bigint') return map(String(value));
  if (Object.is(value, -0)) return map('-0');
  if (Array.isArray(value)) return value.map((item) => mapNumbers(item, map));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapNumbers(item, map)]));
}

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (!isPlainObject(value)) return value;
  const text = value[wrapped];
  if (typeof text === 'string') return new JsonNumber(text);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrap(item)]));
}
