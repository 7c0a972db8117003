import { AsyncLocalStorage } from 'node:async_hooks';

const streams = new AsyncLocalStorage();

/** Where the work at hand writes to: its own stage's output when several run beside each other, otherwise stdout. */
export function output() {
  return streams.getStore() ?? process.stdout;
}

/** Where the work at hand says what it is doing, which is no result of it. */
export function sideOutput() {
  return streams.getStore() ?? process.stderr;
}

/** Does work whose output, and that of the commands it runs, goes to a stream. */
export function withOutput(stream, work) {
  return streams.run(stream, work);
}

/** A stream that keeps what is written to it until it is opened, and passes on what comes then. */
export class HeldBack {
  #chunks = [];
  #isOpen = false;

  write(chunk) {
    if (this.#isOpen) process.stdout.write(chunk);
    else this.#chunks.push(chunk);
    return true;
  }

  open() {
    this.#isOpen = true;
    for (const chunk of this.#chunks.splice(0)) process.stdout.write(chunk);
  }
}
