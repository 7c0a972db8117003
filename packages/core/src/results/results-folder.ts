import { join } from 'node:path';
import { makeFolderInside, requireWritable, writeWhole } from '../files.js';
import { stringifyJson } from '../values/json-number.js';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import { renderJunit } from '../report/junit.js';
import { renderReportHtml } from '../report/html.js';
import type { RunReport } from './summary.js';
import { redactStrings } from '../secrets/redactor.js';
import { bucketing } from '../series/bucketing.js';
import { timeFor } from '../run/hurry.js';
import { RequestLog, requestsFile } from './request-log.js';
import { seriesFile, writeSeries } from '../series/file.js';
import type { SeriesRow } from '../series/rows.js';
import { outright, Unwritten, type Attempt } from './unwritten.js';

/** Longest time for Locust's own files, in milliseconds: machines that cost money wait for them. */
const collectMilliseconds = 30_000;
/** Of a master that has not answered before. */
const lostMilliseconds = 5000;

/** Locust's own files, under Locust's own names, and where its web API serves them. */
const locustFiles = {
  'locust_stats.csv': '/stats/requests/csv',
  'locust_stats_history.csv': '/stats/requests_full_history/csv',
  'locust_failures.csv': '/stats/failures/csv',
  'locust_exceptions.csv': '/exceptions/csv',
  'locust.html': '/stats/report?download=1',
} as const;

/** How much patience there is with a master. */
interface CollectOptions {
  /** It has not answered before. Default false. */
  readonly isLost?: boolean;
  /** Comes when the user wants to leave. */
  readonly leave?: AbortSignal;
  /** What to do about a disk that does not take a file. Default: throw. */
  readonly attempt?: Attempt;
}

/**
 * Downloads Locust's own files.
 *
 * @returns `missing` are those that the master did not give.
 */
export async function collectLocustFiles(
  master: LocustMaster,
  directory: string,
  redact: (text: string) => string,
  { isLost = false, leave, attempt = outright }: CollectOptions = {},
): Promise<{ saved: string[]; missing: string[] }> {
  const saved: string[] = [];
  const missing: string[] = [];
  // All of them together: a master that does not answer has nothing to give.
  const signal = timeFor(isLost ? lostMilliseconds : collectMilliseconds, leave);
  for (const [name, path] of Object.entries(locustFiles)) {
    await attempt(async () => {
      const exists = await master.download(path, join(directory, name), redact, { signal });
      (exists ? saved : missing).push(name);
    });
  }
  return { saved, missing };
}

/** Where a few failures of each kind are reported in full, one a line. */
const failuresFile = 'failures.jsonl';

/**
 * Writes `series.jsonl.gz` and `failures.jsonl`.
 *
 * @returns their names.
 */
export async function writeMeasurements(
  directory: string,
  rows: Iterable<SeriesRow>,
  { metrics, test, failureSamples }: MasterStatistics,
  runId: string,
  redact: (text: string) => string,
  attempt: Attempt = outright,
): Promise<string[]> {
  const header = {
    version: 1,
    bucketing,
    metrics,
    startedAt: new Date((test?.startedAt ?? 0) * 1000).toISOString(),
    runId,
  } as const;
  await attempt(() =>
    writeSeries(join(directory, seriesFile), redactStrings(header, redact), redactNames(rows, redact)),
  );
  const samples = redactStrings(failureSamples, redact);
  const lines = samples.map((sample) => `${JSON.stringify(sample)}\n`);
  await attempt(() => writeWhole(join(directory, failuresFile), lines.join('')));
  return [seriesFile, failuresFile];
}

function* redactNames(
  rows: Iterable<SeriesRow>,
  redact: (text: string) => string,
): Generator<SeriesRow, undefined> {
  for (const row of rows) yield { ...row, name: redact(row.name) };
  return undefined;
}

/**
 * The folder of one run: `{results}/{name}/{runId}/`. The report comes here without secrets; all else passes
 * through `redact`.
 */
export class ResultsFolder {
  readonly directory: string;
  readonly bundleDirectory: string;
  readonly logDirectory: string;
  readonly #results: string;
  readonly #redact: (text: string) => string;
  /** What the disk did not take since the load; see {@link Unwritten}. */
  readonly unwritten: Unwritten;

  constructor(results: string, name: string, runId: string, redact: (text: string) => string) {
    this.directory = join(results, name, runId);
    this.bundleDirectory = join(this.directory, 'bundle');
    this.logDirectory = join(this.directory, 'logs');
    this.#results = results;
    this.#redact = redact;
    this.unwritten = new Unwritten(this.directory);
  }

  /** Finds out whether the folder can be made, before anything that costs time. @throws LoadwrightError */
  async requireWritable(): Promise<void> {
    await requireWritable(this.#results, this.directory);
  }

  /** Makes the folder and writes the resolved configuration. */
  async create(configuration: unknown): Promise<void> {
    await makeFolderInside(this.#results, this.logDirectory);
    const redacted = redactStrings(configuration, this.#redact);
    await this.#write('config.resolved.json', `${stringifyJson(redacted, 2)}\n`);
  }

  /** The log of requests in this folder. */
  requestLog(): RequestLog {
    return new RequestLog(join(this.directory, requestsFile), this.#redact);
  }

  /** See {@link writeMeasurements}. A disk that does not take them is a matter of {@link unwritten}. */
  async writeMeasurements(rows: Iterable<SeriesRow>, statistics: MasterStatistics, runId: string) {
    const { attempt } = this.unwritten;
    return writeMeasurements(this.directory, rows, statistics, runId, this.#redact, attempt);
  }

  /** See {@link collectLocustFiles}, and {@link writeMeasurements}. */
  async collect(master: LocustMaster, options: CollectOptions): Promise<readonly string[]> {
    const { attempt } = this.unwritten;
    return (await collectLocustFiles(master, this.directory, this.#redact, { ...options, attempt })).missing;
  }

  /**
   * Writes `summary.json`, `report.html` and `junit.xml`, as {@link writeMeasurements} does.
   *
   * @returns the report, with what the disk did not take of all results
   */
  async writeReport({ unwritten: _, ...report }: RunReport): Promise<RunReport> {
    const whole = (): RunReport => {
      const { files: unwritten } = this.unwritten;
      return unwritten.length === 0 ? report : { ...report, unwritten };
    };
    const files: readonly (readonly [string, () => string | Promise<string>])[] = [
      ['summary.json', () => `${stringifyJson(whole(), 2)}\n`],
      ['report.html', () => renderReportHtml(report)],
      ['junit.xml', () => renderJunit(report)],
    ];
    files.forEach(([name]) => this.unwritten.forget(name));
    for (const [name, render] of files) {
      const text = await render();
      await this.unwritten.attempt(() => this.#write(name, text));
    }
    return whole();
  }

  async #write(name: string, text: string): Promise<void> {
    await writeWhole(join(this.directory, name), text);
  }
}
