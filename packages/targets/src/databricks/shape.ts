import { isWholeBody } from './body-limit.js';
import type { DatabricksOptions } from './options.js';

/** Bodies of other APIs that a payload may have been written for, by a member that they have. */
const otherBodies: readonly (readonly [member: string, what: string])[] = [
  ['messages', 'a body of the chat API'],
  ['prompt', 'a body of the completions API'],
  ['signature_name', 'a body of TensorFlow Serving'],
];

/**
 * Members of a body of the embeddings API. A row may well have a column `input`: only one with nothing else is conspicuous.
 * https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference
 */
const embeddings = new Set(['input', 'model', 'instruction', 'encoding_format', 'dimensions', 'user']);
const frame = new Set(['columns', 'data', 'index']);

/**
 * Whether a payload looks like a body of another form, which would be wrapped once more.
 *
 * @returns What to change. Undefined: nothing is conspicuous.
 */
export function payloadHint(
  { format }: Pick<DatabricksOptions, 'format'>,
  payload: unknown,
): string | undefined {
  if (format === 'raw' || isWholeBody(payload)) return undefined;
  const isRows = Array.isArray(payload) && format.startsWith('dataframe_');
  for (const row of isRows ? (payload as unknown[]) : [payload]) {
    const hint = isObject(row) ? rowHint(format, Object.keys(row)) : undefined;
    if (hint !== undefined) return hint;
  }
  return undefined;
}

/**
 * The same of the first row of a body.
 *
 * @param body As it was sent.
 * @returns Undefined also where the body is too long to be looked at.
 */
export function shapeHint(format: string, body: string | undefined): string | undefined {
  const row = firstRow(format, parse(body));
  return row && rowHint(format, Object.keys(row));
}

function rowHint(format: string, names: readonly string[]): string | undefined {
  const isFrame =
    names.includes('columns') && names.includes('data') && names.every((name) => frame.has(name));
  if (isFrame) {
    return `The payload holds columns and data, and is sent as a row of ${format}. If it is a data frame, write {"dataframe_split": {…}} around it.`;
  }
  const isEmbeddings = names.includes('input') && names.every((name) => embeddings.has(name));
  const [member, what] = isEmbeddings
    ? ['input', 'a body of the embeddings or the responses API']
    : (otherBodies.find(([name]) => names.includes(name)) ?? []);
  if (member === undefined) return undefined;
  return `The payload holds "${member}" and is sent as a row of ${format}. If it is ${what}, set format: raw.`;
}

function firstRow(format: string, body: unknown): object | undefined {
  const inner = isObject(body) ? (body as Record<string, unknown>)[format] : undefined;
  if (format === 'dataframe_split') return split(inner);
  const row: unknown = Array.isArray(inner) ? inner[0] : inner;
  return isObject(row) ? row : undefined;
}

/** The columns of a frame are the members that its rows had. */
function split(inner: unknown): object | undefined {
  const columns = isObject(inner) ? (inner as { columns?: unknown }).columns : undefined;
  return Array.isArray(columns) ? Object.fromEntries(columns.map((name) => [String(name), true])) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
