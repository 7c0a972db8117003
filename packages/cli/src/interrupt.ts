import { LoadwrightError } from '@loadwright/core/errors';
import type { CliIo, StopSignal } from './io.js';

/** npm passes Ctrl-C on to a child that the terminal has told already: what comes this soon is the same key. */
const sameKeyMilliseconds = 500;

/** What is said and done when the user stops a piece of work. */
export interface InterruptOptions {
  /** The first signal: the work has been asked to end in order. */
  readonly onStop: (signal: StopSignal) => void;
  /** What the second signal leaves behind and which command finishes it. */
  readonly abandoned: string;
}

/**
 * Does work that a signal ends in order: the first one aborts it, the second one gives up waiting for it.
 *
 * @throws LoadwrightError `ABORTED` after the second signal; the work may still be going on.
 */
export async function interruptible<Result>(
  io: CliIo,
  options: InterruptOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let stoppedAt: number | undefined;
  let release = () => {};
  const givenUp = new Promise<never>((_resolve, reject) => {
    release = io.onSignal((signal) => {
      if (stoppedAt === undefined) {
        stoppedAt = io.now();
        controller.abort(new LoadwrightError('ABORTED', `stopped by ${signal}`));
        options.onStop(signal);
      } else if (
        (signal === 'SIGINT' || signal === 'SIGTERM') &&
        io.now() - stoppedAt >= sameKeyMilliseconds
      ) {
        reject(
          new LoadwrightError('ABORTED', 'stopped before the clean-up was done', { hint: options.abandoned }),
        );
      }
    });
  });
  try {
    return await Promise.race([work(controller.signal), givenUp]);
  } finally {
    release();
  }
}
