import { contentTypePattern } from '../format.js';
import type { ReadRow, Recorded } from './recorded.js';
import { textAt } from './scrub.js';

type Row = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The lines of a recording of one's own: `{"at": 1.5, "session": "a", "body": …}`. `at` is in seconds, or a date and time. A body
 * that is a text is sent as it is, any other as the JSON that stands in the line.
 */
export function requestReader(): (row: Row, line: string) => Recorded {
  let isDated: boolean | undefined;
  return ({ at, session, body, contentType }, line) => {
    if (body === undefined) throw new Error('"body" is missing');
    const number = numberOf(at);
    const seconds = number ?? (typeof at === 'string' ? secondsOfDate(at) : undefined);
    if (seconds === undefined) throw new Error('"at" must be seconds, or a date and time');
    isDated ??= number === undefined;
    if (isDated !== (number === undefined))
      throw new Error('"at" is in seconds in some rows and a date in others');
    return {
      seconds,
      ...(hasSession(session) && { session: JSON.stringify(session) }),
      body: { kind: 'text', content: typeof body === 'string' ? body : textAt(line, '/body')! },
      contentType: hasText(contentType) ? requireContentType(contentType) : 'application/json',
    };
  };
}

/** Whether a field holds something: an export of a table has null, or nothing, where there is none. */
const hasText = (value: unknown) => value !== undefined && value !== null && value !== '';

/** Whether a field names a session: those that name none are not one session. */
export const hasSession = hasText;

function requireContentType(value: unknown): string {
  if (typeof value === 'string' && contentTypePattern.test(value)) return value;
  throw new Error(`the Content-Type must be printable ASCII, found ${JSON.stringify(value).slice(0, 60)}`);
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
  if (encoding === 'BASE64' && !isBase64(data)) throw new Error('"endpointInput.data" is no Base64');
  const contentType = hasText(observedContentType)
    ? requireContentType(observedContentType)
    : encoding === 'CSV'
      ? 'text/csv'
      : 'application/json';
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

function isBase64(text: string): boolean {
  const bare = text.replaceAll(/\s/g, '');
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
}

/** A number is in milliseconds. */
function secondsOf(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime() / 1000;
  const number = numberOf(value);
  if (number !== undefined) return number / 1000;
  return typeof value === 'string' ? secondsOfDate(value) : undefined;
}

/** Beyond it no date is: 31 December 9999, in milliseconds since 1970. */
const mostMilliseconds = 253_402_300_799_999;

/** A number, also as a table has it that was exported as text: `1.7E12`. */
export function numberOf(value: unknown): number | undefined {
  const isText = typeof value === 'string' && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value);
  if (!isText && typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const number = Number(value);
  return Math.abs(number) <= mostMilliseconds ? number : undefined;
}

/** A date and time as ISO 8601 or a database writes it. A time without a zone is one of UTC. */
function secondsOfDate(text: string): number | undefined {
  const [, date, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?) ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/.exec(
      text.trim(),
    ) ?? [];
  if (date === undefined) return undefined;
  const offset = zone === 'UTC' ? 'Z' : zone.length === 3 ? `${zone}:00` : zone;
  const milliseconds = Date.parse(`${date}T${time.replace(',', '.')}${offset}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
