import type { ReadRow, Recorded } from './recorded.js';
import { textAt } from './scrub.js';

type Row = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A line of a recording of one's own: `{"at": 1.5, "session": "a", "body": …}`. `at` is in seconds, or a date and time. A body
 * that is a text is sent as it is, any other as the JSON that stands in the line.
 */
export function readRequest(row: Row, line: string): Recorded {
  const { at, session, body, contentType } = row;
  if (body === undefined) throw new Error('"body" is missing');
  const seconds = typeof at === 'number' ? at : typeof at === 'string' ? secondsOfDate(at) : undefined;
  if (seconds === undefined) throw new Error('"at" must be seconds, or a date and time');
  return {
    seconds,
    ...(session !== undefined && { session: JSON.stringify(session) }),
    body: { kind: 'text', content: typeof body === 'string' ? body : textAt(line, '/body')! },
    contentType: typeof contentType === 'string' ? contentType : 'application/json',
  };
}

/**
 * A line of SageMaker's Data Capture, whose times are whole seconds.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture.html
 */
export const readCapture: ReadRow = ({ captureData, eventMetadata }) => {
  if (!isObject(captureData) || !isObject(eventMetadata))
    throw new Error('"captureData" or "eventMetadata" is missing');
  const time = secondsOfDate(String(eventMetadata['inferenceTime']));
  if (time === undefined) throw new Error('"eventMetadata.inferenceTime" is no date and time');
  const input = captureData['endpointInput'];
  if (!isObject(input) || typeof input['data'] !== 'string') return [{ seconds: time }];
  const { data, encoding, observedContentType } = input;
  const body = { kind: encoding === 'BASE64' ? ('base64' as const) : ('text' as const), content: data };
  const isKnown = typeof observedContentType === 'string' && observedContentType !== '';
  const contentType = isKnown ? observedContentType : encoding === 'CSV' ? 'text/csv' : 'application/json';
  return [{ seconds: time, body, contentType }];
};

/**
 * A row of an inference table of Databricks: `request` and `request_time`, or `timestamp_ms` in older ones.
 * https://docs.databricks.com/aws/en/machine-learning/model-serving/inference-tables
 */
export const readInference: ReadRow = (row) => {
  const { request } = row;
  const seconds = secondsOf(row['timestamp_ms'] ?? row['request_time'] ?? row['timestamp']);
  if (seconds === undefined)
    throw new Error('neither "timestamp_ms" nor "request_time" has a time: export them with the requests');
  // A body of more than 1 MiB is not logged.
  if (typeof request !== 'string' || request === '') return [{ seconds }];
  return [{ seconds, body: { kind: 'text', content: request }, contentType: 'application/json' }];
};

/** A number is in milliseconds. */
function secondsOf(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime() / 1000;
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value) / 1000;
  if (typeof value !== 'string') return undefined;
  return /^\d+$/.test(value) ? Number(value) / 1000 : secondsOfDate(value);
}

/** A time without a zone is one of UTC. */
function secondsOfDate(text: string): number | undefined {
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.replace(' ', 'T')}Z`;
  const milliseconds = Date.parse(zoned);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
