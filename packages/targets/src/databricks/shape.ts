/** Bodies of other APIs that a payload may have been written for, by a member that only they have. */
const otherBodies: readonly (readonly [member: string, what: string])[] = [
  ['messages', 'a body of the chat API'],
  ['prompt', 'a body of the completions API'],
  ['signature_name', 'a body of TensorFlow Serving'],
];

/**
 * Whether the rows of a body look like a body of another form, which was wrapped once more.
 *
 * @param body As it was sent.
 * @returns What to change. Undefined: nothing is conspicuous, or the body is too long to be looked at.
 */
export function shapeHint(format: string, body: string | undefined): string | undefined {
  const row = firstRow(format, parse(body));
  if (row === undefined) return undefined;
  const names = Object.keys(row);
  const isFrame =
    names.includes('columns') && names.includes('data') && names.every((name) => frame.has(name));
  if (isFrame) {
    return `The payload holds columns and data, and was sent as a row of ${format}. If it is a data frame, write {"dataframe_split": {…}} around it.`;
  }
  const [member, what] = otherBodies.find(([name]) => names.includes(name)) ?? [];
  if (member === undefined) return undefined;
  return `The payload holds "${member}" and was sent as a row of ${format}. If it is ${what}, set format: raw.`;
}

const frame = new Set(['columns', 'data', 'index']);

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
