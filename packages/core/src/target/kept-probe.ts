import { LoadwrightError } from '../errors.js';
import type { Probe, ProbeRequest } from '../fleet/contract.js';
import type { PreflightAnswer } from './preflight-answer.js';
import {
  preflightCommand,
  preflightEnd,
  preflightLine,
  readPreflightAnswer,
  type PreflightCommand,
} from './preflight-command.js';

/** A request that was asked to end is given up at once. */
const graceMilliseconds = 0;

/** For a process that was asked for all: it has the end of its input to follow, where no signal reaches it. */
const closingMilliseconds = 2000;

/** How a process ended. */
export interface PreflightExit {
  /** Null when a signal ended it, or it never started. */
  readonly code: number | null;
  /** Why it did not start, where that is not among its lines. */
  readonly problem?: Error | undefined;
}

/** A Locust that runs a {@link PreflightCommand} with an input and a process group of its own. */
export interface PreflightProcess {
  /** How it ended; undefined while it lives. */
  readonly exit: PreflightExit | undefined;
  /** Gives its input a line. One that reads no more does not get it. */
  write(line: string): void;
  /** Its input ends. */
  endInput(): void;
  /** Asks its group to end, and kills it when it has not within the grace. */
  end(graceMilliseconds: number): Promise<unknown>;
  /** It keeps the program alive, as a new one does. Absent: it always does. */
  ref?(): void;
  /** From now on it does not. */
  unref?(): void;
}

/** A process that was started, and its end. */
export interface StartedPreflight {
  readonly process: PreflightProcess;
  /** Kept when the process has ended, all its output was read, and nothing is left of what was made for it. Never rejects. */
  readonly ended: Promise<PreflightExit>;
}

/**
 * Starts one.
 *
 * @param onLine to be called with each line of its output and its error output
 */
export type StartPreflight = (
  request: ProbeRequest,
  command: PreflightCommand,
  onLine: (line: string) => void,
) => StartedPreflight | Promise<StartedPreflight>;

/**
 * Makes requests one after the other, by a Locust that is kept: those of one bundle cost one start of it.
 *
 * @returns what rejects with why Locust did not start, and once it is closed or its signal is aborted.
 */
export function keptProbe(start: StartPreflight): Probe & Required<Pick<Probe, 'close'>> {
  let kept: KeptLocust | undefined;
  let isClosed = false;
  let turn: Promise<unknown> = Promise.resolve();

  async function ask(request: ProbeRequest): Promise<PreflightAnswer> {
    const { path, signal } = request;
    if (isClosed || signal?.aborted) throw stopped();
    if (kept?.isFor(request) === true) {
      const lines = await kept.ask(path, signal);
      if (lines) return readPreflightAnswer(lines);
    }
    await kept?.close();
    kept = undefined;
    const next = await KeptLocust.start(start, request);
    if (isClosed) {
      await next.close();
      throw stopped();
    }
    kept = next;
    return readPreflightAnswer((await kept.answer(signal)).lines);
  }

  return Object.assign(
    (request: ProbeRequest) => {
      const answer = turn.then(() => ask(request));
      turn = answer.catch(() => {});
      return answer;
    },
    {
      close: async () => {
        isClosed = true;
        await kept?.close();
        await turn;
      },
    },
  );
}

/** A Locust that makes one request after the other. A command that gives it no input makes one alone. */
class KeptLocust {
  readonly #lines: string[] = [];
  #onAnswer = () => {};
  #started!: StartedPreflight;

  private constructor(private readonly request: ProbeRequest) {}

  static async start(start: StartPreflight, request: ProbeRequest): Promise<KeptLocust> {
    const locust = new KeptLocust(request);
    const command = preflightCommand(request.path, { takesMore: true });
    locust.#started = await start(request, command, (line) =>
      line === preflightEnd ? locust.#onAnswer() : locust.#lines.push(line),
    );
    return locust;
  }

  /** Whether it has this bundle and these variables. */
  isFor({ directory, environment }: ProbeRequest): boolean {
    const own = this.request;
    return directory === own.directory && JSON.stringify(environment) === JSON.stringify(own.environment);
  }

  /** Makes a further request. @returns what it printed of it; undefined: it had ended in order, and takes no more. */
  async ask(path: string | undefined, signal: AbortSignal | undefined): Promise<string[] | undefined> {
    const { process } = this.#started;
    if (process.exit) return undefined;
    process.ref?.();
    process.write(preflightLine(path));
    const { lines, exit } = await this.answer(signal);
    return exit?.code === 0 ? undefined : lines;
  }

  /** Waits for the answer to what it was asked last, or for its end. */
  async answer(
    signal: AbortSignal | undefined,
  ): Promise<{ lines: string[]; exit: PreflightExit | undefined }> {
    const { process, ended } = this.#started;
    const stop = () => void process.end(graceMilliseconds);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    const answered = new Promise<undefined>((resolve) => (this.#onAnswer = () => resolve(undefined)));
    const exit = await Promise.race([answered, ended]);
    signal?.removeEventListener('abort', stop);
    if (signal?.aborted) {
      await ended;
      throw stopped();
    }
    if (exit?.problem) throw exit.problem;
    // Between requests it keeps no program alive.
    process.unref?.();
    return { lines: this.#lines.splice(0), exit };
  }

  async close(): Promise<void> {
    const { process, ended } = this.#started;
    process.ref?.();
    process.endInput();
    await process.end(closingMilliseconds);
    await ended;
  }
}

function stopped(): LoadwrightError {
  return new LoadwrightError('ABORTED', 'The preflight was stopped.');
}
