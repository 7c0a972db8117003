import { setTimeout as delay } from 'node:timers/promises';
import { LoadwrightError, type ErrorCode } from '@loadwright/core/fleet';

/** A holder renews its lock every half of this; one that has not for so long is taken for dead. */
const staleMilliseconds = 10_000;
const pollMilliseconds = 200;

/** How to wait for a lock. */
export interface LockOptions {
  /** Called once when another process holds the lock. */
  readonly onWaiting: () => void;
  readonly signal: AbortSignal | undefined;
  /** Of the error when it is lost. */
  readonly code: ErrorCode;
  /** What is locked may be missing; where there can be no lock, the work is done without. */
  readonly isHelp?: boolean;
}

/**
 * Does work that only one process at a time may do.
 *
 * @param directory What is locked, a folder or a file; must exist, unless the lock is only a help.
 * @param work Gets a signal that is aborted by the caller's, or when the lock is lost (the machine slept, and another
 *   process took it over).
 */
export async function withLock<Result>(
  directory: string,
  options: LockOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { signal, code } = options;
  const lost = new AbortController();
  const release = await acquire(directory, options, (cause) =>
    lost.abort(
      new LoadwrightError(code, `The lock on ${directory} was lost.`, {
        hint: 'Start again: this happens when the machine slept in the middle of it.',
        cause,
        retryable: true,
      }),
    ),
  );
  try {
    return await work(signal ? AbortSignal.any([signal, lost.signal]) : lost.signal);
  } finally {
    // Fails when the lock was lost, and then it is another process's to release.
    await release().catch(() => {});
  }
}

async function acquire(
  directory: string,
  { onWaiting, signal, isHelp = false }: LockOptions,
  onLost: (error: Error) => void,
): Promise<() => Promise<void>> {
  // Loaded here because the module installs signal handlers when it is loaded.
  const { lock } = (await import('proper-lockfile')).default;
  for (let waited = false; ; waited = true) {
    signal?.throwIfAborted();
    try {
      return await lock(directory, {
        stale: staleMilliseconds,
        realpath: !isHelp,
        onCompromised: onLost,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') {
        if (isHelp) return async () => {};
        throw error;
      }
      if (!waited) onWaiting();
      await delay(pollMilliseconds, undefined, { signal });
    }
  }
}
