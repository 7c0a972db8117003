import { PbfWriter } from 'pbf';
import snappy from 'snappyjs';
import { z } from 'zod';
import { definitionOf } from '../export/intervals.js';
import { countsAt, trendMetric, valuesOfRow, type OpenMetricsLabels } from '../export/openmetrics.js';
import { durationSchema, secondsOf } from '../values/duration.js';
import {
  defineExporter,
  type ExportBatch,
  type ExportEnd,
  type ExporterContext,
  type OpenExporter,
} from './contract.js';
import { headersOf, httpOptions, httpUrl, post, variablesOf } from './http.js';

const optionsSchema = z.strictObject({
  url: httpUrl.describe('where it takes remote writes: http://127.0.0.1:9090/api/v1/write'),
  ...httpOptions,
  every: durationSchema().default('5s').describe('time that is put together before it is sent'),
  boundsPerDoubling: z
    .union([z.literal(1), z.literal(2), z.literal(4), z.literal(8)])
    .default(4)
    .describe(
      'buckets of a histogram between a value and its double: 4 tell values apart that differ by 19 %',
    ),
});

type Options = z.output<typeof optionsSchema>;

/** One series with one value. */
export interface Sample {
  readonly labels: OpenMetricsLabels;
  readonly value: number;
}

/**
 * Prometheus, and whatever takes its remote write, version 1 of the protocol: counters and classic histograms, as a scrape
 * would have read them at the end of each interval.
 */
export const prometheusRemoteWrite = defineExporter<z.input<typeof optionsSchema>, Options>({
  specificationVersion: 1,
  kind: 'prometheus-remote-write',
  summary: 'Prometheus, Mimir, VictoriaMetrics and others that take its remote write (version 1)',
  options: optionsSchema,
  everySeconds: ({ every }) => secondsOf(every),
  variables: variablesOf,
  open: (options, context) => new RemoteWrite(options, context),
});

class RemoteWrite implements OpenExporter {
  readonly #options: Options;
  readonly #context: ExporterContext;

  constructor(options: Options, context: ExporterContext) {
    this.#options = options;
    this.#context = context;
  }

  async write(batch: ExportBatch, signal: AbortSignal): Promise<void> {
    await this.#send(samplesOfBatch(batch, this.#context, this.#options.boundsPerDoubling), batch.to, signal);
  }

  async close(end: ExportEnd | undefined, signal: AbortSignal): Promise<void> {
    if (!end) return;
    const labels = { ...baseLabels(this.#context), verdict: end.verdict };
    await this.#send([{ labels: { __name__: 'loadwright_verdict', ...labels }, value: 1 }], end.time, signal);
  }

  async #send(samples: Iterable<Sample>, time: number, signal: AbortSignal): Promise<void> {
    const body = new Uint8Array(snappy.compress(encodeWriteRequest(samples, time)));
    await post(
      this.#options.url,
      body,
      {
        ...headersOf(this.#options, this.#context),
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      signal,
    );
  }
}

const baseLabels = ({ run }: Pick<ExporterContext, 'run'>) => ({ test: run.test, run: run.runId });

/** Everything of a batch, by its totals. */
export function* samplesOfBatch(
  { totals, state, metrics }: ExportBatch,
  context: Pick<ExporterContext, 'run'>,
  boundsPerDoubling: number,
): Generator<Sample, undefined> {
  const { run } = context;
  const base = baseLabels(context);
  const own = Object.fromEntries(
    Object.entries(run.labels).map(([name, value]) => [
      `label_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`,
      value,
    ]),
  );
  yield {
    labels: { __name__: 'loadwright_run_info', ...base, target: run.target, fleet: run.fleet, ...own },
    value: 1,
  };
  if (state) {
    yield { labels: { __name__: 'loadwright_users', ...base }, value: state.users };
    yield { labels: { __name__: 'loadwright_requests_in_flight', ...base }, value: state.inFlight };
    yield { labels: { __name__: 'loadwright_workers', ...base }, value: state.workers };
  }
  for (const row of totals) {
    const labels = { ...base, ...namesOf(row) };
    for (const { metric, labels: more, value } of valuesOfRow(row))
      yield { labels: { __name__: `${metric}_total`, ...labels, ...more }, value };
    for (const [name, trend] of Object.entries(row.trends)) {
      const { unit } = definitionOf({ metrics }, name, 'trend');
      const { metric, scale } = trendMetric(name, unit);
      const bounds = fixedBounds(unit, boundsPerDoubling);
      const counts = countsAt(trend, bounds);
      for (const [at, bound] of bounds.entries()) {
        const le = String(bound / 1e6);
        yield { labels: { __name__: `${metric}_bucket`, ...labels, le }, value: counts[at]! };
      }
      yield { labels: { __name__: `${metric}_bucket`, ...labels, le: '+Inf' }, value: trend.count };
      yield { labels: { __name__: `${metric}_count`, ...labels }, value: trend.count };
      yield { labels: { __name__: `${metric}_sum`, ...labels }, value: trend.sum * scale };
    }
  }
  return undefined;
}

function namesOf({ method, name }: { readonly method: string; readonly name: string }): OpenMetricsLabels {
  return { ...(method !== '' && { method }), ...(name !== '' && { name }) };
}

/** First and last bound as powers of two of millionths: times from 0.5 ms to 134 s, other values from 0.016 to a million. */
const ranges = { times: [9, 27], others: [14, 40] } as const;

/** Bounds that never change, so that a series never begins late: in millionths, each the edge of one of the runtime's buckets. */
function fixedBounds(unit: string, perDoubling: number): number[] {
  const [first, last] = unit === 'ms' ? ranges.times : ranges.others;
  const bounds: number[] = [];
  for (let power = first; power < last; power++) {
    for (let step = 0; step < perDoubling; step++) bounds.push(2 ** power * (1 + step / perDoubling));
  }
  return [...bounds, 2 ** last];
}

/** A `prometheus.WriteRequest` (remote write 1.0) with one sample for each series. */
function encodeWriteRequest(samples: Iterable<Sample>, time: number): Uint8Array {
  const writer = new PbfWriter();
  for (const { labels, value } of samples) writer.writeMessage(1, writeSeries, { labels, value, time });
  return writer.finish();
}

function writeSeries({ labels, value, time }: Sample & { readonly time: number }, writer: PbfWriter): void {
  // The protocol wants them sorted, and no empty ones.
  const sorted = Object.entries(labels)
    .filter(([, text]) => text !== '')
    .sort(([one], [other]) => (one < other ? -1 : 1));
  for (const label of sorted) writer.writeMessage(1, writeLabel, label);
  writer.writeMessage(2, writeSample, { value, time });
}

function writeLabel([name, value]: readonly [string, string], writer: PbfWriter): void {
  writer.writeStringField(1, name);
  writer.writeStringField(2, value);
}

function writeSample({ value, time }: { value: number; time: number }, writer: PbfWriter): void {
  writer.writeDoubleField(1, value);
  writer.writeVarintField(2, time);
}
