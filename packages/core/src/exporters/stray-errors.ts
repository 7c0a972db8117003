import { AsyncLocalStorage } from 'node:async_hooks';
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
 * Hears errors of exporters that would end the process, such as an `error` event without a listener. Everything else ends it as
 * before: of a rejection that nobody handles it is not sure whose it is.
 *
 * @returns Ends it, once.
 */
export function hearStrayErrors(): () => void {
  if (listening++ === 0) process.on('uncaughtException', handle);
  let isReleased = false;
  return () => {
    if (isReleased) return;
    isReleased = true;
    if (--listening === 0) process.off('uncaughtException', handle);
  };
}

function handle(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
  // A rejection comes when whatever else ran at that time is done, so that its context is not always its own.
  const hear = origin === 'uncaughtException' ? owners.getStore() : undefined;
  if (hear) return hear(error);
  // Others decide what becomes of it, or nobody does: then it is thrown again, and Node ends the process.
  if (process.listenerCount('uncaughtException') > 1) return;
  process.off('uncaughtException', handle);
  process.nextTick(() => {
    throw error;
  });
}
