import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { run, TestIo } from '../packages/cli/test/support.js';

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

it('a recording is replayed at its times, and its report is right', async () => {
  const received: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((content) => {
      received.push(content);
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cwd = await mkdtemp(join(tmpdir(), 'loadwright-replay-'));
  const config = {
    target: {
      kind: 'rest',
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
  server.close();
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
