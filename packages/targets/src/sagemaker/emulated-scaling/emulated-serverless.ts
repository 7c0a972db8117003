import { durationSchema, parseDuration } from '@loadwright/core/target';
import { serviceTimes, type CapacityOptions } from '@loadwright/core/testing';
import { z } from 'zod';

/** How a serverless endpoint starts: `concurrency` of the other options is its MaxConcurrency. */
export const serverlessOptionsSchema = z.strictObject({
  coldStart: durationSchema()
    .default('2s')
    .describe('time to launch compute resources, before the request is served'),
  keepWarm: durationSchema({ allowZero: true })
    .default('5m')
    .describe('time without a request after which they are gone'),
});

type ServerlessOptions = z.output<typeof serverlessOptionsSchema>;

/** The compute resources of a serverless endpoint, each of which serves one request at a time. No request waits for one. */
export class EmulatedServerless {
  readonly #concurrency: number;
  readonly #coldStart: number;
  readonly #keepWarm: number;
  readonly #draw: () => number;
  /** When each is free, in milliseconds. */
  #freeAt: number[] = [];

  constructor(options: ServerlessOptions & CapacityOptions) {
    this.#concurrency = options.concurrency;
    this.#coldStart = parseDuration(options.coldStart)! * 1000;
    this.#keepWarm = parseDuration(options.keepWarm)! * 1000;
    this.#draw = serviceTimes(options);
  }

  /**
   * @param now The arrival in milliseconds, not before that of the request before it.
   * @returns when the answer is due, in the same clock, and how many milliseconds of that are a cold start. Undefined: as many requests
   * as MaxConcurrency allows are served.
   */
  admit(now: number): { readonly due: number; readonly setup: number | undefined } | undefined {
    this.#freeAt = this.#freeAt.filter((freeAt) => now - freeAt < this.#keepWarm);
    const warm = this.#freeAt.findIndex((freeAt) => freeAt <= now);
    if (warm < 0 && this.#freeAt.length >= this.#concurrency) return undefined;
    const setup = warm < 0 ? this.#coldStart : undefined;
    const due = now + (setup ?? 0) + this.#draw();
    this.#freeAt.splice(warm < 0 ? this.#freeAt.length : warm, 1, due);
    return { due, setup };
  }
}
