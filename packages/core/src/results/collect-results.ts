import { join } from 'node:path';
import { makeFolder, writeWhole } from '../files.js';
import type { FleetHandle } from '../fleet/contract.js';
import { masterOf } from '../locust/master.js';
import { redactStrings } from '../secrets/redactor.js';
import { collectLogs } from './collect-logs.js';
import { collectLocustFiles, writeMeasurements } from './results-folder.js';
import { RunSeries } from '../measure/run-series.js';

/** What {@link collectResults} did. */
export interface CollectedResults {
  /** The files that were written, relative to the folder. */
  readonly files: readonly string[];
  /** Files that the master did not give. */
  readonly missing: readonly string[];
}

/**
 * Downloads everything that a fleet has of its test that runs, or ran last: Locust's own files, `statistics.json` (see
 * `MasterStatistics`), `series.jsonl.gz`, `failures.jsonl` and `logs/{node}.log`.
 *
 * @param directory Made when it does not exist; files of these names are replaced.
 * @param redact Removes the secrets that are known here; all that is written passes through it.
 * @throws LoadwrightError `MASTER_LOST` or `MASTER_PROTOCOL`
 */
export async function collectResults(
  handle: FleetHandle,
  directory: string,
  redact: (text: string) => string,
): Promise<CollectedResults> {
  await makeFolder(join(directory, 'logs'));
  const master = masterOf(handle);
  const { saved, missing } = await collectLocustFiles(master, directory, redact);
  const series = new RunSeries();
  const statistics = redactStrings(await master.statistics(), redact);
  await series.read(master);
  const runId = statistics.test?.runId ?? handle.fleetId;
  const measurements = await writeMeasurements(directory, series.rows, statistics, runId, redact);
  await writeWhole(join(directory, 'statistics.json'), `${JSON.stringify(statistics, null, 2)}\n`);
  const logs = await collectLogs(handle, directory, redact);
  return { files: [...saved, 'statistics.json', ...measurements, ...logs], missing };
}
