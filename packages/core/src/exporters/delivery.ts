import { setTimeout as delay } from 'node:timers/promises';
import { RowsByName } from '../series/resample.js';
import { joinIncrements, type Increment } from './batch.js';
import { DeliveryError, type ExportBatch, type ExportEnd, type OpenExporter } from './contract.js';
import { describeFailure, isDeliveryError } from './failures.js';

/** More intervals than this do not wait: then every two of them become one, and no count is lost. */
const mostWaiting = 120;
/** How long one batch may take, in milliseconds. */
const writeMilliseconds = 10_000;
/** Longest time between two attempts, in milliseconds. */
const longestPause = 10_000;

/** How figures are handed over. */
export interface DeliveryOptions {
  /** Names the receiver in messages. */
  readonly title: string;
  /** Seconds that are put together before they are sent. */
  readonly everySeconds: number;
  /** Removes secrets from what a receiver said. */
  readonly redact: (text: string) => string;
  /** Called when a receiver begins to fail. */
  readonly onTrouble: (message: string) => void;
  /** Time between the first two attempts, in milliseconds; it doubles. Default 500. */
  readonly firstPause?: number;
  /** How often one batch is tried. Default: until the time is over. */
  readonly attempts?: number;
}

/**
 * Hands the figures of a run to one receiver, beside the run: what the receiver does can neither delay nor fail it. What waits
 * is bounded, and loses time resolution before it loses a count.
 */
export class Delivery {
  readonly #exporter: OpenExporter;
  readonly #options: DeliveryOptions;
  readonly #over = new AbortController();
  readonly #totals = new RowsByName();
  readonly #waiting: Increment[] = [];
  #gathering: Increment | undefined;
  #pump: Promise<void> | undefined;
  #inTrouble = false;
  #lastTrouble = '';
  #failure: unknown;
  #given = 0;
  #lost = 0;
  #joined = 0;

  constructor(exporter: OpenExporter, options: DeliveryOptions) {
    this.#exporter = exporter;
    this.#options = options;
  }

  /** What the exporter failed with last; undefined: with nothing yet. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Takes a batch over. Returns at once. */
  offer(increment: Increment): void {
    const gathered = this.#gathering ? joinIncrements(this.#gathering, increment) : increment;
    this.#gathering = gathered;
    // Half a second: readings are not exactly a second apart.
    if (gathered.to - gathered.from < this.#options.everySeconds * 1000 - 500) return;
    this.#release();
    this.#pump ??= this.#run();
  }

  /** Takes a batch over when there is room: for figures that can wait. @throws Error what the receiver would not take */
  async deliver(increment: Increment): Promise<void> {
    this.offer(increment);
    await this.#pump;
    this.#requireNoLoss();
  }

  /**
   * Delivers what waits, and closes.
   *
   * @param signal Comes when no more time is left.
   * @returns What did not arrive as it was measured, a sentence each.
   */
  async finish(end: ExportEnd | undefined, signal: AbortSignal): Promise<string[]> {
    const leave = () => this.#over.abort();
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    this.#release();
    await (this.#pump ?? this.#run());
    const { signal: over } = this.#over;
    const unclosed = await inTime(() => this.#exporter.close(end, over), over).then(
      () => [],
      (error: unknown) => {
        this.#failure = error;
        return [`The end of the run was not delivered to ${this.#options.title}: ${this.#say(error)}`];
      },
    );
    signal.removeEventListener('abort', leave);
    return [...this.#losses(), ...unclosed];
  }

  /** Leaves at once. */
  async abandon(): Promise<void> {
    this.#over.abort();
    await this.#pump;
    await inTime(() => this.#exporter.close(undefined, this.#over.signal), this.#over.signal).catch(() => {});
  }

  #release(): void {
    if (!this.#gathering) return;
    this.#waiting.push(this.#gathering);
    this.#gathering = undefined;
    this.#given += 1;
    if (this.#waiting.length <= mostWaiting) return;
    const halved = this.#waiting.splice(0);
    for (let at = 0; at < halved.length; at += 2) {
      const [first, second] = [halved[at]!, halved[at + 1]];
      this.#waiting.push(second ? joinIncrements(first, second) : first);
      if (second) this.#joined += 1;
    }
  }

  async #run(): Promise<void> {
    // What was offered in the same turn comes along.
    await Promise.resolve();
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      for (const row of next.rows) this.#totals.add(row);
      await this.#send({ ...next, totals: this.#totals.rows });
    }
    this.#pump = undefined;
  }

  /** Until it is taken, refused for good, or the time is over. */
  async #send(batch: ExportBatch): Promise<void> {
    const { signal: over } = this.#over;
    const { firstPause = 500, attempts = Infinity } = this.#options;
    for (let attempt = 1, pause = firstPause; ; attempt++, pause = Math.min(pause * 2, longestPause)) {
      try {
        over.throwIfAborted();
        const time = AbortSignal.any([over, AbortSignal.timeout(writeMilliseconds)]);
        await inTime(() => this.#exporter.write(batch, time), time);
        this.#inTrouble = false;
        return;
      } catch (error) {
        if (!over.aborted) this.#tell(error);
        if (isRetryable(error) && attempt < attempts && !over.aborted) {
          await delay(pause, undefined, { signal: over }).catch(() => {});
          continue;
        }
        this.#lost += 1;
        return;
      }
    }
  }

  #tell(error: unknown): void {
    this.#failure = error;
    this.#lastTrouble = this.#say(error);
    if (this.#inTrouble) return;
    this.#inTrouble = true;
    this.#options.onTrouble(`${this.#options.title}: ${this.#lastTrouble}`);
  }

  #say(error: unknown): string {
    if (this.#over.signal.aborted && !(error instanceof DeliveryError)) return 'the time was over.';
    return describeFailure(error, this.#options.redact);
  }

  #requireNoLoss(): void {
    if (this.#lost > 0) throw new Error(`${this.#options.title}: ${this.#lastTrouble}`);
  }

  #losses(): string[] {
    const { title } = this.#options;
    const intervals = (count: number) => `${count} of ${this.#given} intervals`;
    const why = this.#lastTrouble === '' ? '' : ` ${this.#lastTrouble}`;
    return [
      ...(this.#lost > 0 ? [`${intervals(this.#lost)} were not delivered to ${title}.${why}`] : []),
      ...(this.#joined > 0
        ? [`${title} was slow: ${intervals(this.#joined)} were put together with the one before them.`]
        : []),
    ];
  }
}

/** Whether the same interval may be taken later. */
const isRetryable = (error: unknown) => isDeliveryError(error) && error.isRetryable === true;

/** What an exporter does, for as long as there is time: one that does not heed the signal is left behind. */
async function inTime(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  try {
    const isOver = new Promise<never>((_, reject) => {
      const leave = () => reject(new Error('it took too long.'));
      if (signal.aborted) leave();
      signal.addEventListener('abort', leave, { once: true, signal: over.signal });
    });
    await Promise.race([(async () => work())(), isOver]);
  } finally {
    over.abort();
  }
}
