import { z } from 'zod';
import { durationSchema } from '../../values/duration.js';

/** A threshold that stops the load as soon as it does not hold, written as in k6. */
export interface AbortingThreshold {
  /** `rate<0.1` */
  readonly threshold: string;
  /** Whether the load is stopped. Default false. */
  readonly abortOnFail?: boolean | undefined;
  /** How much of the judged load must have passed before: `10s`. Default: one second. */
  readonly delayAbortEval?: string | undefined;
}

/** What a run must hold: expressions by metric, `{ http_req_duration: ['p(95)<200'] }`. */
export type ThresholdsInput = Readonly<Record<string, readonly (string | AbortingThreshold)[]>>;

/** The shape of thresholds; what they say is read by `parseThresholds`. */
export const thresholdsSchema = z.record(
  z.string().describe('a metric, if need be with the name of a request: http_req_duration{name:invoke}'),
  z.array(
    z.union([
      z.string().describe('an expression such as p(95)<200; times in milliseconds'),
      z.strictObject({
        threshold: z.string().describe('an expression such as rate<0.1'),
        abortOnFail: z
          .boolean()
          .optional()
          .describe('stop the load as soon as it does not hold. Default: false'),
        delayAbortEval: durationSchema({ allowZero: true })
          .optional()
          .describe('how much of the judged load must have passed before, such as 10s. Default: 1s'),
      }),
    ]),
  ),
);
