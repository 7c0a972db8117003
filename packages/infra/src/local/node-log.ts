// eslint-disable-next-line no-restricted-imports -- A log is written while it comes; what the disk does not take is said.
import { createReadStream, createWriteStream, existsSync, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createInterface } from 'node:readline';
import { printable } from '@loadwright/core/fleet';

const tailLines = 200;

/** The log of one process: a file with every line, and the last lines in memory. All of it redacted. */
export class NodeLog {
  readonly path: string;
  readonly #redact: (text: string) => string;
  readonly #file: WriteStream;
  readonly #tail: string[] = [];

  /** @param onProblem Called once when the disk takes no more: that must not end a run, and the last lines are in memory. */
  constructor(path: string, redact: (text: string) => string, onProblem: (problem: string) => void) {
    this.path = path;
    this.#redact = redact;
    this.#file = createWriteStream(path, { flags: 'a', mode: 0o600 });
    this.#file.once('error', ({ message }) =>
      onProblem(`${path} cannot be written: ${message}; lines from here on are not in it`),
    );
  }

  write(line: string): void {
    const redacted = printable(this.#redact(line));
    this.#tail.push(redacted);
    if (this.#tail.length > tailLines) this.#tail.shift();
    if (this.#file.writable) this.#file.write(`${redacted}\n`);
  }

  /** The last lines, oldest first. */
  tail(): readonly string[] {
    return this.#tail;
  }

  /** Every line so far. */
  async *lines(): AsyncIterable<string> {
    if (existsSync(this.path))
      yield* createInterface({ input: createReadStream(this.path), crlfDelay: Infinity });
  }

  /** Returns when every line is in the file. */
  async close(): Promise<void> {
    this.#file.end();
    await finished(this.#file).catch(() => {});
  }
}
