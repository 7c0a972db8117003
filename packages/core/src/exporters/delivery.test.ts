import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { httpReceiver } from '../../test/receivers.js';
import { makeSeries } from '../../test/series-fixture.js';
import { isLoadwrightError } from '../errors.js';
import type { Increment } from './batch.js';
import {
  DeliveryError,
  defineExporter,
  type ExportBatch,
  type Exporter,
  type ExporterDefinition,
  type OpenExporter,
} from './contract.js';
import { Delivery } from './delivery.js';
import { influxdb } from './influxdb.js';
import { prepareExporters } from './prepare.js';
import { prometheusRemoteWrite } from './prometheus.js';
import { datagramsOf, metricLines, sampleRate, statsd } from './statsd.js';

const series = makeSeries(5);
const { metrics } = series.header;
const rowsOf = (second: number) => series.rows.filter((row) => row.second === second);
const increment = (second: number): Increment => ({
  ...{ from: second * 1000, to: (second + 1) * 1000, rows: rowsOf(second % 5), state: undefined, metrics },
});
const dueOf = (batches: readonly Pick<ExportBatch, 'rows'>[]) =>
  batches.flatMap(({ rows }) => rows).reduce((sum, row) => sum + row.due, 0);

/** An exporter that does with each batch what it is told, and a delivery to it. */
function given(
  write: (attempt: number, batch: ExportBatch) => Promise<void>,
  close = () => Promise.resolve(),
) {
  const taken: ExportBatch[] = [];
  const troubles: string[] = [];
  let attempts = 0;
  const exporter: OpenExporter = {
    write: async (batch) => {
      await write(++attempts, batch);
      taken.push(batch);
    },
    close,
  };
  const delivery = new Delivery(exporter, {
    ...{ title: 'it', everySeconds: 1, firstPause: 1 },
    redact: (text) => text.replace('canary', '[redacted]'),
    onTrouble: (message) => troubles.push(message),
  });
  return { ...{ delivery, taken, troubles }, attempts: () => attempts };
}

const later = () => Promise.reject(new DeliveryError('busy with canary', { isRetryable: true }));
const never = new AbortController().signal;
const end = { verdict: 'PASS', time: 0 } as const;

describe('a delivery', () => {
  it('brings the same batch again to a receiver that fails for a time, and tells it once', async () => {
    const { delivery, taken, troubles } = given((attempt) => (attempt < 4 ? later() : Promise.resolve()));
    delivery.offer(increment(0));
    delivery.offer(increment(1));
    expect(await delivery.finish(end, never)).toEqual([]);
    expect(taken.map(({ to }) => to)).toEqual([1000, 2000]);
    expect(dueOf([{ rows: taken[1]!.totals }])).toBe(dueOf([increment(0), increment(1)]));
    expect(troubles).toEqual(['it: busy with [redacted]']);
  });

  it('removes a secret before it cuts a long answer, and leaves one line', async () => {
    const { delivery, troubles } = given(() => Promise.reject(new Error(`${'a\n'.repeat(148)}canary`)));
    delivery.offer(increment(0));
    await delivery.finish(end, never);
    expect(troubles).toEqual([`it: ${'a '.repeat(148)}[red…`]);
  });

  it('counts and names what a receiver refuses, and goes on', async () => {
    const { delivery, taken } = given((attempt) =>
      attempt === 2 ? Promise.reject(new Error('too old, canary')) : Promise.resolve(),
    );
    for (const second of [0, 1, 2]) delivery.offer(increment(second));
    expect(await delivery.finish(end, never)).toEqual([
      '1 of 3 intervals were not delivered to it. too old, [redacted]',
    ]);
    expect(taken.map(({ to }) => to)).toEqual([1000, 3000]);
    // A counter that grows has what was refused with the next batch.
    expect(dueOf([{ rows: taken[1]!.totals }])).toBe(dueOf([0, 1, 2].map(increment)));
  });

  it('keeps every count and a bounded number of batches while a receiver is away for an hour', async () => {
    let isBack = false;
    const { delivery, taken } = given(() => (isBack ? Promise.resolve() : later()));
    const all = Array.from({ length: 3600 }, (_, second) => increment(second));
    for (const one of all) delivery.offer(one);
    await nextTurn();
    isBack = true;
    const [told, ...others] = await delivery.finish(end, never);
    expect(told).toMatch(/^it was slow: \d+ of 3600 intervals were put together/);
    expect(others).toEqual([]);
    expect(taken.length).toBeLessThanOrEqual(121);
    expect(dueOf(taken)).toBe(dueOf(all));
  });

  it.each<[string, () => Promise<void>]>([
    ['does not answer', () => new Promise(() => {})],
    ['always fails', later],
  ])('leaves a receiver that %s when the time is over', async (_what, write) => {
    const { delivery } = given(write, () => new Promise(() => {}));
    const over = new AbortController();
    delivery.offer(increment(0));
    delivery.offer(increment(1));
    const finished = delivery.finish(end, over.signal);
    await nextTurn();
    over.abort();
    const told = await finished;
    expect(told[0]).toMatch(/^2 of 2 intervals were not delivered to it\./);
    expect(told[1]).toMatch(/^The end of the run was not delivered to it: the time was over\./);
  });

  it('survives an exporter that throws at once', async () => {
    const { delivery } = given(() => {
      throw new TypeError('a defect');
    });
    delivery.offer(increment(0));
    expect(await delivery.finish(end, never)).toEqual([
      '1 of 1 intervals were not delivered to it. a defect',
    ]);
  });
});

describe('a receiver over HTTP', () => {
  const open: { close: () => Promise<void> }[] = [];
  afterEach(() => Promise.all(open.splice(0).map((one) => one.close())));

  it('gets secrets from variables, which no message shows', async () => {
    const receiver = await httpReceiver();
    open.push(receiver);
    const [prepared] = prepareExporters(
      [
        prometheusRemoteWrite({
          url: receiver.url,
          secretHeaders: { 'X-Scope-Key': { variable: 'A_KEY', prefix: 'Key ' } },
          ...{ username: 'me', passwordVariable: 'A_PASSWORD' },
        }),
      ],
      { A_KEY: 'canary-1', A_PASSWORD: 'canary-2' },
    );
    const { definition, options, secrets, hidden, configuration } = prepared!;
    const run = { test: 'a', runId: 'b', target: 'c', fleet: 'd', labels: {} };
    const exporter = definition.open(options, { run, startedAt: 0, secrets });
    await exporter.write({ ...increment(0), totals: rowsOf(0) }, never);
    expect(receiver.received[0]!.headers).toMatchObject({
      'x-scope-key': 'Key canary-1',
      authorization: `Basic ${Buffer.from('me:canary-2').toString('base64')}`,
    });
    expect(hidden).toEqual(expect.arrayContaining(['canary-1', 'canary-2']));
    expect(JSON.stringify(configuration)).not.toContain('canary');
  });

  it.each([
    [404, false],
    [400, false],
    [429, true],
    [503, true],
  ])('that answers %i is asked again: %s', async (status, isRetryable) => {
    const receiver = await httpReceiver(() => status);
    open.push(receiver);
    const [prepared] = prepareExporters([influxdb({ url: receiver.url, bucket: 'b' })], {});
    const { definition, options } = prepared!;
    const run = { test: 'a', runId: 'b', target: 'c', fleet: 'd', labels: {} };
    const exporter = definition.open(options, { run, startedAt: 0, secrets: {} });
    const written = exporter.write({ ...increment(0), totals: [] }, never);
    await expect(written).rejects.toMatchObject({ isRetryable, message: `HTTP ${status}: as it was told` });
  });
});

describe('options', () => {
  const schema = z.strictObject({
    token: z.string().meta({ writeOnly: true }),
    url: z.string().default('a b'),
  });
  /** One that fails in one of its functions. */
  const plugin = (change: Partial<ExporterDefinition<{ token: string }, z.output<typeof schema>>>) =>
    defineExporter({
      ...{ specificationVersion: 1, kind: 'plugin', summary: 'a test', options: schema },
      open: () => ({ write: async () => {}, close: async () => {} }),
      ...change,
    })({ token: 'canary-1' });

  it('may have an address that is no URL', () => {
    const [prepared] = prepareExporters([plugin({})], {});
    expect(prepared).toMatchObject({ title: 'plugin', hidden: ['canary-1'] });
    expect(prepared!.configuration).toEqual({ kind: 'plugin', token: '[redacted]', url: 'a b' });
  });

  const errorOf = (exporters: readonly unknown[]) => {
    try {
      prepareExporters(exporters as Exporter[], {});
    } catch (error) {
      if (isLoadwrightError(error)) return `${error.code} ${error.message}`;
      throw error;
    }
    return '';
  };

  it.each<[unknown, RegExp]>([
    [prometheusRemoteWrite({ url: 'ftp://a' }), /^CONFIG_INVALID exporters\[0\]\.url: .*http:/],
    [prometheusRemoteWrite({} as never), /^CONFIG_INVALID exporters\[0\]\.url: missing/],
    [prometheusRemoteWrite({ url: 'http://a', evry: '5s' } as never), /exporters\[0\]\.evry: .*every/],
    [
      prometheusRemoteWrite({ url: 'http://me:canary@a/' }),
      /exporters\[0\]\.url: a URL here must hold no user/,
    ],
    [
      influxdb({ url: 'http://a?token=canary-token', bucket: 'b' }),
      /exporters\[0\]\.url: a URL here must hold no secret/,
    ],
    [influxdb({ url: 'http://a' }), /exporters\[0\]\.bucket: .*database/],
    [influxdb({ url: 'http://a', bucket: 'b', database: 'c' }), /exporters\[0\]\.bucket/],
    [
      prometheusRemoteWrite({ url: 'http://a', headers: { Authorization: 'Bearer canary' } }),
      /exporters\[0\]\.headers\.Authorization: .*secretHeaders/,
    ],
    [
      prometheusRemoteWrite({ url: 'http://a', secretHeaders: { 'X-Key': 'NOT_SET' } }),
      /^CREDENTIALS_INVALID exporters\[0\] \(prometheus-remote-write\): the variable NOT_SET is not set/,
    ],
    [statsd({ url: 'http://a' }), /exporters\[0\]\.url: .*udp:/],
    [{ kind: 'otlp' }, /^EXPORTER_INVALID exporters\[0\] is not an exporter/],
    [defineExporter({ kind: 'A b' } as never)({}), /^EXPORTER_INVALID .*definition\.kind/s],
    [
      plugin({
        variables: ({ token }) => {
          throw new Error(`no\nvariables for ${token}`);
        },
      }),
      /^EXPORTER_INVALID exporters\[0\]: plugin failed: no variables for \[redacted\]$/,
    ],
    [
      plugin({ variables: () => 'A_KEY' as never }),
      /^EXPORTER_INVALID exporters\[0\]: plugin failed: .*variables/,
    ],
    [
      plugin({
        options: { '~standard': { ...schema['~standard'], validate: () => JSON.parse('{') } } as never,
      }),
      /^EXPORTER_INVALID exporters\[0\]: plugin failed: .*JSON/,
    ],
  ])('%# are refused with what is wrong, and without the secret', (exporter, message) => {
    const error = errorOf([exporter]);
    expect(error).toMatch(message);
    expect(error).not.toContain('canary');
  });
});

describe('StatsD', () => {
  it('writes a rate from which every receiver counts the same again', () => {
    for (let times = 1; times < 20_000; times++) {
      const rate = Number(sampleRate(times).slice(2) || 1);
      expect(Math.floor(1 / rate)).toBe(times);
      expect(Math.round(1 / rate)).toBe(times);
    }
  });

  it('never writes a larger datagram than it may, and refuses a line that fits in none', () => {
    const lines = Array.from({ length: 500 }, (_, at) => 'ü'.repeat(1 + (at % 120)));
    const datagrams = [...datagramsOf(lines, { datagramBytes: 512 })];
    expect(datagrams.flatMap((datagram) => datagram.split('\n'))).toEqual(lines);
    for (const datagram of datagrams) expect(Buffer.byteLength(datagram)).toBeLessThanOrEqual(512);
    expect(() => [...datagramsOf(['ü'.repeat(300)], { datagramBytes: 512 })]).toThrow('600 bytes');
  });

  it('has names as parts where tags are not known', () => {
    const run = { test: 'fraud.v2', runId: 'b', target: 'c', fleet: 'd', labels: { team: 'x' } };
    const options = { dialect: 'plain', prefix: 'lw.' } as const;
    const lines = [...metricLines({ rows: rowsOf(0), state: undefined, metrics }, options, { run })];
    expect(lines).toContainEqual(
      expect.stringMatching(/^lw\.fraud_v2\.POST_predict\.requests\.sent:\d+\|c$/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^lw\.fraud_v2\.POST_predict\.http_req_service:[\d.]+\|ms/),
    );
    for (const line of lines) expect(line).toMatch(/^[\w.-]+:[\d.]+\|(?:c|g|ms)(?:\|@[\d.e-]+)?$/);
  });
});
