import {
  LoadwrightError,
  payloadBytes,
  type JsonObject,
  type JsonValue,
  type PayloadRecord,
} from '@loadwright/core';
import { bodyFormats, type DatabricksOptions } from './options.js';

type BodyFormat = DatabricksOptions['format'];

/**
 * The body that is sent for a JSON payload, by the same rules as `databricks_requests.py`; `wrap-vectors.json` holds
 * both to them.
 *
 * @throws `PAYLOADS_INVALID` when `dataframe_split` is asked for rows that have no column names.
 */
export function wrapPayload(payload: JsonValue, format: BodyFormat): JsonValue {
  if (format === 'raw' || isCompleteBody(payload)) return payload;
  switch (format) {
    case 'dataframe_records':
      return { dataframe_records: Array.isArray(payload) ? payload : [payload] };
    case 'dataframe_split':
      return { dataframe_split: splitOf(Array.isArray(payload) ? payload : [payload]) };
    case 'instances':
      return { instances: [payload] };
    case 'inputs':
      return { inputs: payload };
  }
}

/** Body and Content-Type of the request for one payload. */
export function requestBody(
  record: PayloadRecord,
  format: BodyFormat,
): { body: Buffer; contentType: string } {
  const { json, contentType = 'application/json' } = record;
  if (format === 'raw') return { body: payloadBytes(record), contentType };
  if (json === undefined) {
    throw new LoadwrightError(
      'PAYLOADS_INVALID',
      `payloads: the format ${format} needs JSON, but the first payload is ${record.text === undefined ? 'binary' : 'text'}.`,
      { hint: "Use a .json or .jsonl file, set csvAs: 'json' for a CSV file, or set format: 'raw'." },
    );
  }
  return { body: payloadBytes({ json: wrapPayload(json as JsonValue, format) }), contentType };
}

function isCompleteBody(payload: JsonValue): boolean {
  return isObject(payload) && bodyFormats.some((key) => key in payload);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function splitOf(rows: JsonValue[]): JsonObject {
  if (!rows.every(isObject)) {
    throw new LoadwrightError(
      'PAYLOADS_INVALID',
      'payloads: the format dataframe_split needs rows with column names, but a payload is not an object.',
      { hint: 'Write each row as an object, or use format: instances for rows without names.' },
    );
  }
  const columns = Object.keys(rows[0] ?? {});
  return { columns, data: rows.map((row) => columns.map((column) => row[column] ?? null)) };
}
