import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { fileURLToPath } from 'node:url';
import { createLoadTest } from '@loadwright/core';
import { localFleet } from '@loadwright/infra/local';
import { rest } from '@loadwright/targets/rest';
import { run, TestIo } from '../packages/cli/test/support.js';
import { busyMachine } from '../packages/infra/test/busy-machine.js';

const locust = fileURLToPath(new URL('../.venv/bin/locust', import.meta.url));

const requests = 120;
const body = (number: number) => `{"n": ${number}, "user": "person-${number}", "x": 1e-7}`;
const scrubbed = (number: number) => body(number).replace(/person-\d+/, (name) => 'x'.repeat(name.length));

/** Twice as fast: 60 requests in the first second, and 16 in each of the next. */
const capture = Array.from({ length: requests }, (_, number) => {
  const seconds = number < 60 ? number / 30 : 2 + (number - 60) / 8;
  return JSON.stringify({
    captureData: {
      endpointInput: {
        observedContentType: 'application/json',
        mode: 'INPUT',
        data: body(number),
        encoding: 'JSON',
      },
    },
    eventMetadata: { inferenceTime: new Date(1_700_000_000_000 + seconds * 1000).toISOString() },
  });
}).join('\n');

/** A server that keeps the bodies it gets, in their order. */
async function startRecorder() {
  const received: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((content) => {
      received.push(content);
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { received, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it('a recording is replayed at its times, and its report is right', async () => {
  const { received, baseUrl } = await startRecorder();
  const cwd = await mkdtemp(join(tmpdir(), 'loadwright-replay-'));
  const config = {
    target: {
      kind: 'rest',
      baseUrl,
      route: '/score',
      payloads: { trace: 'capture.jsonl', format: 'sagemaker-capture', scrub: ['/user'] },
    },
    workers: 2,
    load: { profile: 'replay', speed: 2, duration: '5s' },
  };
  await writeFile(join(cwd, 'capture.jsonl'), capture);
  await writeFile(join(cwd, 'loadwright.config.json'), JSON.stringify(config));
  const io = () => new TestIo({ cwd, environment: {} });

  const planned = await run(['plan'], io());
  expect(planned.stderr).toBe('');
  expect(planned.stdout).toContain('120 requests of 120 sessions, at most 60 within a second');
  const printed = await run(['config', 'print'], io());
  expect(printed.stdout).toMatch(/trace\.requests +120 +the recording/);
  const long = await run(['plan', '--duration', '1h'], io());
  expect(long.stderr).toContain('the trace is over after 5s at speed 2');

  const { stdout, stderr } = await run(['run', '--json', '--skip-preflight'], io());
  const report = JSON.parse(stdout) as {
    problems?: { rule: string }[];
    arrivals: { dropped: number };
    accounting: object;
    series: { open?: { offeredPerSecond: number } }[];
  };
  // A machine with much else to do holds the workers up, which is no matter of a trace.
  const others = ['event-loop-lag', 'worker-stalled', 'generator-cpu'];
  const rules = (report.problems ?? []).map(({ rule }) => rule);
  expect(
    rules.filter((rule) => !others.includes(rule)),
    stderr,
  ).toEqual([]);
  expect(report.arrivals).toMatchObject({ offered: requests });
  // What is still due when the trace is over has no time left: none, but on a machine that is late by then.
  const { dropped } = report.arrivals;
  expect(dropped).toBeLessThanOrEqual(12);
  expect(report.accounting).toMatchObject({ holds: true, due: requests, succeeded: requests - dropped });
  expect(report.series.map(({ open }) => Math.round(open!.offeredPerSecond))).toEqual([60, 16, 16, 16, 12]);
  const recorded = Array.from({ length: requests }, (_, number) => scrubbed(number));
  expect(recorded).toEqual(expect.arrayContaining(received));
  expect(new Set(received).size).toBe(requests - dropped);
  expect(received).toHaveLength(requests - dropped);
}, 270_000);

/** The turns of a person, each with all that was said before. */
const says = (...words: readonly string[]) =>
  words.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
const conversation = (...words: readonly string[]) => ({
  id: words[0],
  conversations: words.map((value, index) => ({ from: index % 2 === 0 ? 'human' : 'gpt', value })),
});
const lines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const inferred = Array.from(
  { length: 12 },
  (_, n) => `{"dataframe_split": {"columns": ["n"],  "data": [[${n}.0]]}}`,
);
/** What a body asks for: how many words, and how many tokens of an answer. */
const asked = (content: string): unknown => {
  const { messages, max_tokens: tokens } = JSON.parse(content) as {
    messages: { content: string }[];
    max_tokens: number;
  };
  return [messages[0]!.content.split(' ').length, tokens];
};

interface Format {
  readonly format: string;
  readonly file: string;
  readonly content: string;
  readonly more?: object;
  /** What is looked at of a body. */
  readonly of: (content: string) => unknown;
  /** That of every request, in the order in which they are due. */
  readonly expected: readonly unknown[];
  /** Those of one session, of which each waits for the one before. */
  readonly session?: readonly unknown[];
  /** How many are due in each second. */
  readonly due: readonly number[];
}

const formats: readonly Format[] = [
  {
    format: 'databricks-inference',
    file: 'table.csv',
    content: [
      'request_time,request',
      ...inferred.map(
        (request, n) => `2026-01-01 00:00:0${(n / 4).toFixed(2)},"${request.replaceAll('"', '""')}"`,
      ),
    ].join('\n'),
    of: (content) => content,
    expected: inferred,
    due: [4, 4, 4],
  },
  {
    format: 'sharegpt',
    file: 'chats.json',
    content: JSON.stringify([conversation('a', 'b', 'c', 'd', 'e'), conversation('x', 'y', 'z')]),
    more: { sessionRate: '2/s', pause: '1100ms', body: { model: 'm' } },
    of: (content) => JSON.parse(content),
    expected: [
      says('a'),
      says('x'),
      says('a', 'b', 'c'),
      says('x', 'y', 'z'),
      says('a', 'b', 'c', 'd', 'e'),
    ].map((messages) => ({ model: 'm', messages })),
    session: [says('a'), says('a', 'b', 'c'), says('a', 'b', 'c', 'd', 'e')].map((messages) => ({
      model: 'm',
      messages,
    })),
    due: [2, 2, 1],
  },
  {
    format: 'mooncake',
    file: 'mooncake.jsonl',
    content: lines(
      Array.from({ length: 10 }, (_, n) => ({
        timestamp: n * 250,
        input_length: 600 + n,
        output_length: n,
        hash_ids: [1, n],
      })),
    ),
    of: asked,
    expected: Array.from({ length: 10 }, (_, n) => [600 + n, Math.max(1, n)]),
    due: [4, 4, 2],
  },
  {
    format: 'burstgpt',
    file: 'burst.csv',
    content: [
      'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type',
      ...Array.from({ length: 10 }, (_, n) => `${100 + n / 4},ChatGPT,${10 + n},${n + 1},0,API log`),
    ].join('\n'),
    of: asked,
    expected: Array.from({ length: 10 }, (_, n) => [10 + n, n + 1]),
    due: [4, 4, 2],
  },
];

it.each(formats)('a recording of the format $format is sent as it was', { timeout: 180_000 }, async (one) => {
  const { received, baseUrl } = await startRecorder();
  const baseDirectory = await mkdtemp(join(tmpdir(), 'loadwright-formats-'));
  await writeFile(join(baseDirectory, one.file), one.content);
  const report = await createLoadTest({
    target: rest({
      ...{ baseUrl, route: '/score' },
      payloads: { trace: one.file, format: one.format, ...one.more },
    } as never),
    load: { profile: 'replay', duration: '3s' },
    thresholds: { http_req_failed: ['rate<=0'] },
    baseDirectory,
  }).run({ fleet: localFleet({ locust }), tolerate: busyMachine, skipPreflight: true });
  expect(report.verdict, report.reasons.join()).toBe('PASS');
  const { length } = one.expected;
  expect(report.accounting).toMatchObject({ due: length, succeeded: length, holds: true });
  const found = received.map((content) => one.of(content));
  // A machine with other work may let one overtake the next, but none of its own session.
  const sorted = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).sort();
  expect(sorted(found)).toEqual(sorted(one.expected));
  const ofSession = new Set(sorted(one.session ?? []));
  expect(found.filter((value) => ofSession.has(JSON.stringify(value)))).toEqual(one.session ?? []);
  expect(report.series.map(({ open }) => Math.round(open!.offeredPerSecond))).toEqual(one.due);
});
