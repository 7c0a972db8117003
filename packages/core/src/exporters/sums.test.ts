import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { httpReceiver, readWriteRequest, udpReceiver } from '../../test/receivers.js';
import { awkwardName, makeSeries } from '../../test/series-fixture.js';
import { exportSeries } from '../export/index.js';
import { RunSeries } from '../measure/run-series.js';
import type { RunReport } from '../results/summary.js';
import { bucketing } from '../series/bucketing.js';
import { sumOfRows } from '../series/merge.js';
import type { SeriesRow, SeriesTrend } from '../series/rows.js';
import { uniformNumbers } from '../values/random.js';
import type { Exporter } from './contract.js';
import { exportRun } from './export-run.js';
import { csvFile, jsonFile } from './files.js';
import { influxdb } from './influxdb.js';
import { otlpHttp } from './otlp.js';
import { prepareExporters } from './prepare.js';
import { prometheusRemoteWrite } from './prometheus.js';
import { RunExports } from './run-exports.js';
import { statsd } from './statsd.js';

/** What a run is known by, everywhere. */
interface Sums {
  due: number;
  sent: number;
  succeeded: number;
  failed: number;
  dropped: number;
  bytes: number;
  bytesSent: number;
  bytesReceived: number;
  /** Answers with the status code 503, and requests of any code. */
  busy: number;
  coded: number;
  /** Values of trends, which are counted apart. */
  times: number;
  cacheHits: number;
  checked: number;
}

const none = (): Sums => ({
  ...{ due: 0, sent: 0, succeeded: 0, failed: 0, dropped: 0, bytes: 0, times: 0, cacheHits: 0, checked: 0 },
  ...{ bytesSent: 0, bytesReceived: 0, busy: 0, coded: 0 },
});

/** Longer than what a run keeps unpacked, so that late answers change seconds that rest. */
const seconds = 200;
const series = makeSeries(seconds, 72);
const { total, requests } = sumOfRows(series.rows, series.header.metrics);
const expected: Sums = {
  ...{ due: total.due, sent: total.sent, succeeded: total.succeeded, failed: total.failed },
  ...{ dropped: total.dropped, bytes: total.bytes },
  ...{ bytesSent: total.bytesSent!, bytesReceived: total.bytesReceived! },
  ...{ busy: total.codes!['503']!, coded: total.succeeded + total.failed },
  times: total.trends['http_req_service']!.count,
  cacheHits: total.counters['cache_hits']!,
  checked: total.rates['is_complete']!.total,
};

const report = {
  ...{ name: 'fraud', runId: series.header.runId, verdict: 'PASS', series: [] },
  target: { kind: 'rest', host: 'http://127.0.0.1', labels: { team: 'a b' } },
  fleet: { kind: 'local', workers: 2 },
} as unknown as RunReport;

/** A row before all of its requests have ended. */
function partOf(row: SeriesRow, share: number): SeriesRow {
  const some = (count: number) => Math.floor(count * share);
  const someOf = (counts: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, some(count)]));
  const trend = (whole: SeriesTrend): SeriesTrend => {
    const buckets = whole.buckets.map((value, at) => (at % 2 === 0 ? value : some(value)));
    const count = buckets.reduce((sum, value, at) => sum + (at % 2 === 0 ? 0 : value), 0);
    return { ...whole, count, sum: whole.sum * share, buckets };
  };
  return {
    ...{ ...row, sent: some(row.sent), succeeded: some(row.succeeded), bytes: some(row.bytes) },
    ...{
      failures: someOf(row.failures),
      failed: Object.values(someOf(row.failures)).reduce((a, b) => a + b, 0),
    },
    trends: Object.fromEntries(Object.entries(row.trends).map(([name, whole]) => [name, trend(whole)])),
    ...(row.codes && { codes: someOf(row.codes) }),
    ...(row.bytesSent !== undefined && { bytesSent: some(row.bytesSent) }),
    ...(row.counters && { counters: someOf(row.counters) }),
  };
}

/** The run as it is read while it goes on: rows come in parts, and some of them end minutes later. */
async function replay(exporter: Exporter): Promise<string[]> {
  const random = uniformNumbers(5);
  const own = new RunSeries({ gathersIncrements: true });
  const troubles: string[] = [];
  const exports = new RunExports({
    exporters: prepareExporters([exporter], {}),
    run: {
      test: 'fraud',
      runId: series.header.runId,
      target: 'rest',
      fleet: 'local',
      labels: { team: 'a b' },
    },
    ...{ series: own, redact: (text) => text, onTrouble: (message) => troubles.push(message) },
  });
  const later: SeriesRow[] = [];
  const startedAt = Date.parse(series.header.startedAt) / 1000;
  for (let second = 0; second <= seconds; second++) {
    const rows = series.rows.filter((row) => row.second === second);
    const read = rows.map((row) => (random() < 0.5 ? row : (later.push(row), partOf(row, random()))));
    const late = second === seconds ? later.splice(0) : later.splice(0, Math.floor(random() * 3));
    const update = { revision: second, more: false, bucketing, test: 1, samples: [] } as const;
    own.add({ ...update, rows: [...late.filter((row) => row.second < second), ...read] });
    later.push(...late.filter((row) => row.second === second));
    exports.add({
      ...{ time: startedAt + second + 1, userCount: 10, workers: [], metrics: series.header.metrics },
      inFlight: { count: 3, oldestSeconds: 1 },
      test: { startedAt } as never,
    });
    // As a second would: what is offered goes out.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(sumOfRows(own.rows, series.header.metrics).total).toEqual(total);
  const problems = await exports.finish({ verdict: 'PASS' }, new AbortController().signal);
  return [...troubles, ...problems.map(({ reason }) => reason)];
}

let http: Awaited<ReturnType<typeof httpReceiver>>;
let udp: Awaited<ReturnType<typeof udpReceiver>>;
beforeAll(async () => {
  http = await httpReceiver();
  udp = await udpReceiver();
});
afterAll(() => Promise.all([http.close(), udp.close()]));

/** The last value of each series. */
function sumsOfRemoteWrites(): Sums {
  const last = new Map<string, { name: string; value: number }>();
  for (const { body } of http.received.splice(0)) {
    for (const { labels, value } of readWriteRequest(body)) {
      const key = JSON.stringify(Object.entries(labels).sort());
      expect(value).toBeGreaterThanOrEqual(last.get(key)?.value ?? 0);
      if (labels['__name__'] !== 'loadwright_users') last.set(key, { name: labels['__name__']!, value });
    }
  }
  const sum = (name: string, code = '') =>
    [...last].reduce((all, [key, one]) => all + (one.name === name && key.includes(code) ? one.value : 0), 0);
  return {
    due: sum('loadwright_requests_due_total'),
    sent: sum('loadwright_requests_sent_total'),
    succeeded: sum('loadwright_requests_succeeded_total'),
    failed: sum('loadwright_requests_failed_total'),
    dropped: sum('loadwright_requests_dropped_total'),
    bytes: sum('loadwright_response_bytes_total'),
    bytesSent: sum('loadwright_sent_bytes_total'),
    bytesReceived: sum('loadwright_received_bytes_total'),
    busy: sum('loadwright_requests_by_code_total', '["code","503"]'),
    coded: sum('loadwright_requests_by_code_total'),
    times: sum('loadwright_http_req_service_seconds_count'),
    cacheHits: sum('loadwright_cache_hits_total'),
    checked: sum('loadwright_is_complete_checked_total'),
  };
}

interface OtlpMetric {
  name: string;
  sum?: { aggregationTemporality: number; dataPoints: { asInt: string; attributes: unknown }[] };
  exponentialHistogram?: {
    dataPoints: {
      count: string;
      zeroCount: string;
      positive: { bucketCounts: string[] };
      attributes: unknown;
    }[];
  };
}

const otlpMetrics = (body: string) =>
  (JSON.parse(body) as { resourceMetrics: { scopeMetrics: { metrics: OtlpMetric[] }[] }[] })
    .resourceMetrics[0]!.scopeMetrics[0]!.metrics;

function sumsOfOtlp(bodies: readonly string[], isCumulative: boolean): Sums {
  const values = new Map<string, number>();
  const put = (name: string, attributes: unknown, value: number) => {
    const key = JSON.stringify([name, attributes]);
    values.set(key, isCumulative ? value : (values.get(key) ?? 0) + value);
  };
  for (const { name, sum, exponentialHistogram } of bodies.flatMap(otlpMetrics)) {
    if (sum) expect(sum.aggregationTemporality).toBe(isCumulative ? 2 : 1);
    for (const { asInt, attributes } of sum?.dataPoints ?? []) put(name, attributes, Number(asInt));
    for (const { count, zeroCount, positive, attributes } of exponentialHistogram?.dataPoints ?? []) {
      const counted = positive.bucketCounts.reduce((all, one) => all + Number(one), Number(zeroCount));
      expect(counted).toBe(Number(count));
      put(name, attributes, Number(count));
    }
  }
  const sum = (wanted: string, attribute = '') =>
    [...values].reduce((all, [key, value]) => {
      const isWanted = (JSON.parse(key) as string[])[0] === `loadwright.${wanted}`;
      return all + (isWanted && key.includes(attribute) ? value : 0);
    }, 0);
  return {
    due: sum('requests.due'),
    sent: sum('requests.sent'),
    succeeded: sum('requests.succeeded'),
    failed: sum('requests.failed'),
    dropped: sum('requests.dropped'),
    bytes: sum('response.bytes'),
    bytesSent: sum('sent.bytes'),
    bytesReceived: sum('received.bytes'),
    busy: sum('requests.by_code', '"http.response.status_code","value":{"stringValue":"503"}'),
    coded: sum('requests.by_code'),
    times: sum('http_req_service'),
    cacheHits: sum('cache_hits'),
    checked: sum('is_complete.total'),
  };
}

/** Line protocol, read by its own rules: a backslash takes the meaning from what follows. */
function readLine(line: string) {
  const [key = '', fields = '', time = ''] = line.split(/(?<!\\) /);
  const [measurement = '', ...tags] = key.split(/(?<!\\),/);
  const pairs = (texts: readonly string[]) =>
    Object.fromEntries(
      texts.map((text) => text.split(/(?<!\\)=/).map((part) => part.replace(/\\([,= ])/g, '$1'))),
    ) as Record<string, string>;
  return { measurement, tags: pairs(tags), fields: pairs(fields.split(',')), time: Number(time) };
}

function sumsOfLineProtocol(): Sums {
  const sums = none();
  const seen = new Set<string>();
  for (const line of http.received.splice(0).flatMap(({ body }) => body.toString().split('\n'))) {
    const { measurement, tags, fields, time } = readLine(line);
    const key = JSON.stringify([measurement, tags, time]);
    expect(seen.has(key), key).toBe(false);
    seen.add(key);
    if (measurement === 'loadwright_requests') {
      expect(['predict', awkwardName, undefined]).toContain(tags['name']);
      for (const count of ['due', 'sent', 'succeeded', 'failed', 'dropped', 'bytes'] as const)
        sums[count] += Number.parseInt(fields[count]!, 10);
    }
    if (measurement === 'loadwright_requests') {
      sums.bytesSent += Number.parseInt(fields['bytes_sent'] ?? '0', 10);
      sums.bytesReceived += Number.parseInt(fields['bytes_received'] ?? '0', 10);
    }
    if (measurement === 'loadwright_codes') {
      sums.coded += Number.parseInt(fields['count']!, 10);
      if (tags['code'] === '503') sums.busy += Number.parseInt(fields['count']!, 10);
    }
    if (measurement === 'loadwright_http_req_service') sums.times += Number.parseInt(fields['count']!, 10);
    if (measurement === 'loadwright_cache_hits') sums.cacheHits += Number(fields['count']);
    if (measurement === 'loadwright_is_complete') sums.checked += Number.parseInt(fields['checked']!, 10);
  }
  return sums;
}

function sumsOfStatsd(): Sums {
  const sums = none();
  const names: Readonly<Record<string, keyof Sums>> = {
    'requests.due': 'due',
    'requests.sent': 'sent',
    'requests.succeeded': 'succeeded',
    'requests.failed': 'failed',
    'requests.dropped': 'dropped',
    'response.bytes': 'bytes',
    'sent.bytes': 'bytesSent',
    'received.bytes': 'bytesReceived',
    'requests.by_code': 'coded',
    http_req_service: 'times',
    cache_hits: 'cacheHits',
    'is_complete.checked': 'checked',
  };
  for (const datagram of udp.datagrams.splice(0)) {
    expect(Buffer.byteLength(datagram)).toBeLessThanOrEqual(1432);
    for (const line of datagram.split('\n')) {
      const [, name = '', value = '', kind, , rate] =
        /^loadwright\.([^:]+):([^|]+)\|(\w+)(\|@([^|]+))?/.exec(line) ?? [];
      const sum = names[name];
      if (name === 'requests.by_code' && line.includes('code:503')) sums.busy += Number(value);
      if (sum) sums[sum] += kind === 'd' ? Math.floor(1 / Number(rate ?? 1)) : Number(value);
    }
  }
  return sums;
}

let file = '';
const newFile = () => (file = join(mkdtempSync(join(tmpdir(), 'exported-')), 'run'));

function sumsOfFigures(figures: Iterable<readonly [figure: string, part: string, value: number]>): Sums {
  const sums = none();
  const ofParts: Readonly<Record<string, keyof Sums>> = {
    ...{ 'requests due': 'due', 'requests sent': 'sent', 'requests succeeded': 'succeeded' },
    ...{ 'requests failed': 'failed', 'requests dropped': 'dropped', 'bytes bodies': 'bytes' },
    ...{ 'bytes sent': 'bytesSent', 'bytes received': 'bytesReceived', 'codes 503': 'busy' },
    ...{ 'http_req_service count': 'times', 'cache_hits count': 'cacheHits' },
    'is_complete checked': 'checked',
  };
  for (const [figure, part, value] of figures) {
    const sum = ofParts[`${figure} ${part}`];
    if (sum) sums[sum] += value;
    if (figure === 'codes') sums.coded += value;
  }
  return sums;
}

function sumsOfJsonFile(): Sums {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const entries = lines.map(
    (line) => JSON.parse(line) as { name?: string; figures: Record<string, Record<string, number>> },
  );
  expect(entries.at(-1)!.figures).toEqual({ verdict: { PASS: 1 } });
  expect(new Set(entries.map(({ name }) => name))).toEqual(new Set(['predict', awkwardName, '', undefined]));
  const all = entries.flatMap(({ figures }) =>
    Object.entries(figures).flatMap(([figure, parts]) =>
      Object.entries(parts).map(([part, value]) => [figure, part, value] as const),
    ),
  );
  return sumsOfFigures(all);
}

function sumsOfCsvFile(): Sums {
  const rows = parse(readFileSync(file), { columns: true }) as Record<string, string>[];
  expect(rows.at(-1)).toMatchObject({
    run: series.header.runId,
    figure: 'verdict',
    part: 'PASS',
    value: '1',
  });
  return sumsOfFigures(rows.map(({ figure, part, value }) => [figure!, part!, Number(value)] as const));
}

describe('a run of a million requests', () => {
  it('is one', () => {
    expect(total.due).toBeGreaterThan(1_000_000);
    expect(requests).toHaveLength(2);
  });

  const receivers: readonly [string, () => Exporter, () => Sums][] = [
    [
      'prometheus-remote-write',
      () => prometheusRemoteWrite({ url: `${http.url}/api/v1/write`, every: '10s' }),
      sumsOfRemoteWrites,
    ],
    [
      'otlp',
      () => otlpHttp({ url: `${http.url}/v1/metrics`, every: '10s' }),
      () =>
        sumsOfOtlp(
          http.received.splice(0).map(({ body }) => body.toString()),
          true,
        ),
    ],
    ['influxdb', () => influxdb({ url: http.url, org: 'o', bucket: 'b' }), sumsOfLineProtocol],
    ['json', () => jsonFile({ url: newFile() }), sumsOfJsonFile],
    ['csv', () => csvFile({ url: newFile() }), sumsOfCsvFile],
    ['statsd', () => statsd({ url: udp.url }), sumsOfStatsd],
  ];

  it.each(receivers)('adds up in %s, read while it goes on', async (_kind, exporter, sums) => {
    // Minutes of figures come in moments, and are all handed on: the seconds for what waits at the end do not pass.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    // A second of this test is a moment: what is too fast for a receiver is put together, and no count is lost.
    const told = await replay(exporter());
    expect(told.filter((one) => !one.includes('were put together'))).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sums()).toEqual(expected);
  });

  it.each(receivers.slice(0, -1))('adds up in %s, sent afterwards', async (_kind, exporter, sums) => {
    expect(await exportRun(exporter(), series, report, { environment: {} })).toBe(seconds);
    expect(sums()).toEqual(expected);
  });

  it('cannot be sent to a receiver without times afterwards', async () => {
    await expect(exportRun(statsd({ url: udp.url }), series, report)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'statsd takes no times: a past run cannot be sent to it.',
    });
  });

  it('adds up in CSV, Parquet and OTLP as JSON', async () => {
    const text = (format: 'csv' | 'otlp') =>
      [...exportSeries(series, format, { name: 'fraud', everySeconds: 10 })].join('');
    const lines = parse(text('csv'), { columns: true }) as Record<string, string>[];
    const sum = (column: string) => lines.reduce((all, line) => all + Number(line[column]), 0);
    const counts = ['due', 'sent', 'succeeded', 'failed', 'dropped', 'bytes'] as const;
    for (const count of counts) expect(sum(count)).toBe(expected[count]);
    expect(sum('http_req_service_count')).toBe(expected.times);
    expect([sum('bytes_sent'), sum('bytes_received')]).toEqual([expected.bytesSent, expected.bytesReceived]);
    expect(sum('code_503')).toBe(expected.busy);
    expect(sum('code_200') + sum('code_503') + sum('code_timeout')).toBe(expected.coded);
    expect(sumsOfOtlp(text('otlp').trim().split('\n'), false)).toEqual(expected);

    const [file] = exportSeries(series, 'parquet', { name: 'fraud', everySeconds: 10 });
    const { buffer, byteOffset, byteLength } = file as Uint8Array;
    const rows = (await parquetReadObjects({
      file: (buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength),
    })) as { metric: string; code: string | null; count: number }[];
    const busy = rows.filter(({ code }) => code === '503');
    expect(busy.reduce((all, { count }) => all + count, 0)).toBe(expected.busy);
    for (const [metric, count] of [
      ...counts.map((name) => [name, expected[name]] as const),
      ['http_req_service', expected.times] as const,
      ['requests_by_code', expected.coded] as const,
      ['bytes_sent', expected.bytesSent] as const,
    ])
      expect(rows.reduce((all, row) => all + (row.metric === metric ? row.count : 0), 0)).toBe(count);
  });
});
