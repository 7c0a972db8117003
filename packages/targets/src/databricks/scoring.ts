import type { JsonObject, JsonValue } from '@loadwright/core/target';
import { bodyFormats } from './options.js';

/** A body that MLflow's scoring server refuses, with the message that it would give. */
export class InvalidInput extends Error {}

/**
 * Reads a body as MLflow's scoring server does (`mlflow/pyfunc/scoring_server`, `mlflow/utils/proto_json_utils.py`),
 * without a model signature, and answers each row with the sum of all numbers in it.
 *
 * @returns one number for each row.
 * @throws InvalidInput for what the real server answers with status 400.
 */
export function predictions(text: string): number[] {
  return rowsOf(decode(text)).map(sumOfNumbers);
}

function decode(text: string): JsonObject {
  let body: JsonValue;
  try {
    body = JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new InvalidInput(
      `Invalid input. Ensure that input is a valid JSON formatted string. Error: '${String(error)}'`,
    );
  }
  if (Array.isArray(body)) throw new InvalidInput(`Invalid input. ${required}. Received a list.`);
  if (typeof body !== 'object' || body === null) {
    throw new InvalidInput(`Invalid input. ${required}. Received unexpected input type '${typeof body}'.`);
  }
  return body;
}

const required = `The input must be a JSON dictionary with exactly one of the input fields {${bodyFormats.join(', ')}}`;

function rowsOf(body: JsonObject): JsonValue[] {
  const given = bodyFormats.filter((key) => key in body);
  const [format] = given;
  if (given.length !== 1 || format === undefined) {
    throw new InvalidInput(
      `${required}. Received dictionary with input fields: [${Object.keys(body).join(', ')}].`,
    );
  }
  const data = body[format]!;
  switch (format) {
    case 'dataframe_records':
      return recordRows(data);
    case 'dataframe_split':
      return splitRows(data);
    case 'instances':
      return Array.isArray(data) ? instanceRows(data) : columnRows(data);
    case 'inputs':
      return columnRows(data);
  }
}

function recordRows(data: JsonValue): JsonValue[] {
  if (Array.isArray(data)) return data;
  throw new InvalidInput(
    `Invalid input. Dataframe records format must be a list of records. Got ${typeName(data)}.`,
  );
}

function splitRows(data: JsonValue): JsonValue[] {
  if (!isObject(data)) {
    throw new InvalidInput(
      `Invalid input. Dataframe split format must be a dictionary. Got ${typeName(data)}.`,
    );
  }
  const keys = Object.keys(data);
  if (!('data' in data) || keys.some((key) => !['columns', 'data', 'index'].includes(key))) {
    throw new InvalidInput(
      `Invalid input. Dataframe split format must have 'data' field and optionally 'columns' and 'index' fields. Got {${keys.join(', ')}}.`,
    );
  }
  const { columns, data: rows } = data;
  const notAFrame = (reason: string) =>
    new InvalidInput(
      `Invalid input. Provided dataframe_split field is not a valid dataframe representation in 'split' format. Error: '${reason}'`,
    );
  if (!Array.isArray(rows)) throw notAFrame('DataFrame constructor not properly called!');
  if (Array.isArray(columns)) {
    const wrong = rows.find((row) => Array.isArray(row) && row.length !== columns.length);
    if (Array.isArray(wrong)) {
      throw notAFrame(`${columns.length} columns passed, passed data had ${wrong.length} columns`);
    }
  }
  return rows;
}

/** Rows with names must all have the same names; the real server finds it when it turns them into columns. */
function instanceRows(rows: JsonValue[]): JsonValue[] {
  const [first] = rows;
  if (isObject(first)) {
    const names = Object.keys(first).length;
    if (rows.some((row) => !isObject(row) || Object.keys(row).length !== names)) {
      throw new InvalidInput(
        'Invalid input. The length of values for each input/column name are not the same',
      );
    }
  }
  return rows;
}

/** `inputs` holds columns or a tensor: a row is one item of each column, or one item along the first dimension. */
function columnRows(data: JsonValue): JsonValue[] {
  if (Array.isArray(data)) return data;
  if (!isObject(data)) return [data];
  const columns = Object.values(data).map((column) => (Array.isArray(column) ? column : [column]));
  const length = Math.max(0, ...columns.map((column) => column.length));
  return Array.from({ length }, (_, index) => columns.map((column) => column[index] ?? null));
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeName(value: JsonValue): string {
  if (Array.isArray(value)) return 'list';
  return isObject(value) ? 'dictionary' : `type ${typeof value}`;
}

function sumOfNumbers(value: JsonValue): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + sumOfNumbers(item), 0);
}
