import { z } from 'zod';
import { durationSchema, parseDuration } from '../values/duration.js';
import { uniformNumbers } from '../values/random.js';

/**
 * Standard deviation of the natural logarithm of a log-normal service time. 0.5 gives a 99th percentile of 2.8 times
 * the mean, a tail like that of a model server without garbage-collection pauses.
 */
export const logNormalSigma = 0.5;

/**
 * Options of a loopback endpoint whose capacity is known: a first-come, first-served queue before `concurrency`
 * slots. It serves {@link capacityRequestsPerSecond} at most, whatever the distribution.
 */
export const capacityOptionsSchema = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65535)
    .default(0)
    .describe('TCP port on 127.0.0.1; 0 lets the system choose a free one'),
  concurrency: z.int().min(1).max(100_000).default(8).describe('slots: requests that are served at once'),
  serviceTime: durationSchema()
    .default('20ms')
    .describe(
      'mean time that a request takes its slot, without waiting; capacity = concurrency ÷ serviceTime',
    ),
  distribution: z
    .enum(['constant', 'exponential', 'log-normal'])
    .default('constant')
    .describe(
      `how service times vary around their mean; log-normal has sigma ${logNormalSigma} (of the logarithm)`,
    ),
  queueLimit: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(64)
    .describe('requests that may wait for a slot; the next one is throttled. 0: none waits'),
  seed: z
    .int()
    .min(0)
    .max(4_294_967_295)
    .default(1)
    .describe('seed of the service times: the same seed draws the same times in the same order'),
});

/** Validated options of a loopback endpoint. */
export type CapacityOptions = z.output<typeof capacityOptionsSchema>;

/** What decides the capacity, without the port. */
export type ServiceModel = Omit<CapacityOptions, 'port'>;

/** The highest throughput that the options allow, in requests per second: concurrency ÷ mean service time. */
export function capacityRequestsPerSecond(
  options: Pick<CapacityOptions, 'concurrency' | 'serviceTime'>,
): number {
  return options.concurrency / meanServiceTimeSeconds(options.serviceTime);
}

function meanServiceTimeSeconds(serviceTime: string): number {
  return parseDuration(serviceTime) ?? NaN;
}

/** Service times in milliseconds, one a call, the same sequence for the same options. */
export function serviceTimes(
  options: Pick<CapacityOptions, 'serviceTime' | 'distribution' | 'seed'>,
): () => number {
  const mean = meanServiceTimeSeconds(options.serviceTime) * 1000;
  const uniform = uniformNumbers(options.seed);
  switch (options.distribution) {
    case 'constant':
      return () => mean;
    case 'exponential':
      return () => -mean * Math.log(1 - uniform());
    case 'log-normal': {
      // The mean of exp(µ + σZ) is exp(µ + σ²/2), hence this µ keeps the mean that was asked for.
      const location = Math.log(mean) - logNormalSigma ** 2 / 2;
      return () => {
        const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
        return Math.exp(location + logNormalSigma * normal);
      };
    }
  }
}

/**
 * Gives each request the moment at which its answer is due.
 *
 * The queue is reckoned in absolute times rather than by waiting for timers: a slot is free at the moment its last
 * request was due, not at the moment its timer fired. So the error of timers (setTimeout has a granularity of 1 ms)
 * can delay a single answer, but does not accumulate, and the capacity stays exact.
 */
export class SlotQueue {
  readonly #draw: () => number;
  readonly #queueLimit: number;
  /** When each slot becomes free, as a binary heap with the earliest first. */
  readonly #freeAt: Float64Array;
  /** When each waiting request starts, oldest first from {@link #firstWaiting}. */
  #starts: number[] = [];
  #firstWaiting = 0;

  constructor(options: ServiceModel) {
    this.#draw = serviceTimes(options);
    this.#queueLimit = options.queueLimit;
    this.#freeAt = new Float64Array(options.concurrency).fill(-Infinity);
  }

  /**
   * Takes a slot for a request, or a place in the queue.
   *
   * @param now the arrival in milliseconds, not before that of the request before it.
   * @returns when the answer is due, in the same clock; undefined when the queue is full.
   */
  admit(now: number): number | undefined {
    const start = Math.max(now, this.#freeAt[0]!);
    if (start > now && this.#waiting(now) >= this.#queueLimit) return undefined;
    const due = start + this.#draw();
    if (start > now) this.#starts.push(start);
    this.#replaceEarliest(due);
    return due;
  }

  #waiting(now: number): number {
    // First come, first served: starts never decrease, so those that have begun are at the front.
    while (this.#firstWaiting < this.#starts.length && this.#starts[this.#firstWaiting]! <= now) {
      this.#firstWaiting += 1;
    }
    if (this.#firstWaiting > 1024) {
      this.#starts = this.#starts.slice(this.#firstWaiting);
      this.#firstWaiting = 0;
    }
    return this.#starts.length - this.#firstWaiting;
  }

  #replaceEarliest(due: number): void {
    const heap = this.#freeAt;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child += 1;
      if (heap[child]! >= due) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = due;
  }
}
