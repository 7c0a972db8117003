import { createSocket, type Socket } from 'node:dgram';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { definitionOf, failuresByKind, requestCountNames } from '../export/intervals.js';
import { messageOf } from '../errors.js';
import { histogramOf } from '../series/resample.js';
import type { SeriesRow } from '../series/rows.js';
import {
  DeliveryError,
  defineExporter,
  type ExportBatch,
  type ExportEnd,
  type ExporterContext,
  type OpenExporter,
} from './contract.js';

const optionsSchema = z.strictObject({
  url: z
    .url({ protocol: /^udp$/, error: 'must be a URL such as udp://127.0.0.1:8125' })
    .default('udp://127.0.0.1:8125')
    .describe('host and port'),
  dialect: z
    .enum(['datadog', 'plain'])
    .default('datadog')
    .describe(
      'datadog: names of requests and runs are tags, times are distributions; plain: they are parts of the name',
    ),
  prefix: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_.]*$/, 'must be letters, digits, dots and underscores')
    .default('loadwright.')
    .describe('the beginning of each name'),
  datagramBytes: z
    .int()
    .min(512)
    .max(65_000)
    .default(1432)
    .describe(
      'largest datagram; 1,432 pass an Ethernet and most networks in one piece, a loopback takes 8,192',
    ),
});

type Options = z.output<typeof optionsSchema>;

/**
 * StatsD and DogStatsD, by UDP: what happened in each second. It has no times of its own, so it is for a run that goes on. A
 * datagram that the network loses is not noticed by anybody.
 */
export const statsd = defineExporter<z.input<typeof optionsSchema>, Options>({
  specificationVersion: 1,
  kind: 'statsd',
  summary: 'StatsD, and the Datadog agent (DogStatsD), by UDP, while a run goes on',
  isLiveOnly: true,
  options: optionsSchema,
  open: (options, context) => new Statsd(options, context),
});

/** So many datagrams go out before a receiver on the same machine gets its turn. */
const burst = 16;

class Statsd implements OpenExporter {
  readonly #options: Options;
  readonly #context: ExporterContext;
  #socket: Promise<Socket> | undefined;

  constructor(options: Options, context: ExporterContext) {
    this.#options = options;
    this.#context = context;
  }

  async write(batch: ExportBatch, signal: AbortSignal): Promise<void> {
    const socket = await (this.#socket ??= connect(this.#options.url)).catch((error: unknown) => {
      this.#socket = undefined;
      throw new DeliveryError(messageOf(error), { isRetryable: true });
    });
    let sent = 0;
    for (const datagram of datagramsOf(metricLines(batch, this.#options, this.#context), this.#options)) {
      // What went out has gone out: to send it once more would count it twice.
      if (signal.aborted) throw new DeliveryError('no more time', { isRetryable: false });
      await send(socket, datagram);
      if (++sent % burst === 0) await nextTurn();
    }
  }

  async close(end: ExportEnd | undefined): Promise<void> {
    const socket = await this.#socket?.catch(() => undefined);
    if (!socket) return;
    try {
      if (end && this.#options.dialect === 'datadog')
        for (const datagram of datagramsOf([eventLine(end, this.#context)], this.#options))
          await send(socket, datagram);
    } finally {
      socket.close();
    }
  }
}

async function connect(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(Number(port || 8125), host, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  // A refusal of an earlier datagram; the next one reports it.
  socket.on('error', () => {});
  socket.unref();
  return socket;
}

async function send(socket: Socket, datagram: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.send(datagram, (error) => {
      if (error) reject(new DeliveryError(`${messageOf(error)}.`, { isRetryable: false }));
      else resolve();
    });
  });
}

/** Lines put together into datagrams. @throws DeliveryError for a line that none can hold */
export function* datagramsOf(
  lines: Iterable<string>,
  { datagramBytes }: Pick<Options, 'datagramBytes'>,
): Generator<string, undefined> {
  let datagram = '';
  let size = 0;
  for (const line of lines) {
    const bytes = Buffer.byteLength(line);
    if (bytes > datagramBytes)
      throw new DeliveryError(`A line of ${bytes} bytes is larger than datagramBytes.`, {
        isRetryable: false,
      });
    if (size > 0 && size + 1 + bytes > datagramBytes) {
      yield datagram;
      datagram = '';
      size = 0;
    }
    datagram += size === 0 ? line : `\n${line}`;
    size += bytes + (size === 0 ? 0 : 1);
  }
  if (size > 0) yield datagram;
  return undefined;
}

/** Everything of a batch, one metric a line. */
export function* metricLines(
  { rows, state, metrics }: Pick<ExportBatch, 'rows' | 'state' | 'metrics'>,
  { dialect, prefix }: Pick<Options, 'dialect' | 'prefix'>,
  { run }: Pick<ExporterContext, 'run'>,
): Generator<string, undefined> {
  const isTagged = dialect === 'datadog';
  const time = isTagged ? 'd' : 'ms';
  const format = (
    row: Pick<SeriesRow, 'method' | 'name'> | undefined,
    name: string,
    value: string,
    more = '',
  ) => {
    if (isTagged) {
      const own = row && { method: row.method, name: row.name };
      const [kind, text] = more.split(':');
      const tags = {
        test: run.test,
        run: run.runId,
        ...run.labels,
        ...own,
        ...(kind && { [kind]: text ?? '' }),
      };
      return `${prefix}${path(name)}:${value}|#${tagList(tags)}`;
    }
    const parts = [run.test, ...(row && row.name !== '' ? [`${row.method} ${row.name}`.trim()] : []), name];
    const kind = more === '' ? '' : `.${path(more.split(':')[1]!)}`;
    return `${prefix}${parts.map((part, at) => (at === parts.length - 1 ? path(part) : segment(part))).join('.')}${kind}:${value}`;
  };
  if (state) {
    yield format(undefined, 'users', `${state.users}|g`);
    yield format(undefined, 'requests.in_flight', `${state.inFlight}|g`);
    yield format(undefined, 'workers', `${state.workers}|g`);
  }
  for (const row of rows) {
    for (const count of requestCountNames) {
      if (count === 'failed') {
        for (const [kind, value] of Object.entries(failuresByKind(row)))
          if (value !== 0) yield format(row, 'requests.failed', `${value}|c`, `kind:${kind}`);
      } else if (row[count] !== 0) {
        yield format(row, count === 'bytes' ? 'response.bytes' : `requests.${count}`, `${row[count]}|c`);
      }
    }
    for (const [count, name] of [
      ['bytesSent', 'sent.bytes'],
      ['bytesReceived', 'received.bytes'],
    ] as const)
      if (row[count]) yield format(row, name, `${row[count]}|c`);
    for (const [code, value] of Object.entries(row.codes ?? {}))
      if (value !== 0) yield format(row, 'requests.by_code', `${value}|c`, `code:${code}`);
    for (const [name, value] of Object.entries(row.counters ?? {}))
      if (value !== 0) yield format(row, name, `${value}|c`);
    for (const [name, { hits, total }] of Object.entries(row.rates ?? {})) {
      if (hits !== 0) yield format(row, `${name}.hits`, `${hits}|c`);
      if (total !== 0) yield format(row, `${name}.checked`, `${total}|c`);
    }
    for (const [name, trend] of Object.entries(row.trends)) {
      const { unit } = definitionOf({ metrics }, name, 'trend');
      for (const [value, times] of histogramOf(trend, unit))
        yield format(row, name, `${Number(value.toPrecision(6))}|${time}${sampleRate(times)}`);
    }
  }
  return undefined;
}

/** A value that occurred several times, as one that was sampled: a receiver counts 1 ÷ rate, cut or rounded to a whole number. */
export function sampleRate(times: number): string {
  if (times === 1) return '';
  let rate = 1 / times;
  // One step down where 1 ÷ rate falls short.
  while (Math.floor(1 / rate) < times) rate -= rate * Number.EPSILON;
  return `|@${rate}`;
}

function eventLine({ verdict }: ExportEnd, { run }: Pick<ExporterContext, 'run'>): string {
  const title = 'Loadwright run ended';
  const text = `${segment(run.test)} ${run.runId}: ${verdict}`;
  const kind = { PASS: 'success', FAIL: 'error', INVALID: 'warning' }[verdict];
  const tags = tagList({ test: run.test, run: run.runId, verdict });
  return `_e{${title.length},${text.length}}:${title}|${text}|t:${kind}|#${tags}`;
}

const path = (text: string) => text.replace(/[^A-Za-z0-9_.]/g, '_');
const segment = (text: string) => text.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 100);

/** As long as Datadog takes one. */
const tagCharacters = 200;

const tagList = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${segment(name)}:${value.replace(/[\s,|#]/g, '_').slice(0, tagCharacters)}`)
    .join(',');
