import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  LoadwrightError,
  parseRunReport,
  readSeries,
  type RunReport,
  type Series,
  type SeriesRow,
} from '@loadwright/core';
import { seriesFile } from '@loadwright/core/report';
import { requireName } from '../fleet/name.js';

/** Where a past run is. */
export interface PastRun {
  readonly name: string;
  readonly runId: string;
  /** Absolute path of its folder. */
  readonly directory: string;
}

/** Begins the name of a folder with what a load measured that nobody judged. */
export const loadFolderPrefix = 'load-';

/** What a results folder holds, newest first: run ids begin with the time. */
export interface PastRuns {
  /** Those with a verdict. */
  readonly finished: readonly PastRun[];
  /** Those with results that nobody judged. */
  readonly unjudged: readonly PastRun[];
}

/** The runs of a results folder. */
export async function listRuns(results: string): Promise<PastRuns> {
  const finished: PastRun[] = [];
  const unjudged: PastRun[] = [];
  for (const name of await foldersIn(results)) {
    for (const runId of await foldersIn(join(results, name))) {
      const directory = join(results, name, runId);
      const files = await readdir(directory);
      if (files.includes('summary.json')) finished.push({ name, runId, directory });
      else if (files.some((file) => file.startsWith(loadFolderPrefix)))
        unjudged.push({ name, runId, directory });
    }
  }
  const newestFirst = (a: PastRun, b: PastRun) => (a.runId < b.runId ? 1 : -1);
  return { finished: finished.sort(newestFirst), unjudged: unjudged.sort(newestFirst) };
}

/** That there is nothing to show, and what there is instead. */
export function noRuns(results: string, { unjudged }: PastRuns): LoadwrightError {
  const [newest] = unjudged;
  return new LoadwrightError('RESULTS_UNREADABLE', `${results}: there are no finished runs`, {
    hint: newest
      ? unjudgedHint(newest)
      : 'run a test first (loadwright run), or name the folder of its results with --results',
  });
}

function unjudgedHint({ runId, directory }: PastRun): string {
  return `what ${runId} measured has no verdict, and is in ${directory}; a test that has one: loadwright run --on ${runId}`;
}

/**
 * Finds one run.
 *
 * @param reference A run id, a part of one, `name/runId`, or a name: its newest run. Absent: the newest of all.
 * @throws LoadwrightError `RESULTS_UNREADABLE` that lists what there is.
 */
export async function findRun(results: string, reference?: string): Promise<PastRun> {
  if (reference !== undefined) requireName(reference, { noun: 'run' });
  const all = await listRuns(results);
  const { finished: runs, unjudged } = all;
  const [newest] = runs;
  const isMeant = ({ name, runId }: PastRun) =>
    reference !== undefined &&
    ([runId, name, `${name}/${runId}`].includes(reference) || runId.endsWith(reference));
  const meant = runs.find(isMeant) ?? (reference === undefined ? newest : undefined);
  if (meant) return meant;
  const other = unjudged.find(isMeant);
  if (other) {
    throw new LoadwrightError('RESULTS_UNREADABLE', `${results}: the run "${reference}" has no verdict`, {
      hint: unjudgedHint(other),
    });
  }
  if (!newest) throw noRuns(results, all);
  const shown = runs.slice(0, 10).map(({ name, runId }) => `${name}/${runId}`);
  throw new LoadwrightError('RESULTS_UNREADABLE', `${results}: there is no run "${reference}"`, {
    hint: `runs that exist, newest first: ${shown.join(', ')}${runs.length > shown.length ? ', …' : ''}`,
  });
}

/**
 * Finds the newest runs of a name.
 *
 * @param count At least 1.
 * @throws LoadwrightError `RESULTS_UNREADABLE` when there are fewer.
 */
export async function findRuns(results: string, name: string, count: number): Promise<PastRun[]> {
  requireName(name, { noun: 'run' });
  const { finished } = await listRuns(results);
  const runs = finished.filter((run) => run.name === name).slice(0, count);
  if (runs.length === count) return runs;
  const names = [...new Set(finished.map((run) => run.name))];
  const isUnknown = runs.length === 0 && names.length > 0;
  throw new LoadwrightError(
    'RESULTS_UNREADABLE',
    `${results}: finished runs of the name "${name}": found ${runs.length}, expected ${count}`,
    {
      hint: isUnknown
        ? `names that have runs, newest first: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`
        : `run the test ${count - runs.length} more times, or lower --last`,
    },
  );
}

/** Reads the report of a run, whose folder may have been moved since. */
export async function readReport({ directory }: PastRun): Promise<RunReport> {
  const file = join(directory, 'summary.json');
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new LoadwrightError('RESULTS_UNREADABLE', `${file}: ${(error as Error).message}`, {
      hint: 'the file is damaged; run the test again',
      cause: error,
    });
  }
  try {
    return { ...parseRunReport(json), resultsDirectory: directory };
  } catch (error) {
    const { code, message, hint } = error as LoadwrightError;
    throw new LoadwrightError(code, `${file}: ${message}`, { ...(hint && { hint }), cause: error });
  }
}

/** Reads the measurements of a run, second by second. */
export async function readWholeSeries(run: PastRun): Promise<Series> {
  const file = join(run.directory, seriesFile);
  const { header, rows } = await readSeries(file).catch((error: unknown) => {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    if (cause?.code !== 'ENOENT') throw error;
    throw new LoadwrightError('RESULTS_UNREADABLE', `${file}: the run ${run.runId} has no series.`, {
      hint: 'Run the test again: runs of earlier versions of Loadwright, and runs without a load, have none.',
      cause: error,
    });
  });
  const all: SeriesRow[] = [];
  for await (const row of rows) all.push(row);
  return { header, rows: all };
}

async function foldersIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new LoadwrightError('RESULTS_UNREADABLE', `${directory}: ${(error as Error).message}`, {
      hint: 'name a folder of results with --results',
      cause: error,
    });
  }
}
