import { mkdir, open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { LoadwrightError, messageOf } from '@loadwright/core';
import { z } from 'zod';
import { hiddenMilliseconds } from './visibility.js';

const line = z.discriminatedUnion('event', [
  z.object({ event: z.literal('run'), fleetId: z.string(), region: z.string(), at: z.iso.datetime() }),
  z.object({ event: z.literal('intent'), kind: z.string(), at: z.iso.datetime() }),
  z.object({ event: z.literal('done'), kind: z.string(), id: z.string(), at: z.iso.datetime() }),
  z.object({ event: z.literal('failed'), kind: z.string(), at: z.iso.datetime() }),
  z.object({ event: z.literal('removed'), kind: z.string(), at: z.iso.datetime() }),
]);

type Line = z.infer<typeof line>;

/** How the name of a journal ends, after the fleet id. */
const ending = '.jsonl';

/**
 * Kinds of which there is something, or may be, although AWS does not show it yet: made not long ago, or the process ended
 * in the middle of the call. Each with its id, where that is known.
 */
export type Expected = ReadonlyMap<string, string | undefined>;

/** What a journal shows about a fleet. */
export interface JournalState {
  readonly fleetId: string;
  readonly region: string;
  readonly expected: Expected;
  /** Something was to be made. */
  readonly hasBegun: boolean;
}

/**
 * What a fleet was about to make and what it made, one JSON document a line, on the disk before each call. It is a cache:
 * the tags on the resources are the truth, and a fleet is removed without it too. It holds no secret.
 */
export class Journal {
  readonly #directory: string;
  readonly #file: FileHandle;
  #written: Promise<void> = Promise.resolve();
  #hasBegun = false;

  private constructor(directory: string, file: FileHandle) {
    this.#directory = directory;
    this.#file = file;
  }

  /**
   * Opens the journal of a fleet; a new one has the fleet id on the disk when this returns.
   *
   * @throws LoadwrightError `CONFIG_INVALID` when it cannot be written, as do all that write to it.
   */
  static async open(directory: string, fleetId: string, region: string): Promise<Journal> {
    const journal = await usable(directory, async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      return new Journal(directory, await open(pathOf(directory, fleetId), 'a', 0o600));
    });
    await journal.#write({ event: 'run', fleetId, region, at: now() });
    await syncFolder(directory);
    return journal;
  }

  /** Something was to be made since it was opened. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  intent(kind: string): Promise<void> {
    this.#hasBegun = true;
    return this.#write({ event: 'intent', kind, at: now() });
  }

  done(kind: string, id: string): Promise<void> {
    return this.#write({ event: 'done', kind, id, at: now() });
  }

  /** The call has had no effect. */
  failed(kind: string): Promise<void> {
    return this.#write({ event: 'failed', kind, at: now() });
  }

  removed(kind: string): Promise<void> {
    return this.#write({ event: 'removed', kind, at: now() });
  }

  /** Safe to repeat. What could not be written was reported to its writer. */
  async close(): Promise<void> {
    await this.#written.catch(() => {});
    await this.#file.close();
  }

  /** One line after the other, each on the disk before the promise is kept: steps run at the same time. */
  #write(entry: Line): Promise<void> {
    const write = async () => {
      // A crash may have cut the last line off: an empty line costs nothing, a swallowed one does.
      await this.#file.appendFile(`\n${JSON.stringify(entry)}\n`);
      await this.#file.datasync();
    };
    this.#written = this.#written.then(() => usable(this.#directory, write));
    return this.#written;
  }
}

/**
 * What the journal of a fleet says; undefined when this machine has none. A line cut off by a crash is left out.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when it cannot be read.
 */
export async function readJournal(directory: string, fleetId: string): Promise<JournalState | undefined> {
  let text: string;
  try {
    text = await readFile(pathOf(directory, fleetId), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(directory, error);
  }
  const lines = text.split('\n').flatMap((each) => parse(each) ?? []);
  const expected = new Map<string, string | undefined>();
  let region = '';
  for (const entry of lines) {
    if (entry.event === 'run') region = entry.region;
    else if (entry.event === 'intent') expected.set(entry.kind, undefined);
    else if (entry.event === 'done' && isNew(entry)) expected.set(entry.kind, entry.id);
    else expected.delete(entry.kind);
  }
  const hasBegun = lines.some(({ event }) => event === 'intent');
  return region === '' ? undefined : { fleetId, region, expected, hasBegun };
}

/**
 * What all journals of this machine say.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when they cannot be read.
 */
export async function readJournals(directory: string): Promise<JournalState[]> {
  const files = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw unusable(directory, error);
  });
  const fleetIds = files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length));
  const journals = await Promise.all(fleetIds.map((fleetId) => readJournal(directory, fleetId)));
  return journals.filter((journal) => journal !== undefined);
}

/** Removes the journal of a fleet of which nothing is left. */
export async function removeJournal(directory: string, fleetId: string): Promise<void> {
  await rm(pathOf(directory, fleetId), { force: true });
}

function isNew({ at }: Line): boolean {
  return Date.now() - Date.parse(at) < hiddenMilliseconds;
}

function parse(text: string): Line | undefined {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function pathOf(directory: string, fleetId: string): string {
  return join(directory, `${fleetId}${ending}`);
}

function now(): string {
  return new Date().toISOString();
}

async function usable<Result>(directory: string, use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    throw unusable(directory, error);
  }
}

function unusable(directory: string, error: unknown): LoadwrightError {
  return new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.stateDirectory: the folder of the journals, ${directory}, cannot be used: ${messageOf(error)}`,
    {
      hint: 'Make room in it and make it yours, or name another folder: the option stateDirectory, or the variable LOADWRIGHT_STATE_DIR.',
      cause: error,
    },
  );
}

/** Without it a new file may be gone after a power failure although its content was synced. */
async function syncFolder(directory: string): Promise<void> {
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
