import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LoadwrightError, parseRunReport, type RunReport } from '@loadwright/core';

/** Where a past run is. */
export interface PastRun {
  readonly name: string;
  readonly runId: string;
  /** Absolute path of its folder. */
  readonly directory: string;
}

/** The finished runs of a results folder, newest first: run ids begin with the time. */
export async function listRuns(results: string): Promise<PastRun[]> {
  const runs: PastRun[] = [];
  for (const name of await foldersIn(results)) {
    for (const runId of await foldersIn(join(results, name))) {
      const directory = join(results, name, runId);
      const files = await readdir(directory);
      if (files.includes('summary.json')) runs.push({ name, runId, directory });
    }
  }
  return runs.sort((a, b) => (a.runId < b.runId ? 1 : -1));
}

/**
 * Finds one run.
 *
 * @param reference A run id, a part of one, `name/runId`, or a name: its newest run. Absent: the newest of all.
 * @throws LoadwrightError `RESULTS_UNREADABLE` that lists what there is.
 */
export async function findRun(results: string, reference?: string): Promise<PastRun> {
  const runs = await listRuns(results);
  const [newest] = runs;
  if (!newest) {
    throw new LoadwrightError('RESULTS_UNREADABLE', `${results}: there are no finished runs`, {
      hint: 'run a test first (loadwright run), or name the folder of its results with --results',
    });
  }
  if (reference === undefined) return newest;
  const exact = runs.find(
    ({ name, runId }) => [runId, name, `${name}/${runId}`].includes(reference) || runId.endsWith(reference),
  );
  if (exact) return exact;
  const shown = runs.slice(0, 10).map(({ name, runId }) => `${name}/${runId}`);
  throw new LoadwrightError('RESULTS_UNREADABLE', `${results}: there is no run "${reference}"`, {
    hint: `runs that exist, newest first: ${shown.join(', ')}${runs.length > shown.length ? ', …' : ''}`,
  });
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
  return { ...parseRunReport(json), resultsDirectory: directory };
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
