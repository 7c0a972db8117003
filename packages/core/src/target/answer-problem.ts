import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '../json.js';
import type { ResponseCheck } from './response-check.js';

type ValueCheck = NonNullable<ResponseCheck['json']>;

/**
 * Why an answer with a good status is not the one that is expected; undefined when it is. The workers apply the same
 * check to every answer (`loadwright_runtime/checks.py`); before the run it shows a check that can never hold.
 *
 * @param text The answer's body.
 * @param check `expect.json`.
 */
export function answerProblem(text: string, check: ValueCheck): string | undefined {
  let answer: JsonValue;
  try {
    answer = JSON.parse(text) as JsonValue;
  } catch {
    return 'the answer is not JSON';
  }
  const problem = valueProblem(valueAt(answer, check.pointer), check);
  return problem && `expect.json: ${check.pointer || 'the answer'} ${problem}`;
}

/** The value that a JSON Pointer (RFC 6901) leads to; undefined when there is none. */
function valueAt(document: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined;
    else value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function valueProblem(value: JsonValue | undefined, check: ValueCheck): string | undefined {
  const { type, equals, minimum, maximum } = check;
  if (value === undefined) return 'does not exist';
  if (type !== undefined && typeOf(value) !== type) return `is not of type ${type}`;
  if (equals !== undefined && !isDeepStrictEqual(value, equals)) return 'is not the expected value';
  if (minimum === undefined && maximum === undefined) return undefined;
  if (typeof value !== 'number') return 'is not of type number';
  if (minimum !== undefined && value < minimum) return `is below ${minimum}`;
  return maximum !== undefined && value > maximum ? `is above ${maximum}` : undefined;
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
