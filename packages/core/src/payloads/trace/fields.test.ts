import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePayloads } from '../write.js';
import type { TraceSource } from './source.js';

type Format = TraceSource['format'];

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'loadwright-fields-'))));
afterAll(() => rm(folder, { recursive: true }));

async function read(format: Format, content: string, ending = 'jsonl') {
  const trace = `in.${ending}`;
  await writeFile(join(folder, trace), content);
  const { schedule } = await writePayloads({ trace, format }, join(folder, 'out.jsonl'), {
    baseDirectory: folder,
  });
  const due = [...schedule!.lines()].map((line) => line.trimEnd().split(',').map(Number));
  const text = await readFile(join(folder, 'out.jsonl'), 'utf8');
  return { due, records: text.trimEnd().split('\n') };
}

const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const request = (more: object) => ({ at: 1, body: 'b', ...more });
const capture = (input: object, inferenceTime: unknown = '2024-01-01T00:00:00Z') => ({
  captureData: { endpointInput: { data: 'AAEC', encoding: 'BASE64', ...input } },
  eventMetadata: { inferenceTime },
});
const mooncake = (more: object) => ({
  ...{ timestamp: 1, input_length: 3, output_length: 2, hash_ids: [1] },
  ...more,
});
const burst = (row: string) => `Timestamp,Request tokens,Response tokens,Session ID\n${row}\n`;
const table = (time: string) => `request,timestamp_ms\n{},${time}\n{},0\n`;

describe('the time of a recorded request', () => {
  // Each is 2 s after what stands first.
  it.each([
    [0, 2],
    [-5, -3],
    ['7', '9.0'],
    [1.5, '3.5'],
    ['1e3', 1002],
    ['2024-02-28T23:59:59Z', '2024-02-29T00:00:01Z'],
    ['2024-01-01', '2024-01-01 00:00:02'],
    ['2024-01-01 12:00:00.5', '2024-01-01T12:00:02.500Z'],
    ['2024-01-01T12:00:00,250Z', '2024-01-01T12:00:02.250+00:00'],
    ['2024-01-01 12:00 UTC', '2024-01-01T14:00:02+02:00'],
    ['2024-01-01T12:00:00+0000', '2024-01-01T10:00:02-02'],
  ])('is read: %j, and 2 s later %j', async (first, second) => {
    // The other way round, too: the order in the file does not matter.
    for (const rows of [
      [first, second],
      [second, first],
    ]) {
      const { due } = await read('requests', lines(...rows.map((at) => request({ at }))));
      expect(due.map(([seconds]) => seconds)).toEqual([0, 2]);
    }
  });

  it.each(['2000', '2000.0', '2E3', ' 2000 ', '+2000', '1970-01-01 00:00:02', '1970-01-01T00:00:02Z'])(
    'is read in an exported table: %j',
    async (time) => {
      const { due } = await read('databricks-inference', table(time), 'csv');
      expect(due.map(([seconds]) => seconds)).toEqual([0, 2]);
    },
  );

  it('before 1970 is one, too', async () => {
    const { due } = await read('databricks-inference', table('-2000'), 'csv');
    expect(due.map(([seconds, row]) => [seconds, row])).toEqual([
      [0, 0],
      [2, 1],
    ]);
  });

  it('is the same for all, and the load no longer than a moment', async () => {
    const { due } = await read('requests', lines(...[0.5, 0.5, 0.5].map((at) => request({ at }))));
    expect(due.map(([seconds]) => seconds)).toEqual([0, 0, 0]);
  });

  const wrong = [null, true, [], {}, '', ' ', 'soon', '5 minutes', '01/02/2024', '2024-13-01', '12:00'];
  it.each([...wrong, 1e300, 'NaN', 'Infinity', '0x10', undefined])('is refused: %j', async (at) => {
    await expect(read('requests', lines(request({}), request({ at })))).rejects.toMatchObject({
      code: 'PAYLOADS_INVALID',
      message: 'in.jsonl: row 2: "at" must be seconds, or a date and time',
    });
    if (at === undefined) return;
    await expect(read('sagemaker-capture', lines(capture({}, at)))).rejects.toThrow(/row 1: .*inferenceTime/);
  });

  it('is not a number here and a date there', async () => {
    for (const rows of [
      [5, '2024-01-01'],
      ['2024-01-01', '5'],
    ]) {
      const content = lines(...rows.map((at) => request({ at })));
      await expect(read('requests', content)).rejects.toThrow(/row 2: "at" is in seconds in some rows and/);
    }
  });
});

describe('a session', () => {
  const sessions = async (format: Format, content: string, ending?: string) =>
    (await read(format, content, ending)).due.map(([, , session]) => session);

  it.each([null, '', undefined])('is none where it is %j', async (session) => {
    expect(await sessions('requests', lines(request({ session }), request({ session })))).toEqual([0, 1]);
    const rows = [0, 1].map(() => mooncake({ session_id: session }));
    expect(await sessions('mooncake', lines(...rows))).toEqual([0, 1]);
  });

  it('is none in a table without one', async () => {
    expect(await sessions('burstgpt', burst('1,2,3,\n2,2,3,'), 'csv')).toEqual([0, 1]);
    expect(await sessions('burstgpt', burst('1,2,3,7\n2,2,3,7'), 'csv')).toEqual([0, 0]);
  });
});

describe('a field that is wrong', () => {
  it.each<[Format, unknown, RegExp]>([
    [
      'requests',
      request({ contentType: 'text/plain\r\nX-Other: 1' }),
      /Content-Type must be printable ASCII/,
    ],
    ['requests', request({ contentType: 'ü' }), /Content-Type must be printable ASCII/],
    ['requests', request({ contentType: 5 }), /Content-Type must be printable ASCII/],
    ['sagemaker-capture', capture({ observedContentType: 'a\nb' }), /Content-Type must be printable ASCII/],
    ['sagemaker-capture', capture({ data: '%%%' }), /is no Base64/],
    ['sagemaker-capture', capture({ data: 'AAE' }), /is no Base64/],
    ['sharegpt', { conversations: [null] }, /must hold turns/],
    ['sharegpt', { conversations: ['hello'] }, /must hold turns/],
    ['sharegpt', { conversations: [{ from: 'human', value: 5 }] }, /must hold turns/],
    ['sharegpt', {}, /"conversations" is missing/],
    ['mooncake', mooncake({ timestamp: -1 }), /"timestamp" must be a number of 0 or more/],
    ['mooncake', mooncake({ timestamp: true }), /"timestamp" must be/],
    ['mooncake', mooncake({ input_length: 2.5 }), /"input_length" must be a whole number/],
    ['mooncake', mooncake({ input_length: 1e12 }), /"input_length" must be a whole number/],
    ['mooncake', mooncake({ output_length: [] }), /"output_length" must be a whole number/],
    ['mooncake', mooncake({ hash_ids: ['x'] }), /"hash_ids" must hold whole numbers/],
    ['mooncake', 5, /"timestamp" must be/],
  ])('of %s is named with its row: %j', async (format, row, message) => {
    await expect(read(format, lines(row))).rejects.toMatchObject({
      code: 'PAYLOADS_INVALID',
      message: expect.stringMatching(new RegExp(`^in\\.jsonl: row 1: .*${message.source}`)) as string,
    });
  });

  it.each([
    ['1,,3,', /row 1: "Request tokens" must be a whole number/],
    ['-1,2,3,', /row 1: "Timestamp" must be a number of 0 or more/],
    ['1,2', /it is not CSV: Invalid Record Length/],
  ])('of a table is named: %s', async (row, message) => {
    await expect(read('burstgpt', burst(row), 'csv')).rejects.toThrow(message);
  });

  it('is a column that is there twice', async () => {
    const content = 'request,request,timestamp_ms\n{},[],1\n';
    await expect(read('databricks-inference', content, 'csv')).rejects.toThrow(/"request" is there twice/);
  });
});

it('says that no request has a body', async () => {
  await expect(read('databricks-inference', 'req,timestamp_ms\n{},1\n{},2\n', 'csv')).rejects.toThrow(
    'in.csv: none of 2 requests has a body',
  );
  await expect(read('sagemaker-capture', lines(capture({ data: null })))).rejects.toThrow(
    /none of 1 requests/,
  );
});

it('keeps what Base64 stands for, also of several lines', async () => {
  const { records } = await read('sagemaker-capture', lines(capture({ data: 'AAEC\r\nAw==' })));
  const { base64 } = JSON.parse(records[0]!) as { readonly base64: string };
  expect(Buffer.from(base64, 'base64')).toEqual(Buffer.of(0, 1, 2, 3));
});
