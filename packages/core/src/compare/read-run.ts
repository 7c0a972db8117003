import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LoadwrightError, messageOf } from '../errors.js';
import { parseRunReport } from '../results/parse.js';
import type { RunReport } from '../results/summary.js';
import { readSeries, seriesFile } from '../series/index.js';
import type { SeriesRow } from '../series/rows.js';
import type { ComparedRun } from './contract.js';

/** The file of a results folder that holds the report. */
export const summaryFile = 'summary.json';

/** Reads the report of a run. @throws what the disk or the parser says. */
export async function readRunReport(directory: string): Promise<RunReport> {
  const json: unknown = JSON.parse(await readFile(join(directory, summaryFile), 'utf8'));
  return { ...parseRunReport(json), resultsDirectory: directory };
}

/**
 * Reads what a run left that a comparison needs.
 *
 * @param directory Its folder, with `summary.json` and `series.jsonl.gz`.
 * @throws LoadwrightError `RESULTS_UNREADABLE` that names the folder.
 */
export async function readComparedRun(directory: string): Promise<ComparedRun> {
  try {
    const report = await readRunReport(directory);
    const { header, rows } = await readSeries(join(directory, seriesFile));
    const all: SeriesRow[] = [];
    for await (const row of rows) all.push(row);
    return { report, series: { header, rows: all } };
  } catch (error) {
    throw new LoadwrightError(
      'RESULTS_UNREADABLE',
      `${directory}: the run cannot be compared: ${messageOf(error)}`,
      { hint: 'Its results may have been moved or deleted.', cause: error },
    );
  }
}
