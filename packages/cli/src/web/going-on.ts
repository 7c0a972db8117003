import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sample } from '@loadwright/core';
import { writeWhole } from '@loadwright/core/command';

/** A run with a page has one in the folder of results, for its owner alone, as long as it goes on. */
const filePattern = /^\.going-on-([\w-]{1,100})\.json$/;
const fileOf = (results: string, runId: string) => join(results, `.going-on-${runId}.json`);
const timeoutMilliseconds = 2000;
/** What this command writes, and nothing else is asked: an address of this machine, with a token that reads and cannot stop. */
const addressPattern = /^http:\/\/127\.0\.0\.1:\d{1,5}\/[\w-]{32}\/samples$/;

/** A run that goes on, of another command. */
export interface GoingOn {
  readonly runId: string;
  readonly name: string;
  /** All samples so far. Once its command is gone: those that were known. */
  readonly read: () => Promise<readonly Sample[]>;
}

/**
 * Lets the pages of other runs show this one beside theirs.
 *
 * @param address Where its samples are.
 * @returns takes that back
 */
export async function announce(
  results: string,
  { runId, name, address }: { readonly runId: string; readonly name: string; readonly address: string },
): Promise<() => Promise<void>> {
  const file = fileOf(results, runId);
  await mkdir(results, { recursive: true, mode: 0o700 });
  await writeWhole(file, JSON.stringify({ name, address }));
  return () => rm(file, { force: true });
}

/** The other runs that go on now. What a command left that was killed is removed. */
export async function listGoingOn(results: string, ownRunId: string): Promise<GoingOn[]> {
  const files = await readdir(results).catch(() => []);
  const runs = await Promise.all(
    files.map(async (file): Promise<GoingOn[]> => {
      const [, runId] = filePattern.exec(file) ?? [];
      if (runId === undefined || runId === ownRunId) return [];
      const known = await readAnnouncement(join(results, file));
      if (!known) return [];
      const read = samplesAt(known.address);
      const isThere = await read().then(
        () => true,
        () => false,
      );
      if (!isThere) await rm(join(results, file), { force: true });
      return isThere ? [{ runId, name: known.name, read: untilItEnds(read) }] : [];
    }),
  );
  return runs.flat();
}

async function readAnnouncement(file: string): Promise<{ name: string; address: string } | undefined> {
  try {
    const { name, address } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    return typeof name === 'string' && typeof address === 'string' && addressPattern.test(address)
      ? { name, address }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Asks for what is new, and keeps the rest. */
function samplesAt(address: string): () => Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  return async () => {
    const after = samples.length;
    const response = await fetch(`${address}?after=${after}`, {
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const fresh = (await response.json()) as Sample[];
    // Two pages may ask at once: what the other one has got is there already.
    samples.push(...fresh.slice(samples.length - after));
    return samples;
  };
}

function untilItEnds(read: () => Promise<readonly Sample[]>): () => Promise<readonly Sample[]> {
  let last: readonly Sample[] = [];
  return async () => (last = await read().catch(() => last));
}
