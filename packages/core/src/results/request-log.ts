import { isLoadwrightError } from '../errors.js';
import { appendPrivately } from '../files.js';
import type { AskOptions, LocustMaster } from '../locust/master.js';
import { redactStrings } from '../secrets/redactor.js';

/** Where requests are reported one by one, one a line, when a load asks for a share of them. */
export const requestsFile = 'requests.jsonl';

/** Writes `requests.jsonl` while the load runs: the master keeps no more than it must. */
export class RequestLog {
  readonly #path: string;
  readonly #redact: (text: string) => string;
  #next = 0;
  #leftOut = 0;
  #isBroken = false;

  /** @param path Of the file; it is made with the first row. */
  constructor(path: string, redact: (text: string) => string) {
    this.#path = path;
    this.#redact = redact;
  }

  /** How many requests were to be logged and are not in the file, because there were too many in a second. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /**
   * Writes what has come since the last time.
   *
   * @param onProblem Called once when the disk takes no more; the load goes on, and so does the reading.
   */
  async read(
    master: Pick<LocustMaster, 'requests'>,
    options?: AskOptions,
    onProblem: (problem: string) => void = () => {},
  ): Promise<void> {
    const { rows, next, leftOut } = await master.requests(this.#next, options);
    const lines = rows.map((row) => `${JSON.stringify(redactStrings(row, this.#redact))}\n`);
    if (lines.length > 0 && !this.#isBroken) await this.#append(lines.join(''), onProblem);
    this.#next = next;
    this.#leftOut = leftOut;
  }

  async #append(text: string, onProblem: (problem: string) => void): Promise<void> {
    try {
      await appendPrivately(this.#path, text);
    } catch (error) {
      if (!isLoadwrightError(error)) throw error;
      this.#isBroken = true;
      onProblem(`${error.message}; requests from here on are not in it`);
    }
  }
}
