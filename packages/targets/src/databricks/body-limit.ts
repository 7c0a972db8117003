import { parseJson, stringifyJson, type BodyLimit, type MeasuredPayload } from '@loadwright/core/target';
import { bodyFormats, type DatabricksOptions } from './options.js';

/**
 * The longest body that Model Serving takes of custom models, in bytes.
 * https://docs.databricks.com/aws/en/machine-learning/model-serving/model-serving-limits
 */
export const servingLimitBytes = 16 * 1024 * 1024;

/** That of foundation models, external models and agents, from the same page. */
const foundationLimitBytes = 4 * 1024 * 1024;

/**
 * Endpoints of foundation models that every workspace has; others cannot be named so.
 * https://docs.databricks.com/aws/en/machine-learning/model-serving/create-manage-serving-endpoints
 */
const foundationPrefix = 'databricks-';

/** The longest body, as it is sent. */
export function bodyLimit({ endpointName, format, maxBodyBytes }: DatabricksOptions): BodyLimit {
  const known = endpointName.startsWith(foundationPrefix) ? foundationLimitBytes : servingLimitBytes;
  return {
    bytes: maxBodyBytes ?? known,
    what: 'is the longest body that the endpoint takes (maxBodyBytes)',
    hint: 'Send fewer rows in a payload, or set maxBodyBytes if this endpoint takes longer bodies.',
    ...(format !== 'raw' && {
      made: {
        // Null stands for each value that a row of a frame lacks, so that it may be of any length.
        mostAdded: format === 'dataframe_split' ? Infinity : `{"${format}":[]}`.length,
        bytesOf: (payload: MeasuredPayload) => bodyBytes(payload, format),
      },
    }),
  };
}

/** How long the body of a payload is, by the rules that `wrap-vectors.json` holds. What is no body of the format is measured as it is. */
export function bodyBytes(
  { bytes, kind, text }: MeasuredPayload,
  format: Exclude<DatabricksOptions['format'], 'raw'>,
): number {
  if (kind !== 'json' || isComplete(text)) return bytes;
  const isList = text.startsWith('[');
  switch (format) {
    case 'dataframe_records':
      return bytes + (isList ? `{"${format}":}` : `{"${format}":[]}`).length;
    case 'dataframe_split':
      return splitBytes(parseJson(isList ? text : `[${text}]`) as readonly unknown[]) ?? bytes;
    case 'instances':
      return bytes + `{"${format}":[]}`.length;
    case 'inputs':
      return bytes + `{"${format}":}`.length;
  }
}

const bodyKeys = [...bodyFormats, 'messages'];

/** Whether it is a whole body already. */
function isComplete(text: string): boolean {
  if (!text.startsWith('{') || !bodyKeys.some((key) => text.includes(key))) return false;
  return isWholeBody(JSON.parse(text));
}

/** Whether a payload is sent as it is, for it has a key of the protocol or is a chat. */
export function isWholeBody(payload: unknown): boolean {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return false;
  const value = payload as Readonly<Record<string, unknown>>;
  if (bodyFormats.some((key) => Object.hasOwn(value, key))) return true;
  const { messages } = value;
  return Array.isArray(messages) && messages.length > 0 && messages.every(hasRole);
}

const hasRole = (message: unknown) => typeof message === 'object' && message !== null && 'role' in message;

function splitBytes(rows: readonly unknown[]): number | undefined {
  const isRow = (row: unknown): row is Readonly<Record<string, unknown>> =>
    typeof row === 'object' && row !== null && !Array.isArray(row);
  if (!rows.every(isRow)) return undefined;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const data = rows.map((row) => columns.map((column) => row[column] ?? null));
  return Buffer.byteLength(stringifyJson({ dataframe_split: { columns, data } }));
}
