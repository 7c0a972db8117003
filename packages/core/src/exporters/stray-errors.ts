import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OpenExporter } from './contract.js';

/** Takes what the code of an exporter threw where nobody could catch it. */
type Hear = (error: unknown) => void;

/** Whose code runs: of an exporter also what it began, such as timers and sockets. */
const owners = new AsyncLocalStorage<Hear>();
let listening = 0;

/** Calls code of an exporter, to which belongs whatever it begins. */
export const onBehalfOf = <Result>(hear: Hear, call: () => Result): Result => owners.run(hear, call);

/** An exporter all of whose code is called on its behalf. */
export const belongingTo = (hear: Hear, opened: OpenExporter): OpenExporter => ({
  write: (batch, signal) => onBehalfOf(hear, () => opened.write(batch, signal)),
  close: (end, signal) => onBehalfOf(hear, () => opened.close(end, signal)),
});

/**
 * Hears errors of exporters that would end the process: an `error` event without a listener, a promise that is rejected and that
 * nobody awaits. Whatever is not an exporter's ends it as before.
 *
 * @returns Ends it, once.
 */
export function hearStrayErrors(): () => void {
  if (listening++ === 0) {
    process.on('uncaughtException', handle);
    process.on('unhandledRejection', handleRejection);
  }
  let isReleased = false;
  return () => {
    if (isReleased) return;
    isReleased = true;
    if (--listening > 0) return;
    process.off('uncaughtException', handle);
    process.off('unhandledRejection', handleRejection);
  };
}

/** Waits until what was rejected so far is heard: Node tells of it when all that could run has run. */
export const allHeard = (): Promise<void> => nextTurn();

function handle(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
  // A rejection that comes here was nobody's.
  const hear = origin === 'uncaughtException' ? owners.getStore() : undefined;
  if (hear) return hear(error);
  // Others decide what becomes of it, or nobody does: then it is thrown again, and Node ends the process.
  if (process.listenerCount('uncaughtException') > 1) return;
  process.off('uncaughtException', handle);
  process.nextTick(() => {
    throw error;
  });
}

/** Node calls it on behalf of whoever made the promise (up to version 22), or of whoever rejected it (from 24 on). */
function handleRejection(error: unknown): void {
  const hear = owners.getStore();
  if (hear) return hear(error);
  if (process.listenerCount('unhandledRejection') > 1) return;
  process.off('unhandledRejection', handleRejection);
  // Again, without a listener: Node does with it what it was told to do with rejections.
  void Promise.reject(error as Error);
}
