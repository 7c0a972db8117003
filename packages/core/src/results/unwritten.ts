import { relative } from 'node:path';
import { isUnwritable, type Unwritable } from '../files.js';

/** Writes something of the results. @returns false when the disk did not take it, and that is kept for later. */
export type Attempt = (write: () => Promise<unknown>) => Promise<boolean>;

/** {@link Attempt} that keeps nothing: what goes wrong is thrown. */
export const outright: Attempt = async (write) => {
  await write();
  return true;
};

/**
 * What the disk did not take of the results of a run: what keeps one file from being written keeps no other, and a verdict
 * does not depend on a disk.
 */
export class Unwritten {
  readonly #directory: string;
  readonly #files = new Set<string>();
  #problems: Unwritable[] = [];

  /** @param directory that of the results */
  constructor(directory: string) {
    this.#directory = directory;
  }

  readonly attempt: Attempt = async (write) => {
    try {
      return await outright(write);
    } catch (error) {
      if (!isUnwritable(error)) throw error;
      this.#problems.push(error);
      this.#files.add(relative(this.#directory, error.path));
      return false;
    }
  };

  /** Files that are missing, as a whole or in part, by their names in the folder. */
  get files(): readonly string[] {
    return [...this.#files];
  }

  /** Of a file a part is missing, which was reported already. */
  add(file: string): void {
    this.#files.add(file);
  }

  /** A file is tried anew. */
  forget(file: string): void {
    this.#files.delete(file);
  }

  /** One message about all files since the last time, with what to do; undefined when all were written. */
  take(): string | undefined {
    const problems = this.#problems;
    this.#problems = [];
    const [first] = problems;
    if (!first) return undefined;
    const names = problems.map(({ path }) => relative(this.#directory, path)).join(', ');
    const what = problems.length === 1 ? first.path : `${this.#directory}: ${names}`;
    return `${what} cannot be written: ${first.reason}. ${first.hint ?? ''}`.trim();
  }
}
