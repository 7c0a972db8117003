import { mkdir, open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { LoadwrightError, messageOf } from '@loadwright/core/fleet';
import { z } from 'zod';
import type { FleetName, FleetRegion } from './fleet-identity.js';
import { keyOf, type ResourceKey } from './resource-key.js';
import { withLock } from '../process/with-lock.js';
import { hiddenMilliseconds } from './removal/visibility.js';

const at = z.iso.datetime();
const resource = { kind: z.string(), part: z.string().optional(), at };

const line = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('fleet'),
    fleetKind: z.string(),
    fleetId: z.string(),
    region: z.string(),
    name: z.string().optional(),
    at,
  }),
  z.object({ event: z.literal('intent'), ...resource }),
  z.object({ event: z.literal('done'), id: z.string(), ...resource }),
  z.object({ event: z.literal('failed'), ...resource }),
  z.object({ event: z.literal('removed'), ...resource }),
]);

type Line = z.infer<typeof line>;

/** How the name of a journal ends, after the fleet id. */
const ending = '.jsonl';

/**
 * Resources that are there, or may be, although AWS does not show them yet: made not long ago, or the process ended in the
 * middle of the call. Each by its {@link keyOf}.
 */
export type Expected = ReadonlyMap<string, ExpectedResource>;

export interface ExpectedResource extends ResourceKey {
  /** As AWS calls it, where that is known. */
  readonly id?: string;
}

/** What a journal begins with. */
export interface JournaledFleet extends FleetName, FleetRegion {
  /** What its owner calls it. */
  readonly name?: string | undefined;
}

/** What a journal shows about a fleet. */
export interface JournalState extends JournaledFleet {
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
  static async open(
    directory: string,
    { fleetKind, fleetId, region, name }: JournaledFleet,
  ): Promise<Journal> {
    const path = pathOf(directory, fleetId);
    const { journal, isNew } = await usable(directory, async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const file = await open(path, 'a', 0o600);
      return { journal: new Journal(directory, file), isNew: (await file.stat()).size === 0 };
    });
    try {
      await journal.#write({ event: 'fleet', fleetKind, fleetId, region, name, at: now() });
      await usable(directory, () => syncFolder(directory));
    } catch (error) {
      await journal.close();
      // Nothing was made by it.
      if (isNew) await rm(path, { force: true });
      throw error;
    }
    return journal;
  }

  /** Something was to be made since it was opened. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  intent({ kind, part }: ResourceKey): Promise<void> {
    this.#hasBegun = true;
    return this.#write({ event: 'intent', kind, part, at: now() });
  }

  done({ kind, part }: ResourceKey, id: string): Promise<void> {
    return this.#write({ event: 'done', kind, part, id, at: now() });
  }

  /** The call has had no effect. */
  failed({ kind, part }: ResourceKey): Promise<void> {
    return this.#write({ event: 'failed', kind, part, at: now() });
  }

  removed({ kind, part }: ResourceKey): Promise<void> {
    return this.#write({ event: 'removed', kind, part, at: now() });
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
 * What the journal of a fleet says; undefined when this machine has none, or one of a fleet of another kind. A line cut off by
 * a crash is left out.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when it cannot be read.
 */
export async function readJournal(
  directory: string,
  { fleetKind, fleetId }: FleetName,
): Promise<JournalState | undefined> {
  let text: string;
  try {
    text = await readFile(pathOf(directory, fleetId), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(directory, error);
  }
  const lines = text.split('\n').flatMap((each) => parse(each) ?? []);
  const fleet = lines.find((entry) => entry.event === 'fleet');
  if (fleet?.fleetKind !== fleetKind) return undefined;
  const expected = new Map<string, ExpectedResource>();
  for (const entry of lines) {
    if (entry.event === 'fleet') continue;
    const { kind, part } = entry;
    if (entry.event === 'intent') expected.set(keyOf(entry), { kind, part });
    else if (entry.event === 'done' && isNew(entry)) expected.set(keyOf(entry), { kind, part, id: entry.id });
    else expected.delete(keyOf(entry));
  }
  const hasBegun = lines.some(({ event }) => event === 'intent');
  const { region, name } = fleet;
  return { fleetKind, fleetId, region, ...(name !== undefined && { name }), expected, hasBegun };
}

/**
 * What all journals of this machine say of fleets of a kind.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when they cannot be read.
 */
export async function readJournals(directory: string, fleetKind: string): Promise<JournalState[]> {
  const files = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw unusable(directory, error);
  });
  const fleetIds = files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length));
  const journals = await Promise.all(
    fleetIds.map((fleetId) => readJournal(directory, { fleetKind, fleetId })),
  );
  return journals.filter((journal) => journal !== undefined);
}

/**
 * Does what changes a fleet while no other command of this machine does: each would count, or leave behind, what the other is
 * about to make or to end. Where the folder of the journals cannot be used, it is not waited for others.
 */
export async function changingAlone<Result>(
  directory: string,
  { fleetId, say, signal }: { fleetId: string; say: (message: string) => void; signal: AbortSignal },
  change: () => Promise<Result>,
): Promise<Result> {
  const onWaiting = () => say(`Another command changes ${fleetId}: waiting for it`);
  const lock = { onWaiting, signal, code: 'PROVISIONING_FAILED', isHelp: true } as const;
  return withLock(pathOf(directory, fleetId), lock, change);
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
