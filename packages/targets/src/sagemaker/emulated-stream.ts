import { setTimeout as delay } from 'node:timers/promises';
import { durationSchema, parseDuration } from '@loadwright/core/target';
import { z } from 'zod';
import { exceptionFrame, partFrame } from './event-stream-frames.js';

export const streamOptionsSchema = z.strictObject({
  tokens: z
    .int()
    .min(1)
    .max(100_000)
    .default(16)
    .describe('tokens of a streamed answer, each in a line of JSON'),
  firstToken: durationSchema().default('50ms').describe('time from the request to the first token'),
  gap: durationSchema().default('10ms').describe('time between two tokens'),
  usage: z.boolean().default(true).describe('whether the last line says how many tokens there were'),
  errorRate: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('share of streams, evenly spread, that end in the middle with ModelStreamError'),
});

type StreamOptions = z.output<typeof streamOptionsSchema>;

/** What was sent of one whole stream, and when: the times are taken when the write had returned. */
export interface EmulatedStream {
  readonly outputTokens: number;
  /** From when the head of the request was there, in milliseconds. */
  readonly firstToken: number;
  /** Between the lines, in milliseconds. */
  readonly gaps: readonly number[];
  /** The whole answer. */
  readonly duration: number;
}

/** A model that streams lines of JSON in the form of Hugging Face's TGI and of DJL Serving. */
export class EmulatedTokenStream {
  readonly streams: EmulatedStream[] = [];
  readonly #options: StreamOptions;
  #begun = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** Frames of the AWS event stream encoding. A line is cut in two, as its parts may be in the real one. */
  async *answer(receivedAt: number): AsyncGenerator<Buffer> {
    const { tokens, usage, errorRate } = this.#options;
    const isBroken = this.#isNextBroken(errorRate);
    const times: number[] = [];
    let due = receivedAt + parseDuration(this.#options.firstToken)! * 1000;
    for (let number = 1; number <= tokens; number += 1) {
      await delay(Math.max(0, due - performance.now()));
      if (isBroken && number > tokens / 2) {
        yield exceptionFrame('ModelStreamError', {
          Message: 'The model closed the stream.',
          ErrorCode: 'StreamBroken',
        });
        return;
      }
      const isLast = number === tokens;
      const line = Buffer.from(
        `${JSON.stringify({
          token: { id: number, text: ' token', special: false },
          generated_text: isLast ? ' token'.repeat(tokens) : null,
          ...(isLast && usage && { details: { finish_reason: 'length', generated_tokens: tokens } }),
        })}\n`,
      );
      const middle = line.length >> 1;
      yield Buffer.concat([partFrame(line.subarray(0, middle)), partFrame(line.subarray(middle))]);
      times.push(performance.now());
      due = performance.now() + parseDuration(this.#options.gap)! * 1000;
    }
    this.streams.push({
      outputTokens: tokens,
      firstToken: times[0]! - receivedAt,
      gaps: times.slice(1).map((time, index) => time - times[index]!),
      duration: performance.now() - receivedAt,
    });
  }

  #isNextBroken(rate: number): boolean {
    this.#begun += 1;
    return Math.floor(this.#begun * rate) > Math.floor((this.#begun - 1) * rate);
  }
}
