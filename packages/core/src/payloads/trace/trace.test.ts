import { parquetWriteBuffer } from 'hyparquet-writer';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPayloads, writePayloads } from '../write.js';
import type { TraceSource } from './source.js';

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'loadwright-trace-'))));
afterAll(() => rm(folder, { recursive: true }));

const options = () => ({ baseDirectory: folder });

async function written(content: string | Uint8Array, source: Omit<TraceSource, 'trace'>, name = 'in.jsonl') {
  await writeFile(join(folder, name), content);
  const destination = join(folder, 'out.jsonl');
  const result = await writePayloads({ ...source, trace: name }, destination, options());
  const text = await readFile(destination, 'utf8');
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);
  expect(await checkPayloads({ ...source, trace: name }, options())).toBe(records.length);
  const schedule = [...result.schedule!.lines()].map((line) => line.trimEnd());
  return { ...result, text, records, schedule, trace: result.schedule! };
}

const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const refused = (content: string, source: Omit<TraceSource, 'trace'>, name?: string) =>
  written(content, source, name).then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  );

describe('a trace', () => {
  it('keeps bodies byte by byte, and sorts what is due, sessions together', async () => {
    const body = '{ "n" : 1e-7,\t"id": 12345678901234567890 }';
    const { records, schedule } = await written(
      `{"at": 2.5, "session": "b", "body": ${body}}\n{"at": 1, "session": "a", "body": " plain\\n", "contentType": "text/csv"}\n` +
        '{"at": 4, "session": "b", "body": [1]}\n',
      { format: 'requests' },
    );
    expect(records).toEqual([
      { text: body, contentType: 'application/json' },
      { text: ' plain\n', contentType: 'text/csv' },
      { text: '[1]', contentType: 'application/json' },
    ]);
    expect(schedule).toEqual(['0.000000,1,0', '1.500000,0,1', '3.000000,2,1']);
  });

  it('of SageMaker is read with its encodings, and its whole seconds are spread', async () => {
    const capture = (inferenceTime: string, endpointInput?: object) => ({
      captureData: { endpointInput, endpointOutput: { data: 'secret answer' } },
      eventMetadata: { eventId: 'e', inferenceTime },
      eventVersion: '0',
    });
    const csv = { observedContentType: 'text/csv', mode: 'INPUT', data: '1,2\n3,4\n', encoding: 'CSV' };
    const image = { observedContentType: 'image/png', mode: 'INPUT', data: 'AAEC', encoding: 'BASE64' };
    const { records, schedule, notes, text, trace } = await written(
      lines(
        capture('2026-01-01T00:00:00Z', csv),
        capture('2026-01-01T00:00:00Z', image),
        capture('2026-01-01T00:00:05Z'),
        capture('2026-01-01T00:00:03Z', { ...csv, encoding: 'JSON', observedContentType: '' }),
      ),
      { format: 'sagemaker-capture' },
    );
    expect(records).toEqual([
      { text: '1,2\n3,4\n', contentType: 'text/csv' },
      { base64: 'AAEC', contentType: 'image/png' },
      { text: '1,2\n3,4\n', contentType: 'application/json' },
    ]);
    expect(schedule).toEqual(['0.000000,0,0', '0.500000,1,1', '3.000000,2,2']);
    expect(trace.isSpread).toBe(true);
    expect(notes.join()).toContain('1 requests have no body');
    expect(text).not.toContain('secret');
  });

  it('of Databricks is read from JSON, CSV and Parquet alike', async () => {
    const request = '{"dataframe_split": {"columns": ["a"],  "data": [[1.0]]}}';
    const expected = {
      records: [
        { text: request, contentType: 'application/json' },
        { text: '{"inputs":[1]}', contentType: 'application/json' },
      ],
      schedule: ['0.000000,1,0', '1.250000,0,1'],
    };
    const format = 'databricks-inference' as const;
    const json = lines(
      { timestamp_ms: 1_700_000_001_500, request, response: 'r' },
      { timestamp_ms: 1_700_000_000_250, request: '{"inputs":[1]}' },
    );
    expect(await written(json, { format }, 'part-0.json')).toMatchObject(expected);
    const quoted = `"${request.replaceAll('"', '""')}"`;
    const csv = `request_time,request\n2023-11-14 22:13:21.500,${quoted}\n2023-11-14T22:13:20.250Z,"{""inputs"":[1]}"\n`;
    expect(await written(csv, { format }, 'table.csv')).toMatchObject(expected);
    const times = [new Date(1_700_000_001_500), new Date(1_700_000_000_250)];
    const parquet = parquetWriteBuffer({
      columnData: [
        { name: 'request_time', data: times, type: 'TIMESTAMP' },
        { name: 'request', data: [request, '{"inputs":[1]}'], type: 'STRING' },
      ],
    });
    expect(await written(new Uint8Array(parquet), { format }, 'table.parquet')).toMatchObject(expected);
    expect(await refused('PAR1 no', { format }, 'broken.parquet')).toContain('cannot be read as Parquet');
  });

  it('of ShareGPT asks each question with what was said before', async () => {
    const says = (from: string, value: string) => ({ from, value });
    const { records, schedule } = await written(
      JSON.stringify([
        { id: 'x', conversations: [says('human', 'a'), says('gpt', 'b'), says('human', 'c')] },
        { id: 'y', conversations: [says('human', 'd')] },
      ]),
      { format: 'sharegpt', sessionRate: '2/s', pause: '3s', body: { model: 'm' } },
      'chats.json',
    );
    expect(records.map(({ text }) => JSON.parse(text!) as unknown)).toEqual([
      { model: 'm', messages: [{ role: 'user', content: 'a' }] },
      {
        model: 'm',
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
          { role: 'user', content: 'c' },
        ],
      },
      { model: 'm', messages: [{ role: 'user', content: 'd' }] },
    ]);
    expect(schedule).toEqual(['0.000000,0,0', '0.500000,2,1', '3.000000,1,0']);
  });

  it('of Mooncake shares the beginnings of its prompts, of BurstGPT has their lengths', async () => {
    const mooncake = (timestamp: number, hash_ids: number[], input_length: number) => ({
      ...{ timestamp, input_length, output_length: 9, hash_ids },
    });
    const { records } = await written(
      lines(mooncake(0, [1, 2], 1000), mooncake(1500, [1, 3], 700), mooncake(2000, [1], 600)),
      { format: 'mooncake', as: 'completion' },
    );
    const made = records.map(({ text }) => JSON.parse(text!) as { prompt: string; max_tokens: number });
    const [one, two, three] = made.map(({ prompt }) => prompt.split(' '));
    expect([one!.length, two!.length, three!.length]).toEqual([1000, 700, 600]);
    expect(two!.slice(0, 512)).toEqual(one!.slice(0, 512));
    expect(two!.slice(512)).not.toEqual(one!.slice(512, 700));
    expect(made[0]!.max_tokens).toBe(9);
    const csv =
      'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,12,0,12,API log\n';
    const burst = await written(csv, { format: 'burstgpt' }, 'burst.csv');
    const chat = JSON.parse(burst.records[0]!.text!) as {
      messages: { content: string }[];
      max_tokens: number;
    };
    expect([chat.messages[0]!.content.split(' ').length, chat.max_tokens]).toEqual([12, 1]);
  });

  it('says what a load makes of it', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({ at: index / 10 + 0.01, body: index }));
    const { trace } = await written(lines(...rows), { format: 'requests' });
    expect(trace.summary(1)).toMatchObject({
      requests: 100,
      recorded: 100,
      sessions: 100,
      peakPerSecond: 10,
    });
    expect(trace.summary(2, 3)).toMatchObject({ requests: 60, seconds: 4.95, peakPerSecond: 20 });
    expect(trace.wholeDuration(2)).toBe('5s');
    const stages = trace.stages(2, 2.5);
    const due = stages.reduce((sum, stage) => sum + stage.durationSeconds * stage.ratePerSecond, 0);
    expect(due).toBeCloseTo(50);
  });

  it('names the row that is wrong', async () => {
    const format = 'requests' as const;
    expect(await refused(lines({ at: 1, body: 1 }, { at: 2 }), { format })).toContain(
      'row 2: "body" is missing',
    );
    expect(await refused(lines({ at: 'soon', body: 1 }), { format })).toContain('"at" must be seconds');
    expect(await refused(lines({ a: 1 }), { format: 'mooncake' })).toContain('"timestamp" must be a number');
  });
});

describe('scrub', () => {
  const body =
    '{"user":{"email":"a@b.c", "age":  41},"messages":[{"content":"hé\\n"},{"content":[true,null]}], "x":1e-7}';
  const content = `{"at":1,"body":${body}}\n`;

  it('replaces what pointers find before it is written, and nothing else', async () => {
    const scrub = ['/user', '/messages/*/content'];
    const { records, text } = await written(content, { format: 'requests', scrub });
    expect(records[0]!.text).toBe(
      '{"user":{"email":"xxxxx", "age":  0},"messages":[{"content":"xxx"},{"content":[false,null]}], "x":1e-7}',
    );
    expect(text).not.toContain('a@b.c');
  });

  it('refuses a pointer that finds nothing, and a body that is no JSON', async () => {
    expect(await refused(content, { format: 'requests', scrub: ['/usr/email'] })).toContain(
      'scrub: /usr/email is in no body',
    );
    expect(await refused('{"at":1,"body":"a,b"}', { format: 'requests', scrub: ['/a'] })).toContain(
      'row 1: scrub needs bodies of JSON',
    );
  });

  it('names a session by a member of the body, which is not written', async () => {
    const two = `${content}${content.replace('a@b.c', 'd@e.f')}${content}`;
    const { schedule, text } = await written(two, {
      ...{ format: 'requests', session: '/user/email', scrub: ['/user/email'] },
    });
    expect(schedule.map((line) => line.split(',')[2])).toEqual(['0', '1', '0']);
    expect(schedule.join() + text).not.toContain('@');
  });
});
