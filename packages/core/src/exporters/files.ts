import { existsSync } from 'node:fs';
import { z } from 'zod';
import { LoadwrightError, messageOf } from '../errors.js';
import { definitionOf, failuresByKind, percentiles, percentilesOf } from '../export/intervals.js';
import { GrowingFile } from '../files.js';
import { trendPercentile } from '../series/resample.js';
import type { SeriesRow, SeriesTrend } from '../series/rows.js';
import { csvCell, printable } from '../values/printable.js';
import {
  DeliveryError,
  defineExporter,
  type ExportBatch,
  type ExportEnd,
  type ExporterContext,
  type OpenExporter,
} from './contract.js';

/** Stands for the id of the run in the name of a file. */
const runIdPlace = '{runId}';

const optionsSchema = z.strictObject({
  url: z
    .string()
    .min(1)
    .describe(
      `the file, relative to where the command is called; ${runIdPlace} stands for the id of the run. One that is there is not overwritten`,
    ),
});

type Options = z.output<typeof optionsSchema>;

type Parts = Readonly<Record<string, number>>;

/** What is counted, by name, each with its parts. */
type Figures = Readonly<Record<string, Parts>>;

/** What is written of one interval and one request name. `name` is undefined for the load, and for the end of a run. */
interface Entry {
  readonly from: number | undefined;
  readonly to: number;
  readonly method?: string;
  readonly name?: string;
  readonly figures: Figures;
}

interface FileFormat {
  readonly kind: string;
  readonly summary: string;
  readonly head: string;
  /** An entry as lines, their ends included. */
  readonly linesOf: (entry: Entry, run: ExporterContext['run']) => string;
}

/**
 * A file of JSON lines that grows while a run goes on: each interval as soon as it is read, an object for each request name. All lines
 * add up to the summary.
 */
export const jsonFile = fileExporter({
  kind: 'json',
  summary: 'a file of JSON lines that grows with the run',
  head: '',
  linesOf: ({ from, to, figures, ...request }, { test, runId }) => {
    const times = { ...(from !== undefined && { from: timeOf(from) }), to: timeOf(to) };
    return `${printable(JSON.stringify({ test, runId, ...times, ...request, figures }))}\n`;
  },
});

const columns = ['test', 'run', 'from', 'to', 'method', 'name', 'figure', 'part', 'value'];
const csvLine = (cells: readonly (string | number | undefined)[]) => `${cells.map(csvCell).join(',')}\r\n`;

/** CSV (RFC 4180) that grows while a run goes on: a line for each figure, as columns cannot be added to what is written. */
export const csvFile = fileExporter({
  kind: 'csv',
  summary: 'a CSV file that grows with the run, a line for each figure',
  head: csvLine(columns),
  linesOf: ({ from, to, method, name, figures }, { test, runId }) => {
    const cells = [test, runId, from && timeOf(from), timeOf(to), method, name];
    const lines = Object.entries(figures).flatMap(([figure, parts]) =>
      Object.entries(parts).map(([part, value]) => csvLine([...cells, figure, part, value])),
    );
    return lines.join('');
  },
});

function fileExporter(format: FileFormat) {
  const { kind, summary } = format;
  return defineExporter<z.input<typeof optionsSchema>, Options>({
    specificationVersion: 1,
    ...{ kind, summary, options: optionsSchema },
    check: ({ url }) => {
      if (url.includes(runIdPlace) || !existsSync(url)) return;
      throw new LoadwrightError(
        'CONFIG_INVALID',
        `${kind}: ${url} is there already, and is not overwritten.`,
        {
          hint: `Name another file, or one for each run: ${kind}=results-${runIdPlace}.${kind}.`,
        },
      );
    },
    open: ({ url }, context) => new FileExporter(url, format, context),
  });
}

class FileExporter implements OpenExporter {
  readonly #path: string;
  /** Made with the first batch: a run that does not begin leaves no file. */
  #file: Promise<GrowingFile> | undefined;
  /** What comes before the first lines; empty when it is written. */
  #head: string;

  constructor(
    url: string,
    private readonly format: FileFormat,
    private readonly context: ExporterContext,
  ) {
    this.#path = url.replaceAll(runIdPlace, context.run.runId);
    this.#head = format.head;
  }

  async write(batch: ExportBatch): Promise<void> {
    const file = await (this.#file ??= GrowingFile.create(this.#path)).catch((error: unknown) => {
      throw new DeliveryError(messageOf(error), { isRetryable: false });
    });
    const lines = [...entriesOf(batch)].map((entry) => this.format.linesOf(entry, this.context.run));
    await file.append(this.#head + lines.join('')).catch((error: unknown) => {
      throw new DeliveryError(messageOf(error), { isRetryable: true });
    });
    this.#head = '';
  }

  async close(end: ExportEnd | undefined): Promise<void> {
    const file = await this.#file?.catch(() => undefined);
    if (!file) return;
    try {
      if (!end) return;
      const entry = { from: undefined, to: end.time, figures: { verdict: { [end.verdict]: 1 } } };
      await file.append(this.format.linesOf(entry, this.context.run));
    } finally {
      await file.close();
    }
  }
}

const timeOf = (milliseconds: number) => new Date(milliseconds).toISOString();

function* entriesOf({ from, to, rows, state, metrics }: ExportBatch): Generator<Entry, undefined> {
  if (state) yield { from, to, figures: { load: { ...state } } };
  for (const row of rows)
    yield { from, to, method: row.method, name: row.name, figures: figuresOf(row, metrics) };
  return undefined;
}

/** Everything of a row, under the names that it has in a report; what is nothing but zeros is left out. */
function figuresOf(row: SeriesRow, metrics: ExportBatch['metrics']): Figures {
  const { due, sent, succeeded, failed, dropped, bytes, bytesSent, bytesReceived } = row;
  const figures: [name: string, parts: Parts][] = [
    ['requests', { due, sent, succeeded, failed, dropped }],
    ['bytes', withoutUnknown({ bodies: bytes, sent: bytesSent, received: bytesReceived })],
    ['failures', failuresByKind(row)],
    ['codes', row.codes ?? {}],
  ];
  for (const [name, trend] of Object.entries(row.trends)) figures.push([name, partsOf(trend, name, metrics)]);
  for (const [name, count] of Object.entries(row.counters ?? {})) figures.push([name, { count }]);
  for (const [name, { hits, total }] of Object.entries(row.rates ?? {}))
    figures.push([name, { hits, checked: total }]);
  const all: Record<string, Parts> = {};
  // A metric of a target may be called as one of the first four, and none of its parts is.
  for (const [name, parts] of figures)
    if (Object.values(parts).some((value) => value !== 0)) all[name] = { ...all[name], ...parts };
  return all;
}

function partsOf(trend: SeriesTrend, name: string, metrics: ExportBatch['metrics']): Parts {
  const { unit } = definitionOf({ metrics }, name, 'trend');
  const values = percentilesOf(trend, unit);
  const titles = Object.keys(percentiles);
  return withoutUnknown({
    count: trend.count,
    sum: trend.sum,
    ...Object.fromEntries(titles.map((title, at) => [title, values[at]])),
    max: trendPercentile(trend, 1, unit),
  });
}

const withoutUnknown = (parts: Readonly<Record<string, number | null | undefined>>): Parts =>
  Object.fromEntries(
    Object.entries(parts).filter(
      (part): part is [string, number] => part[1] !== null && part[1] !== undefined,
    ),
  );
