import { randomUUID } from 'node:crypto';
import { parseDuration } from '@loadwright/core/target';
import type { EmulatedRequest } from '@loadwright/core/testing';
import { z } from 'zod';
import { mostInlineBytes } from '../body-limit.js';
import { predict } from '../emulated-model.js';
import type { EmulatedS3 } from './emulated-s3.js';
import { splitLocation } from './place.js';

export const queueOptionsSchema = z.strictObject({
  outputPath: z
    .string()
    .regex(/^s3:\/\/[^/]+\/(?:.*\/)?$/, 'must be s3://bucket/folder/')
    .default('s3://loadwright-emulator/results/')
    .describe('S3OutputPath of the endpoint'),
  failurePath: z
    .string()
    .regex(/^s3:\/\/[^/]+\/(?:.*\/)?$/, 'must be s3://bucket/folder/')
    .nullable()
    .default('s3://loadwright-emulator/failures/')
    .describe('S3FailurePath of the endpoint; null: it has none, and nothing says that a request failed'),
  loseEvery: z
    .int()
    .min(1)
    .optional()
    .describe('one of so many requests gets neither result nor failure. Default: none'),
});

type QueueOptions = z.output<typeof queueOptionsSchema>;

interface Work {
  readonly output: string;
  readonly failure: string | undefined;
  readonly contentType: string;
  /** `s3://…`, or the input itself. */
  readonly input: string | Buffer;
}

/** What InvokeEndpointAsync answers, or why it refuses. */
export type Enqueued =
  | { readonly refusal: string }
  | { readonly body: object; readonly headers: Readonly<Record<string, string>> };

/** An endpoint with asynchronous inference: requests wait in a queue, and results come into a bucket. */
export class EmulatedQueue {
  readonly #options: QueueOptions & {
    readonly concurrency: number;
    readonly serviceTime: string;
    readonly modelErrorRate: number;
  };
  readonly #s3: EmulatedS3;
  readonly #waiting: Work[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #running = 0;
  #served = 0;
  /** Requests that were taken. */
  enqueued = 0;

  constructor(
    options: QueueOptions & { concurrency: number; serviceTime: string; modelErrorRate: number },
    s3: EmulatedS3,
  ) {
    this.#options = options;
    this.#s3 = s3;
  }

  enqueue({ headers, body }: EmulatedRequest): Enqueued {
    const input = headers['x-amzn-sagemaker-inputlocation'];
    if ((input === undefined) === (body.length === 0)) {
      return { refusal: 'Provide exactly one of InputLocation and Body' };
    }
    if (body.length > mostInlineBytes) {
      return { refusal: `Body has ${body.length} bytes, and may have ${mostInlineBytes}` };
    }
    if (input !== undefined && (!/^s3:\/\/[^/]+\/.+/.test(input) || input.length > 1024)) {
      return { refusal: 'InputLocation is no S3 URI of at most 1024 characters' };
    }
    const { outputPath, failurePath } = this.#options;
    const id = randomUUID();
    const extension = headers['x-amzn-sagemaker-s3outputpathextension'];
    const folder = outputPath + (extension === undefined ? '' : `${extension.replace(/\/$/, '')}/`);
    const output = `${folder}${headers['x-amzn-sagemaker-filename'] ?? `${id}.out`}`;
    const failure = failurePath === null ? undefined : `${failurePath}${id}-error.out`;
    this.enqueued += 1;
    this.#waiting.push({
      ...{ output, failure, input: input ?? body },
      contentType: headers['x-amzn-sagemaker-content-type'] ?? 'application/octet-stream',
    });
    this.#serve();
    return {
      body: { InferenceId: headers['x-amzn-sagemaker-inference-id'] ?? id },
      headers: {
        'X-Amzn-SageMaker-OutputLocation': output,
        ...(failure && { 'X-Amzn-SageMaker-FailureLocation': failure }),
      },
    };
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#waiting.length = 0;
  }

  #serve(): void {
    while (this.#running < this.#options.concurrency && this.#waiting.length > 0) {
      const work = this.#waiting.shift()!;
      this.#running += 1;
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer);
          this.#running -= 1;
          this.#finish(work);
          this.#serve();
        },
        parseDuration(this.#options.serviceTime)! * 1000,
      );
      this.#timers.add(timer);
    }
  }

  #finish({ output, failure, input, contentType }: Work): void {
    const { loseEvery, modelErrorRate } = this.#options;
    this.#served += 1;
    if (loseEvery !== undefined && this.#served % loseEvery === 0) return;
    const failures = (count: number) => Math.floor(count * modelErrorRate);
    const content = typeof input === 'string' ? this.#s3.read(input) : input;
    const result =
      failures(this.#served) > failures(this.#served - 1)
        ? { message: 'the model failed, as modelErrorRate asks' }
        : content === undefined
          ? {
              message: `The input ${String(input)} does not exist in bucket ${splitLocation(String(input)).bucket}.`,
            }
          : predict(content, contentType);
    if ('predictions' in result)
      this.#s3.write(output, Buffer.from(JSON.stringify(result)), 'application/json');
    else if (failure !== undefined) this.#s3.write(failure, Buffer.from(result.message), 'text/plain');
  }
}
