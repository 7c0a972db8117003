import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { writeWhole } from '../files.js';
import type { CallOptions, FleetHandle } from '../fleet/contract.js';
import { printable } from '../values/printable.js';
import { timeFor } from '../run/hurry.js';
import type { Phases } from '../run/phases.js';
import type { ReadyFleet } from '../fleet/provision.js';
import { outright, type Attempt } from './unwritten.js';

/** Longest time for the logs of a run: machines that cost money wait for it. In milliseconds. */
const limitMilliseconds = 20_000;

/**
 * Saves the logs of a fleet as `logs/{node}.log`, a folder that must exist.
 *
 * @returns the files, relative to the folder
 */
export async function collectLogs(
  handle: FleetHandle,
  directory: string,
  redact: (text: string) => string,
  { attempt = outright, ...options }: CallOptions & { readonly attempt?: Attempt } = {},
): Promise<string[]> {
  const lines = new Map<string, string[]>();
  for await (const { node, line } of handle.logs(options)) {
    const earlier = lines.get(node);
    const shown = printable(redact(line));
    if (earlier) earlier.push(shown);
    else lines.set(node, [shown]);
  }
  const written = [...lines].map(async ([node, ofNode]) => {
    // Names of nodes come from the fleet.
    const name = join('logs', `${node.replace(/[^\w.-]/g, '_')}.log`);
    const file = join(directory, name);
    const text = `${ofNode.join('\n')}\n`;
    // A local fleet may be writing this very file.
    const present = await readFile(file, 'utf8').catch(() => '');
    const isThere = present.startsWith(text) || (await attempt(() => writeWhole(file, text)));
    return isThere ? [name] : [];
  });
  return (await Promise.all(written)).flat();
}

/** Saves the logs of a run. A run is worth its report without them: what goes wrong is reported, and takes no longer. */
export async function saveLogs(
  { handle, folder, redact }: ReadyFleet,
  phases: Phases,
  limit = limitMilliseconds,
): Promise<void> {
  const signal = timeFor(limit, phases.signal);
  const begin = performance.now();
  const timeOver = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      const seconds = (performance.now() - begin) / 1000;
      reject(new Error(`they did not come within ${seconds.toFixed(seconds < 1 ? 2 : 0)} s`));
    });
  });
  try {
    const { attempt } = folder.unwritten;
    await Promise.race([collectLogs(handle, folder.directory, redact, { signal, attempt }), timeOver]);
  } catch (error) {
    phases.warn(`The logs of the fleet could not be collected: ${redact(messageOf(error))}`);
  }
}
