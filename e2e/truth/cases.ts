import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDuration, type RunReport } from '@loadwright/core';
import { chalice } from '@loadwright/targets/chalice';
import { databricks } from '@loadwright/targets/databricks';
import { dht } from '@loadwright/targets/dht';
import { expect } from 'vitest';
import type { Case } from './case.js';

/** Liars are asked by the load alone, and not where the endpoint is. */
const endpoint = (url: string) => ({ baseUrl: url, endpointName: 'fraud', route: 'workspace' }) as const;
const inline = { payloads: { inline: [{ amount: 1 }] } };
const body = { amount: 1 };

/** A row that is right before one that no UTF-8 can say. */
const cutRow = '{"text":"ok"}\n{"text":"cut \\ud83d"}\n';
const many = (good: number) => `${'{"text":"ok"}\n'.repeat(good)}{"text":"cut \\ud83d"}\n`;

const kinds = ({ errors }: RunReport) => [...new Set(errors.map(({ kind }) => kind))];
const brokenMetrics = ({ thresholds }: RunReport) =>
  thresholds.filter(({ passed }) => !passed).map(({ metric }) => metric);

/** So many of the due requests failed for their payload, all the others were sent, and the row has its number. */
function rowsFailed(report: RunReport, received: number, share: number, row: number): void {
  expect(report.verdict).toBe('FAIL');
  expect(kinds(report)).toEqual(['payload']);
  expect(report.total.succeeded).toBe(received);
  expect(report.total.failed).toBeGreaterThan(0);
  // A machine that is late at the end of a load drops what was still due.
  const { due, dropped } = report.accounting!;
  expect(report.total.failed + report.total.succeeded).toBe(due - dropped);
  expect(Math.abs(report.total.failed - (due - dropped) * share)).toBeLessThan(2);
  expect(report.failureSamples[0]).toMatchObject({ kind: 'payload', requestRow: row });
  expect(brokenMetrics(report)).toContain('http_req_failed');
}

export const cases: readonly Case[] = [
  {
    name: 'a share of requests is never answered, until all users wait (F01)',
    server: {
      rules: [
        { share: 0.2, do: 'hang' },
        { do: 'answer', delay: 20 },
      ],
    },
    target: (url) => chalice({ baseUrl: url, body }),
    load: { users: 10, duration: '9s', waitTime: '50ms', gracefulStop: '1s' },
    thresholds: { http_req_duration: ['p(95)<100', 'max<200'], http_req_failed: ['rate<0.001'] },
    right({ report, books }) {
      expect(report.verdict).toBe('FAIL');
      expect(books.hung).toBe(10);
      expect(report.errors).toMatchObject([{ kind: 'unfinished', occurrences: 10 }]);
      expect(brokenMetrics(report)).toEqual(expect.arrayContaining(['http_req_duration', 'http_req_failed']));
      expect(report.total.maximum).toBeGreaterThan(5000);
      expect(report.series.at(-1)).toMatchObject({ inFlight: 10, requestsPerSecond: 0 });
      expect(report.stalls).toMatchObject([{ inFlight: 10 }]);
      expect(report.warnings?.map(({ rule }) => rule)).toContain('stall');
    },
  },
  {
    name: 'every second row of the payloads cannot be sent (F04)',
    files: { 'rows.jsonl': cutRow },
    target: (url) => databricks({ ...endpoint(url), payloads: 'rows.jsonl' }),
    right: ({ report, books }) => rowsFailed(report, books.received, 1 / 2, 2),
  },
  {
    name: 'every second row cannot be sent, at a fixed rate (F06)',
    files: { 'rows.jsonl': cutRow },
    target: (url) => databricks({ ...endpoint(url), payloads: 'rows.jsonl' }),
    load: { arrivalRate: '20/s', duration: '3s', gracefulStop: '1s' },
    right: ({ report, books }) => rowsFailed(report, books.received, 1 / 2, 2),
  },
  {
    name: 'one of fifty rows cannot be sent, at a fixed rate (F06)',
    files: { 'rows.jsonl': many(49) },
    target: (url) => databricks({ ...endpoint(url), payloads: 'rows.jsonl' }),
    load: { arrivalRate: '60/s', duration: '3s', gracefulStop: '1s' },
    right: ({ report, books }) => rowsFailed(report, books.received, 1 / 50, 50),
  },
  {
    name: 'a pool of 250,000 URLs (F07)',
    requestsBefore: 2,
    target: (url) =>
      dht({
        baseUrl: url,
        protocol: 'koorde',
        urls: { template: 'https://o.example/item/{i}', count: 250_000 },
      }),
    right({ report, books }) {
      expect(report).toMatchObject({ verdict: 'PASS', total: { failed: 0, succeeded: books.received } });
      // The work for the pool is done before the load: its first second is as busy as any other.
      expect(report.series[0]?.requestsPerSecond).toBeGreaterThan(0);
      const seconds = report.series.map(({ elapsedSeconds }) => elapsedSeconds);
      expect(Math.max(...seconds.map((at, index) => at - (seconds[index - 1] ?? 0)))).toBeLessThan(4);
      expect(new Set(books.log.map(({ path }) => path)).size).toBeGreaterThan(5);
    },
  },
  {
    name: 'answers are always compressed (F09)',
    server: { rules: [{ do: 'answer', gzip: true }], ignoreFirst: 0 },
    target: (url) =>
      databricks({
        ...endpoint(url),
        ...inline,
        expect: { json: { pointer: '/predictions/0', equals: 1.5 } },
      }),
    right({ report, books }) {
      expect(report).toMatchObject({ verdict: 'PASS', errors: [] });
      expect(report.total.succeeded).toBe(books.answered - 1);
    },
  },
  {
    name: 'compressed answers are asked for by a header (F09)',
    server: { rules: [{ do: 'answer', gzip: true }], ignoreFirst: 0, keepBodies: true },
    target: (url) =>
      chalice({
        baseUrl: url,
        body,
        headers: { 'Accept-Encoding': 'gzip' },
        expect: { json: { pointer: '/ok', equals: true } },
      }),
    right({ report, books }) {
      expect(report).toMatchObject({ verdict: 'PASS', errors: [] });
      expect(report.total.succeeded).toBe(books.answered - 1);
      expect(books.log[0]?.headers).toEqual(books.log[1]?.headers);
    },
  },
  {
    name: 'a payload with an integer that JavaScript cannot hold (F13)',
    server: { keepBodies: true },
    files: { 'rows.jsonl': '{"user_id": 9007199254740993, "x": 2.0}\n' },
    target: (url) => databricks({ ...endpoint(url), payloads: 'rows.jsonl' }),
    right({ report, books }) {
      expect(report.verdict).toBe('PASS');
      const sent = books.log.map((one) => Buffer.from(one.body!, 'base64').toString());
      expect(sent.length).toBe(report.total.count + 1);
      expect([...new Set(sent)]).toEqual(['{"dataframe_records":[{"user_id": 9007199254740993, "x": 2.0}]}']);
    },
  },
  {
    name: 'the gateway gives up before the client does (F15)',
    server: {
      rules: [{ do: 'answer', status: 504, delay: 300, body: '{"message":"Endpoint request timed out"}' }],
    },
    target: (url) => chalice({ baseUrl: url, body }),
    load: { users: 4, duration: '2s', gracefulStop: '1s' },
    right({ report, test }) {
      expect(kinds(report)).toEqual(['status']);
      expect(report.errors).toMatchObject(
        [{ error: 'HTTP 504', hint: /gateway gave up.*29 s/i }].map(withHint),
      );
      const { timeout } = test.configuration['target'] as { timeout: string };
      // A gateway was seen to answer after 29.03 s: by default the client still listens.
      expect(parseDuration(timeout)).toBeGreaterThan(29.03 + 1);
    },
  },
  ...(['chalice', 'databricks'] as const).map((kind): Case => ({
    name: `a service that starts, behind ${kind} (F16)`,
    server: { rules: [{ to: 2, do: 'answer', status: 503 }], ignoreFirst: 0 },
    target: (url) =>
      kind === 'chalice' ? chalice({ baseUrl: url, body }) : databricks({ ...endpoint(url), ...inline }),
    load: { users: 4, duration: '2s', waitTime: '50ms', gracefulStop: '1s' },
    preflight: { waitUpTo: '1m' },
    right({ report, books, events }) {
      expect(report).toMatchObject({ verdict: 'PASS', total: { failed: 0 } });
      const { attempts = 0, coldStartSeconds = 0 } = report.preflight as {
        attempts?: number;
        coldStartSeconds?: number;
      };
      expect(attempts).toBeGreaterThan(1);
      expect(coldStartSeconds).toBeGreaterThan(1.5);
      expect(books.received).toBe(report.total.count + attempts);
      expect(JSON.stringify(events)).toContain('The service is not ready');
    },
  })),
  {
    name: 'refused from the half of the load on, with a threshold on times alone (F18)',
    server: { rules: [{ from: 1.5, do: 'answer', status: 403, body: '{"message":"Forbidden"}' }] },
    target: (url) => chalice({ baseUrl: url, body }),
    thresholds: { http_req_duration: ['p(95)<60000'] },
    right({ report, books }) {
      expect(report.verdict).toBe('FAIL');
      expect(report.total.failed).toBe(books.byRule[0]);
      expect(report.thresholds.find(({ metric }) => metric === 'http_req_failed')).toMatchObject({
        isDefault: true,
        passed: false,
      });
      expect(report.thresholds.find(({ metric }) => metric === 'http_req_duration')).toMatchObject({
        over: report.total.count,
        succeeded: report.total.succeeded,
      });
    },
  },
  {
    name: 'an error within every second stream of status 200 (F19)',
    server: {
      rules: [
        {
          every: 2,
          do: 'answer',
          events: [chunk('a'), 'data: {"error":{"message":"out of memory","code":500}}\n\n'],
        },
        { do: 'answer', events: [chunk('a'), chunk('b'), 'data: [DONE]\n\n'] },
      ],
    },
    target: (url) => chalice({ baseUrl: url, body }),
    right({ report, books }) {
      expect(report.verdict).toBe('FAIL');
      expect(kinds(report)).toEqual(['stream']);
      expect(report.total.failed).toBe(books.byRule[0]);
      expect(report.total.failureRate).toBeCloseTo(0.5, 1);
      expect(report.failureSamples[0]?.body).toContain('out of memory');
    },
  },
  {
    name: 'a prediction that is NaN (F20)',
    server: { rules: [{ do: 'answer', body: '{"predictions": [NaN]}' }], ignoreFirst: 0 },
    target: (url) =>
      databricks({
        ...endpoint(url),
        ...inline,
        expect: { json: { pointer: '/predictions/0', type: 'number' } },
      }),
    right: () => expect.unreachable(),
    refused(error) {
      expect(error).toMatchObject({ code: 'PREFLIGHT_FAILED' });
      expect(error.message).toContain('NaN');
      expect(error.message).not.toContain('has neither');
    },
  },
  {
    name: 'a prediction that is NaN, where nothing is expected (F20)',
    server: { rules: [{ do: 'answer', body: '{"predictions": [NaN]}' }], ignoreFirst: 0 },
    target: (url) => databricks({ ...endpoint(url), ...inline }),
    load: { users: 4, duration: '2s', waitTime: '50ms', gracefulStop: '1s' },
    right({ events }) {
      expect(JSON.stringify(events)).toMatch(/NaN/);
    },
  },
  {
    name: 'a name of requests with braces, and a threshold on it (F24)',
    target: (url) => chalice({ baseUrl: url, body, requestName: '/items/{id}' }),
    thresholds: { 'http_req_duration{name:/items/{id}}': ['p(95)<60000'] },
    right({ report }) {
      expect(report.verdict).toBe('PASS');
      const [threshold] = report.thresholds;
      expect(threshold).toMatchObject({ metric: 'http_req_duration{name:/items/{id}}', passed: true });
      expect(threshold?.over).toBe(report.total.count);
    },
  },
  {
    name: 'every second answer is an error that names its cause (F27)',
    server: {
      rules: [
        {
          every: 2,
          do: 'answer',
          status: 500,
          body: '{"error":"CUDA out of memory","authorization":"Bearer canary-of-a-case"}',
        },
      ],
    },
    target: (url) => databricks({ ...endpoint(url), ...inline }),
    async right({ report, books }) {
      expect(report.verdict).toBe('FAIL');
      expect(report.errors).toMatchObject([
        { kind: 'status', error: 'HTTP 500', occurrences: books.byRule[0] },
      ]);
      expect(report.failureSamples[0]).toMatchObject({ status: 500 });
      expect(report.failureSamples[0]?.body).toContain('CUDA out of memory');
      for (const file of ['report.html', 'failures.jsonl', 'summary.json']) {
        const text = await readFile(join(report.resultsDirectory, file), 'utf8');
        expect(text).toContain('CUDA out of memory');
        expect(text).not.toContain('canary-of-a-case');
      }
    },
  },
  {
    name: 'every answer takes a second exactly (F28)',
    server: { rules: [{ do: 'answer', delay: 1000 }] },
    target: (url) => chalice({ baseUrl: url, body }),
    load: { users: 20, duration: '4s', gracefulStop: '2s' },
    right({ report }) {
      expect(report).toMatchObject({ verdict: 'PASS', total: { failed: 0 } });
      for (const row of [report.total, ...report.requests]) {
        expect(row.minimum).toBeLessThanOrEqual(row.median);
        expect(row.p99).toBeLessThanOrEqual(row.maximum);
        expect(row.p999).toBeLessThanOrEqual(row.maximum);
      }
      for (const { p99 } of report.series) expect(p99 ?? 0).toBeLessThanOrEqual(report.total.maximum);
    },
  },
];

/** An event of a chat completion. */
function chunk(content: string): string {
  return `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] })}\n\n`;
}

/** A failure whose hint has these words. */
function withHint({ error, hint }: { error: string; hint: RegExp }) {
  return { error, hint: expect.stringMatching(hint) as string };
}
