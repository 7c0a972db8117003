import { z } from 'zod';
import {
  definitionOf,
  failuresByKind,
  percentilesOf,
  requestCountNames,
  traffic,
} from '../export/intervals.js';
import { trendPercentile } from '../series/resample.js';
import type { SeriesRow, SeriesTrend } from '../series/rows.js';
import { durationSchema, secondsOf } from '../values/duration.js';
import {
  defineExporter,
  type ExportBatch,
  type ExportEnd,
  type ExporterContext,
  type OpenExporter,
} from './contract.js';
import { headersOf, httpOptions, httpUrl, post, variableName, variablesOf } from './http.js';

const optionsSchema = z
  .strictObject({
    url: httpUrl.describe(
      'where its API is: http://127.0.0.1:8086; organization and bucket may stand in it: ?org=a&bucket=b',
    ),
    org: z.string().min(1).optional().describe('organization, of InfluxDB 2 and later'),
    bucket: z.string().min(1).optional().describe('bucket, of InfluxDB 2 and later'),
    database: z.string().min(1).optional().describe('database, of InfluxDB 1, in place of a bucket'),
    tokenVariable: variableName
      .default('INFLUX_TOKEN')
      .describe('the variable that holds the API token; none is sent where it is not set'),
    ...httpOptions,
    every: durationSchema().default('1s').describe('time that is put together before it is sent'),
  })
  .superRefine(({ url, bucket, database }, context) => {
    const query = new URL(url).searchParams;
    const given = [bucket ?? query.get('bucket'), database ?? query.get('db')].filter(
      (text) => text !== null,
    );
    if (given.filter((text) => text !== undefined).length === 1) return;
    const message = 'must be given, or else database (of InfluxDB 1): one of the two';
    context.addIssue({ code: 'custom', path: ['bucket'], message });
  });

type Options = z.output<typeof optionsSchema>;

/**
 * InfluxDB, by line protocol: points with what happened in each interval, which can be added up. Times are in the metric's unit,
 * milliseconds.
 */
export const influxdb = defineExporter<z.input<typeof optionsSchema>, Options>({
  specificationVersion: 1,
  kind: 'influxdb',
  summary: 'InfluxDB 2 and later (bucket) and 1 (database), by line protocol',
  options: optionsSchema,
  everySeconds: ({ every }) => secondsOf(every),
  variables: (options) => [...variablesOf(options), { name: options.tokenVariable, required: false }],
  open: (options, context) => new InfluxDb(options, context),
});

class InfluxDb implements OpenExporter {
  readonly #options: Options;
  readonly #context: ExporterContext;

  constructor(options: Options, context: ExporterContext) {
    this.#options = options;
    this.#context = context;
  }

  async write(batch: ExportBatch, signal: AbortSignal): Promise<void> {
    await this.#send(linesOf(batch, this.#context), signal);
  }

  async close(end: ExportEnd | undefined, signal: AbortSignal): Promise<void> {
    if (!end) return;
    const { run } = this.#context;
    const tags = { ...tagsOf(this.#context), target: run.target, fleet: run.fleet, ...run.labels };
    await this.#send([line('loadwright_run', tags, { verdict: `"${end.verdict}"` }, end.time)], signal);
  }

  async #send(lines: Iterable<string>, signal: AbortSignal): Promise<void> {
    const body = [...lines].join('\n');
    if (body === '') return;
    const token = this.#context.secrets[this.#options.tokenVariable];
    const headers = {
      ...(token !== undefined && { authorization: `Token ${token}` }),
      ...headersOf(this.#options, this.#context),
      'content-type': 'text/plain; charset=utf-8',
    };
    await post(writeUrl(this.#options), body, headers, signal);
  }
}

function writeUrl({ url, org, bucket, database }: Options): string {
  const target = new URL(url);
  const { searchParams: query } = target;
  if (database !== undefined) query.set('db', database);
  if (bucket !== undefined) query.set('bucket', bucket);
  if (org !== undefined) query.set('org', org);
  query.set('precision', 'ms');
  const path = query.has('db') ? '/write' : '/api/v2/write';
  target.pathname = target.pathname.replace(/\/$/, '').replace(path, '') + path;
  return target.href;
}

type Tags = Readonly<Record<string, string>>;

const tagsOf = ({ run }: Pick<ExporterContext, 'run'>): Tags => ({ test: run.test, run: run.runId });

const whole = (value: number) => `${value}i`;

/** A counter may be of fractions, and a field has one type. */
const decimal = (value: number) => String(value);

/** Everything of a batch, one point a line. */
export function* linesOf(
  { rows, state, to, metrics }: Pick<ExportBatch, 'rows' | 'state' | 'to' | 'metrics'>,
  context: Pick<ExporterContext, 'run'>,
): Generator<string, undefined> {
  const base = tagsOf(context);
  if (state) {
    const { users, inFlight, workers } = state;
    const fields = { users: whole(users), in_flight: whole(inFlight), workers: whole(workers) };
    yield line('loadwright_load', base, fields, to);
  }
  for (const row of rows) yield* linesOfRow(row, { base, to, metrics });
  return undefined;
}

function* linesOfRow(
  row: SeriesRow,
  { base, to, metrics }: { readonly base: Tags } & Pick<ExportBatch, 'to' | 'metrics'>,
): Generator<string> {
  const tags = { ...base, method: row.method, name: row.name };
  const counts = [
    ...requestCountNames.map((count) => [count, whole(row[count])]),
    ...traffic.flatMap(([count, field]) => (row[count] === undefined ? [] : [[field, whole(row[count])]])),
  ];
  yield line('loadwright_requests', tags, Object.fromEntries(counts) as Tags, to);
  for (const [kind, count] of Object.entries(failuresByKind(row)))
    if (count !== 0) yield line('loadwright_failures', { ...tags, kind }, { count: whole(count) }, to);
  for (const [code, count] of Object.entries(row.codes ?? {}))
    if (count !== 0) yield line('loadwright_codes', { ...tags, code }, { count: whole(count) }, to);
  for (const [name, trend] of Object.entries(row.trends)) {
    if (trend.count === 0) continue;
    const { unit } = definitionOf({ metrics }, name, 'trend');
    yield line(`loadwright_${name}`, tags, trendFields(trend, unit), to);
  }
  for (const [name, count] of Object.entries(row.counters ?? {}))
    yield line(`loadwright_${name}`, tags, { count: decimal(count) }, to);
  for (const [name, { hits, total }] of Object.entries(row.rates ?? {}))
    yield line(`loadwright_${name}`, tags, { hits: whole(hits), checked: whole(total) }, to);
}

const percentileFields = ['p50', 'p90', 'p95', 'p99', 'p999'] as const;

function trendFields(trend: SeriesTrend, unit: string): Tags {
  const values = percentilesOf(trend, unit);
  return {
    count: whole(trend.count),
    sum: decimal(trend.sum),
    ...Object.fromEntries(percentileFields.map((title, at) => [title, decimal(values[at] ?? 0)])),
    max: decimal(trendPercentile(trend, 1, unit) ?? 0),
  };
}

/** A line of the protocol. Tags without a value are left out, as it has none. */
function line(measurement: string, tags: Tags, fields: Tags, time: number): string {
  const key = [
    escape(measurement),
    ...Object.entries(tags)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${escape(name)}=${escape(value)}`),
  ].join(',');
  const values = Object.entries(fields).map(([name, value]) => `${escape(name)}=${value}`);
  return `${key} ${values.join(',')} ${time}`;
}

/** Names and values of tags: a line break cannot be written, and a backslash at the end would escape what follows. */
const escape = (text: string) =>
  text
    .replace(/[\r\n]/g, ' ')
    .replace(/\\+$/, (slashes) => '/'.repeat(slashes.length))
    .replace(/[,= ]/g, '\\$&');
