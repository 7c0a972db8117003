import { createHash } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { LoadwrightError, messageOf } from '../errors.js';
import { makeFolder, writeWhole } from '../files.js';
import { verdictSchema, type Outcome } from './outcome.js';
import type { Action } from './plan.js';

const entrySchema = z.object({
  /** `begun`: it may have been done; nobody saw its end. */
  state: z.enum(['begun', 'done']),
  /** What the fleet was to be called that it makes. */
  fleetId: z.string().optional(),
  /** Where that fleet is, in words. */
  place: z.string().optional(),
  /** Of a run. */
  runId: z.string().optional(),
  outcome: verdictSchema.optional(),
});
const contentSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  /** Of what the workflow does: another workflow cannot be continued. */
  digest: z.string(),
  entries: z.record(z.string(), entrySchema),
});

type Content = z.output<typeof contentSchema>;
type Entry = z.output<typeof entrySchema>;

/** What a workflow has begun and done, on the disk before anything is made. */
export class Journal {
  readonly #file: string;
  #content: Content;

  private constructor(file: string, content: Content) {
    this.#file = file;
    this.#content = content;
  }

  /** A new one. Nothing is written before the first action begins. */
  static create(file: string, id: string, actions: readonly Action[]): Journal {
    return new Journal(file, { version: 1, id, digest: digestOf(actions), entries: {} });
  }

  /**
   * That of an interrupted workflow.
   *
   * @throws LoadwrightError `RESULTS_UNREADABLE`, or `CONFIG_INVALID` when the workflow was changed since.
   */
  static async open(file: string, actions: readonly Action[]): Promise<Journal> {
    let content: Content;
    try {
      content = contentSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      throw new LoadwrightError('RESULTS_UNREADABLE', `${file}: ${messageOf(error).split('\n', 1)[0]}`, {
        hint: 'This is no journal of a workflow. Without --resume the workflow begins anew.',
        cause: error,
      });
    }
    if (content.digest === digestOf(actions)) return new Journal(file, content);
    throw new LoadwrightError('CONFIG_INVALID', `workflow: it was changed since ${content.id} began`, {
      hint: 'Continue with the steps that it had, or begin anew without --resume.',
      next: [{ action: 'list-fleets' }],
    });
  }

  get id(): string {
    return this.#content.id;
  }

  entry(id: string): Entry | undefined {
    return this.#content.entries[id];
  }

  isDone(id: string): boolean {
    return this.entry(id)?.state === 'done';
  }

  outcome(id: string): Outcome | undefined {
    return this.entry(id)?.outcome;
  }

  /**
   * Keeps other processes from carrying out the same workflow: each would end what the other measures. A process that was
   * killed keeps nobody.
   *
   * @returns what lets them
   * @throws LoadwrightError `CONFIG_INVALID` while another one does.
   */
  async claim(): Promise<() => Promise<void>> {
    const file = `${this.#file}.pid`;
    await makeFolder(dirname(file));
    for (;;) {
      try {
        // All of it or nothing would replace that of another process.
        const handle = await open(file, 'wx');
        await handle.writeFile(String(process.pid)).finally(() => handle.close());
        return () => rm(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const holder = Number(await readFile(file, 'utf8').catch(() => NaN));
        if (isOther(holder)) {
          throw new LoadwrightError(
            'CONFIG_INVALID',
            `workflow: the process ${holder} carries out ${this.id}`,
            {
              hint: `Wait until it ends, or stop it there with Ctrl-C. If it is another program, remove ${file}.`,
            },
          );
        }
        await rm(file, { force: true });
      }
    }
  }

  /** Returns when the disk has it. */
  async write(id: string, entry: Entry): Promise<void> {
    this.#content = { ...this.#content, entries: { ...this.#content.entries, [id]: entry } };
    await this.#save();
  }

  /** They are to be done again. */
  async forget(ids: readonly string[]): Promise<void> {
    const entries = Object.entries(this.#content.entries).filter(([id]) => !ids.includes(id));
    this.#content = { ...this.#content, entries: Object.fromEntries(entries) };
    await this.#save();
  }

  async #save(): Promise<void> {
    await makeFolder(dirname(this.#file));
    await writeWhole(this.#file, `${JSON.stringify(this.#content, undefined, 2)}\n`, { durable: true });
  }
}

/** Is it another process that runs? This one's number is that of an earlier one, in a container say. */
function isOther(id: number): boolean {
  if (!Number.isInteger(id) || id <= 0 || id === process.pid) return false;
  try {
    return process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const digestOf = (actions: readonly Action[]): string =>
  createHash('sha256').update(JSON.stringify(actions)).digest('hex');
