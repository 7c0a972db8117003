import { isLoadwrightError, LoadwrightError } from '../errors.js';
import type { OnProgress, Phase } from './events.js';

/** The phases that a wish to stop ends at once. Later ones go on: what was measured is kept and cleaned up after. */
const beforeLoad: ReadonlySet<Phase> = new Set(['preflight', 'plan', 'provision', 'attach', 'connect']);

/** Carries out the phases of a run, and tells of them. */
export class Phases {
  readonly signal: AbortSignal;
  readonly progress: OnProgress;
  #current: Phase = 'preflight';

  constructor(options: { signal?: AbortSignal; onProgress?: OnProgress }) {
    this.signal = options.signal ?? new AbortController().signal;
    this.progress = options.onProgress ?? (() => {});
  }

  /** Tells what fails after the caller's signal as `ABORTED`. */
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
    const result = await work((text) => (detail = text));
    this.progress({ type: 'phase', phase, state: 'finished', ...(detail !== undefined && { detail }) });
    return result;
  }

  inform(message: string): void {
    this.progress({ type: 'message', level: 'info', message });
  }

  warn(message: string): void {
    this.progress({ type: 'message', level: 'warning', message });
  }
}
