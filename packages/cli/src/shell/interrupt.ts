import { LoadwrightError } from '@loadwright/core/errors';
import type { CliIo, StopSignal } from './io.js';

/** npm passes Ctrl-C on to a child that has it from the terminal already: what comes this soon is the same key. */
const sameKeyMilliseconds = 500;

/** Whoever sends SIGTERM kills soon, mostly after ten seconds: by then what remains has been reported. */
const terminationMilliseconds = 8500;

/** What is said and done when the user stops a piece of work. */
export interface InterruptOptions {
  /** The first signal: the work has been asked to end in order. */
  readonly onStop: (signal: StopSignal) => void;
  /** What to do after the second signal, or too long after SIGTERM: the work is left as it is. */
  readonly abandoned: string;
  /** The runs of which something may remain then. Default: none. */
  readonly remaining?: () => readonly string[];
}

/**
 * Does work that a signal ends in order: the first one aborts it, the second one gives up waiting for it. So does the time
 * that SIGTERM leaves.
 *
 * @throws LoadwrightError after the second signal or that time, while the work may still be going on: `RESOURCES_REMAIN` when
 *   something may remain, otherwise `ABORTED`.
 */
export async function interruptible<Result>(
  io: CliIo,
  options: InterruptOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let stoppedAt: number | undefined;
  let limit: NodeJS.Timeout | undefined;
  let release = () => {};
  const givenUp = new Promise<never>((_resolve, reject) => {
    release = io.onSignal((signal) => {
      if (signal === 'SIGTERM') {
        limit ??= setTimeout(() => reject(abandonedError(options)), terminationMilliseconds);
      }
      if (stoppedAt === undefined) {
        stoppedAt = io.now();
        controller.abort(new LoadwrightError('ABORTED', `stopped by ${signal}`));
        options.onStop(signal);
      } else if (
        (signal === 'SIGINT' || signal === 'SIGTERM') &&
        io.now() - stoppedAt >= sameKeyMilliseconds
      ) {
        reject(abandonedError(options));
      }
    });
  });
  try {
    return await Promise.race([work(controller.signal), givenUp]);
  } finally {
    clearTimeout(limit);
    release();
  }
}

/**
 * Waits for a command. A signal that no part of it listens for ends the waiting at once: there is nothing to clean up.
 * It listens until the process ends, which may get the same signal again meanwhile.
 *
 * @throws LoadwrightError `ABORTED` after the signal.
 */
export function endedBySignals<Result>(io: CliIo, work: Promise<Result>): Promise<Result> {
  const stopped = new Promise<never>((_resolve, reject) => {
    io.onSignal((signal) => {
      // `loadwright targets list | head -1` is no failure.
      if (signal !== 'SIGPIPE') reject(new LoadwrightError('ABORTED', `stopped by ${signal}`));
    });
  });
  return Promise.race([work, stopped]);
}

/**
 * Something that goes on until a signal ends it.
 *
 * @param abandoned what to do after a second signal
 * @param begin says that it has begun
 */
export async function untilStopped(io: CliIo, abandoned: string, begin: () => void): Promise<void> {
  await interruptible(io, { onStop: () => {}, abandoned }, async (signal) => {
    begin();
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  });
}

function abandonedError({ abandoned: hint, remaining = () => [] }: InterruptOptions): LoadwrightError {
  const message = 'stopped before the clean-up was done';
  const fleets = remaining();
  return fleets.length === 0
    ? new LoadwrightError('ABORTED', message, { hint })
    : new LoadwrightError(
        'RESOURCES_REMAIN',
        `${message}: resources of fleet ${fleets.join(', ')} may remain`,
        {
          hint,
        },
      );
}
