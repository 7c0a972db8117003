import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isLoadwrightError } from '@loadwright/core';
import { formatFigure, formatMilliseconds } from '@loadwright/core/report';
import type { InstanceCapacity } from '@loadwright/core/target';
import { findResults } from '../config/configuration.js';
import type { CliIo } from '../shell/io.js';
import { readCapacity, readCalibration, type DemandFlags } from './demand.js';

/** What an instance holds, and where that comes from: a sentence for people. */
export interface AssumedCapacity {
  readonly capacity: InstanceCapacity;
  readonly source: string;
}

/** An instance of a small model, for who only wants to see how scaling works. */
const example: InstanceCapacity = { requestsPerSecond: { low: 42, high: 42 }, serviceSeconds: 0.08 };

/**
 * What the flags say; without them the newest calibration of the results that found a rate that holds; without any an example.
 *
 * @throws LoadwrightError what {@link readCapacity} throws.
 */
export async function assumeCapacity(flags: DemandFlags, io: CliIo): Promise<AssumedCapacity> {
  const { capacity, serviceTime, calibration } = flags;
  if ([capacity, serviceTime, calibration].some((given) => given !== undefined)) {
    return assumed(await readCapacity(flags, io.cwd), 'as given');
  }
  for (const file of await calibrationFiles(await findResults(undefined, io))) {
    const found = await readCalibration(file).catch((error: unknown) => {
      // Of one that found nothing, or is being written, the one before says more.
      if (isLoadwrightError(error)) return undefined;
      throw error;
    });
    if (found) return assumed(found, `by the newest calibration, ${file}`);
  }
  return assumed(example, 'an EXAMPLE: give yours with --capacity and --service-time, or calibrate first');
}

function assumed(capacity: InstanceCapacity, origin: string): AssumedCapacity {
  const { requestsPerSecond, serviceSeconds } = capacity;
  const rates = [...new Set(Object.values(requestsPerSecond).map(formatFigure))].join(' to ');
  const time = serviceSeconds === undefined ? '' : `, ${formatMilliseconds(serviceSeconds * 1000)} a request`;
  return { capacity, source: `One instance holds ${rates} requests/s${time} (${origin}).` };
}

/** Newest first: their folders are named by the time, as `results/<name>/<id>`. */
async function calibrationFiles(results: string): Promise<string[]> {
  const names = await foldersIn(results);
  const all = await Promise.all(
    names.map(async (name) => (await foldersIn(join(results, name))).map((id) => ({ name, id }))),
  );
  return all
    .flat()
    .toSorted((one, other) => (one.id < other.id ? 1 : -1))
    .map(({ name, id }) => join(results, name, id, 'calibration.json'));
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
