import { isLoadwrightError, LoadwrightError } from '../errors.js';
import type { OnProgress, Phase } from './events.js';
import { formatLength } from '../values/format.js';

/** The phases that a wish to stop ends at once. Later ones go on: what was measured is kept and cleaned up after. */
const beforeLoad: ReadonlySet<Phase> = new Set(['preflight', 'plan', 'provision', 'open', 'connect']);

/** Something is reported at least so often, in milliseconds: whoever waits sees that there is something to wait for. */
const longestSilence = 10_000;

/** Carries out the phases of a run, and reports them. */
export class Phases {
  readonly signal: AbortSignal;
  readonly progress: OnProgress;
  #current: Phase = 'preflight';
  #silence: NodeJS.Timeout | undefined;

  constructor(options: { signal?: AbortSignal; onProgress?: OnProgress }) {
    this.signal = options.signal ?? new AbortController().signal;
    this.progress = (event) => {
      this.#silence?.refresh();
      options.onProgress?.(event);
    };
  }

  /** Reports what fails after the caller's signal as `ABORTED`. */
  async all<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      // Only what says that something is left behind matters more than the user's wish to stop.
      const remains = isLoadwrightError(error) && error.code === 'RESOURCES_REMAIN';
      if (!this.signal.aborted || remains) throw error;
      throw new LoadwrightError(
        'ABORTED',
        `Stopped in the phase ${this.#current}, before any load was made.`,
        { cause: error },
      );
    }
  }

  async in<Result>(
    phase: Phase,
    work: (detail: (text?: string) => void) => Promise<Result>,
  ): Promise<Result> {
    let detail: string | undefined;
    if (beforeLoad.has(phase)) this.signal.throwIfAborted();
    if (phase !== 'destroy') this.#current = phase;
    this.progress({ type: 'phase', phase, state: 'started' });
    const result = await this.#announced(phase, () => work((text) => (detail = text)));
    this.progress({ type: 'phase', phase, state: 'finished', ...(detail !== undefined && { detail }) });
    return result;
  }

  /** Reports that a phase continues whenever nothing else is reported for some time. */
  async #announced<Result>(phase: Phase, work: () => Promise<Result>): Promise<Result> {
    const begin = performance.now();
    const outer = this.#silence;
    const silence = setInterval(() => {
      this.inform(`${phase} goes on, for ${formatLength((performance.now() - begin) / 1000)} so far.`);
    }, longestSilence);
    this.#silence = silence;
    try {
      return await work();
    } finally {
      clearInterval(silence);
      this.#silence = outer;
    }
  }

  inform(message: string): void {
    this.progress({ type: 'message', level: 'info', message });
  }

  warn(message: string): void {
    this.progress({ type: 'message', level: 'warning', message });
  }
}
